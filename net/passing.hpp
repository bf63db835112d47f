// Bytes over a unix socket that bring descriptors along (SCM_RIGHTS), and who is at its other end.
// Attempts that never wait; what handover/channel stands on.
#pragma once

#include <sys/types.h>

#include <deque>
#include <optional>
#include <span>

#include "net/direction.hpp"
#include "net/handle.hpp"

namespace skein::net {

struct peer_process {
  pid_t pid = 0;
  uid_t user = 0;
};

// As the kernel knows it, from the moment of connecting.
std::optional<peer_process> peer_of(int connected);

// The descriptor, where there is one, goes with the first byte.
attempt pass(int to, std::span<const std::byte> bytes, int handle);
// Those that come are appended; more than a few at once are a failure.
attempt receive_passed(int from, std::span<std::byte> into, std::deque<owned_handle>& handles);

}  // namespace skein::net
