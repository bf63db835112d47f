#include "tests/servers/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>

namespace skein::servers {
namespace {

struct status {
  char state = 'X';
  pid_t parent = 0;
};

status read_status(pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/stat";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char text[512];
  const auto size = ::read(file, text, sizeof text - 1);
  ::close(file);
  if (size <= 0) return {};
  text[size] = 0;
  // The command's name stands in parentheses and may itself hold spaces and parentheses.
  const char* end = std::strrchr(text, ')');
  if (end == nullptr || std::strlen(end) < 5) return {};
  return {end[2], static_cast<pid_t>(std::atol(end + 4))};
}

struct kinship {
  pid_t child;
  pid_t parent;
};

std::vector<kinship> all_processes() {
  std::vector<kinship> found;
  DIR* folder = ::opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* entry = ::readdir(folder)) {
    const auto pid = static_cast<pid_t>(std::atol(entry->d_name));
    if (pid <= 0) continue;
    const auto now = read_status(pid);
    if (now.state != 'X') found.push_back({pid, now.parent});
  }
  ::closedir(folder);
  return found;
}

}  // namespace

std::vector<pid_t> descendants(pid_t ancestor) {
  const auto all = all_processes();
  std::vector<pid_t> found{ancestor};
  for (std::size_t next = 0; next < found.size(); ++next)
    for (const auto& one : all)
      if (one.parent == found[next]) found.push_back(one.child);
  found.erase(found.begin());
  return found;
}

char process_state(pid_t pid) {
  return read_status(pid).state;
}

}  // namespace skein::servers
