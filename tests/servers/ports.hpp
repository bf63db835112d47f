// Ports on loopback that no other test, in this process or beside it, is given at the same time.
#pragma once

#include <cstdint>

namespace skein::servers {

// Below the ephemeral range, so that no outgoing connection takes it while its server restarts.
// Stays ours until this process ends.
std::uint16_t free_port();

}  // namespace skein::servers
