// Who descends from whom, out of /proc. The keeper ends what it finds here; tests freeze it.
#pragma once

#include <sys/types.h>

#include <vector>

namespace skein::servers {

// All descendants of a process, also those that have ended and are not reaped yet. A snapshot:
// what forks meanwhile is missed.
std::vector<pid_t> descendants(pid_t ancestor);

// The letter of /proc/PID/stat ('T' is stopped), or 'X' when there is no such process.
char process_state(pid_t pid);

}  // namespace skein::servers
