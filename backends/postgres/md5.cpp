#include "backends/postgres/md5.hpp"

#include <algorithm>

#include "backends/postgres/digest.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view prefix = "md5";

}  // namespace

bool is_md5_hash(std::string_view text) {
  return text.size() == prefix.size() + 32 && text.starts_with(prefix) &&
         std::ranges::all_of(text.substr(prefix.size()), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::optional<std::string> md5_answer(const credentials& who, std::string_view salt) {
  std::optional<std::string> stored;
  if (is_md5_hash(who.verifier)) {
    stored = who.verifier.substr(prefix.size());
  } else {
    stored = md5_hex(who.password + who.user);
  }
  if (!stored) return std::nullopt;
  const auto salted = md5_hex(*stored + std::string(salt));
  if (!salted) return std::nullopt;
  return std::string(prefix) + *salted;
}

}  // namespace skein::postgres
