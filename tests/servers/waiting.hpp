// Waiting for what real servers do in their own time: always for a condition, never for a duration.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>

namespace skein::servers {

// Asks every few milliseconds until it holds. Throws "waited 5000 ms in vain until <what>".
// An exception out of the predicate counts as "not yet", and its text ends up in the message.
// Returns how long it took.
std::chrono::milliseconds wait_until(const std::function<bool()>& predicate,
                                     std::chrono::milliseconds deadline, std::string_view what);

}  // namespace skein::servers
