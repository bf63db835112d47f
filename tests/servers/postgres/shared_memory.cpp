#include "tests/servers/postgres/shared_memory.hpp"

#include <sys/shm.h>

#include <fstream>
#include <sstream>
#include <string>

namespace skein::servers::postgres {

void release_shared_memory(const std::filesystem::path& data) {
  std::ifstream file(data / "postmaster.pid");
  std::string line;
  // The seventh line holds the segment's key and id.
  for (int number = 0; number < 7; ++number)
    if (!std::getline(file, line)) return;
  std::istringstream words(line);
  unsigned long key = 0;
  int id = -1;
  if (!(words >> key >> id)) return;
  shmid_ds state{};
  if (::shmctl(id, IPC_STAT, &state) != 0 || state.shm_nattch != 0) return;
  if (static_cast<unsigned long>(state.shm_perm.__key) == key) ::shmctl(id, IPC_RMID, nullptr);
}

}  // namespace skein::servers::postgres
