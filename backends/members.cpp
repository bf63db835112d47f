#include "backends/members.hpp"

namespace skein {

std::string to_string(const member_address& where) {
  if (where.host.starts_with('/')) return "unix:" + where.host;
  const bool bare_v6 = where.host.find(':') != std::string::npos;
  return (bare_v6 ? "[" + where.host + "]" : where.host) + ":" + std::to_string(where.port);
}

bool covers(const position& shown, const position& needed) {
  if (shown.history != needed.history || needed.history == position::nobodys) return false;
  if (shown.rank < needed.rank) return false;
  if (!shown.exact || !needed.exact) return !shown.exact && !needed.exact;
  if (!shown.text.empty() && shown.text == needed.text) return true;
  return shown.exact->covers(*needed.exact);
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

error said_nothing(error why, bool heard) {
  if (why.kind == error_kind::unavailable && !heard) why.kind = error_kind::lost;
  return why;
}

}  // namespace skein
