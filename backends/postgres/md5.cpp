#include "backends/postgres/md5.hpp"

#include "backends/postgres/digest.hpp"

namespace skein::postgres {

std::optional<std::string> md5_answer(const credentials& who, std::string_view salt) {
  const auto stored = md5_hex(who.password + who.user);
  if (!stored) return std::nullopt;
  const auto salted = md5_hex(*stored + std::string(salt));
  if (!salted) return std::nullopt;
  return "md5" + *salted;
}

}  // namespace skein::postgres
