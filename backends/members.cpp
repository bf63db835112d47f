#include "backends/members.hpp"

namespace skein {

std::string to_string(const member_address& where) {
  if (where.host.starts_with('/')) return "unix:" + where.host;
  const bool bare_v6 = where.host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

std::string_view to_string(member_role role) {
  switch (role) {
    case member_role::leader:
      return "leader";
    case member_role::follower:
      return "follower";
    case member_role::unknown:
      break;
  }
  return "unknown";
}

}  // namespace skein
