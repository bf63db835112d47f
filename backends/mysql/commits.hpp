// Asks a server what became of a transaction, by the row that its COMMIT's conversation has written
// in it (commit_tokens). That was there before the COMMIT was sent: so on the same server it is
// either locked, or kept, or was rolled back; on one that has been promoted, and receives nothing
// any more, what is not there will never be.
#pragma once

#include <memory>

#include "backends/commits.hpp"
#include "backends/members.hpp"

namespace skein::mysql {

// What the server was found to say; pure. Nothing: ask again.
struct token_finding {
  bool can_tell = false;  // it takes writes, and receives no others'
  bool locked = false;    // by a transaction that is still open
  bool kept = false;
  bool moved = false;       // the lead, since the COMMIT was sent
  bool waits = false;       // its commits wait for followers
  bool believable = false;  // the token is so young that nobody has cleared it
};
std::optional<commit_fate> fate_by(const token_finding& what);

std::unique_ptr<commit_inquiry> make_commit_inquiry(const observer_settings& how);

}  // namespace skein::mysql
