#include "backends/mysql/commit_tokens.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "net/secret.hpp"

namespace skein::mysql {

namespace {

constexpr std::size_t time_digits = 8, count_digits = 8, token_digits = 32;
constexpr std::size_t random_bytes = (token_digits - time_digits - count_digits) / 2;

std::string in_hex(std::uint32_t number) {
  std::array<char, time_digits + 1> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", number);
  return digits.data();
}

std::uint32_t seconds_of(std::chrono::nanoseconds since_boot) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(since_boot).count());
}

char in_lower_case(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

// What comes first is alike in all of one time: so the table grows at its end.
std::string token_maker::next(std::chrono::nanoseconds since_boot) {
  if (whose_.empty()) {
    for (const char each : net::random_secret(random_bytes)) {
      std::array<char, 3> digits{};
      std::snprintf(digits.data(), digits.size(), "%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(each)));
      whose_ += digits.data();
    }
  }
  return in_hex(seconds_of(since_boot)) + whose_ + in_hex(++count_);
}

std::optional<std::chrono::seconds> age_of(std::string_view token,
                                           std::chrono::nanoseconds since_boot) {
  if (token.size() != token_digits) return std::nullopt;
  std::uint32_t made = 0;
  const char* const end = token.data() + time_digits;
  const auto [at, failed] = std::from_chars(token.data(), end, made, 16);
  const std::uint32_t now = seconds_of(since_boot);
  if (failed != std::errc() || at != end || made > now) return std::nullopt;
  return std::chrono::seconds(now - made);
}

bool is_plain_commit(std::string_view form) {
  static constexpr std::array<std::string_view, 6> all{"commit",
                                                       "commit work",
                                                       "commit and no chain",
                                                       "commit work and no chain",
                                                       "commit no release",
                                                       "commit work no release"};
  return std::ranges::any_of(all, [&](std::string_view each) {
    return std::ranges::equal(form, each, {}, in_lower_case);
  });
}

std::string token_statement(std::string_view token) {
  return "insert into skein.commits (token) values (x'" + std::string(token) + "')";
}

std::string token_question(std::string_view token) {
  return "select 1 as kept from skein.commits where token = x'" + std::string(token) + "'";
}

std::string clear_statement(const write_limits& limits, unsigned rows_max) {
  return "delete from skein.commits where written_at < now() - interval " +
         std::to_string(token_kept.count()) + " hour and " + within(limits) +
         " order by written_at, token limit " + std::to_string(rows_max);
}

const own_table& commits_table() {
  static constexpr own_table all = {
      "select 1 from skein.commits limit 0",
      {"create database if not exists skein",
       "create table if not exists skein.commits (token binary(16) not null primary key, "
       "written_at timestamp not null default current_timestamp, key (written_at)) "
       "engine = InnoDB"}};
  return all;
}

}  // namespace skein::mysql
