// The memory of coroutines. Asio keeps a thread's last frames that were left, and gives one to
// whoever fits in: a small coroutine that stays for hours may so stand in the room of a large one
// that was done in a moment.
#pragma once

#include "net/asio.hpp"

namespace skein::net {

// From here on none is kept: who begins next has room of its own size.
awaitable<> drop_kept_frames();

}  // namespace skein::net
