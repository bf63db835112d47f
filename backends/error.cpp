#include "backends/error.hpp"

#include <array>

namespace skein {

std::string_view to_string(error_kind kind) {
  static constexpr std::array<std::string_view, error_kind_count> names = {
      "protocol", "login",    "unsupported", "limit",    "timeout", "unavailable",
      "lost",     "in_doubt", "rolled_back", "shutdown", "internal"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(fault whose) {
  switch (whose) {
    case fault::client:
      return "client";
    case fault::server:
      return "server";
    case fault::us:
      break;
  }
  return "us";
}

}  // namespace skein
