#include "backends/postgres/scram_secret.hpp"

#include <algorithm>
#include <charconv>

namespace skein::postgres {

namespace {

constexpr std::string_view prefix = "SCRAM-SHA-256$";

// What stands before `mark`, taken off with it.
std::optional<std::string_view> take_until(std::string_view& text, char mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const auto taken = text.substr(0, end);
  text.remove_prefix(end + 1);
  return taken;
}

std::optional<sha256_digest> read_key(std::string_view text) {
  const auto bytes = from_base64(text);
  sha256_digest key;
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::ranges::copy(*bytes, key.begin());
  return key;
}

}  // namespace

bool looks_like_scram_secret(std::string_view text) {
  return text.starts_with(prefix);
}

std::optional<scram_secret> read_scram_secret(std::string_view text) {
  if (!looks_like_scram_secret(text)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto count = take_until(text, ':');
  const auto salt_text = take_until(text, '$');
  const auto stored_text = take_until(text, ':');
  if (!count || !salt_text || !stored_text) return std::nullopt;

  scram_secret read;
  const auto [stopped, mistake] = std::from_chars(count->begin(), count->end(), read.iterations);
  if (mistake != std::errc() || stopped != count->end() || read.iterations == 0)
    return std::nullopt;
  const auto salt = from_base64(*salt_text);
  const auto stored_key = read_key(*stored_text);
  const auto server_key = read_key(text);
  if (!salt || salt->empty() || !stored_key || !server_key) return std::nullopt;
  read.salt = *salt;
  read.stored_key = *stored_key;
  read.server_key = *server_key;
  return read;
}

}  // namespace skein::postgres
