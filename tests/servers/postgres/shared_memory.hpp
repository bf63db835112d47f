// A killed PostgreSQL leaves a System V shared memory segment behind; the kernel allows only so
// many.
#pragma once

#include <filesystem>

namespace skein::servers::postgres {

// Frees the segment that data's postmaster.pid names, if nobody is attached to it.
void release_shared_memory(const std::filesystem::path& data);

}  // namespace skein::servers::postgres
