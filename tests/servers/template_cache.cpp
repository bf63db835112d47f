#include "tests/servers/template_cache.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/servers/child_process.hpp"
#include "tests/servers/test_folder.hpp"

namespace skein::servers {

namespace fs = std::filesystem;

fs::path cached_template(const std::string& name,
                         const std::function<void(const fs::path&)>& make) {
  const auto folder = cache_folder() / name;
  if (fs::exists(folder)) return folder;
  const auto lock_path = cache_folder() / (name + ".lock");
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0 || ::flock(lock, LOCK_EX) != 0)
    throw std::runtime_error("cannot lock " + lock_path.string());
  struct unlocking {
    int lock;
    ~unlocking() { ::close(lock); }
  } const at_end{lock};
  if (fs::exists(folder)) return folder;
  // Made beside and renamed, so that a template is whole or not there.
  const auto unfinished = cache_folder() / (name + ".tmp");
  fs::remove_all(unfinished);
  make(unfinished);
  fs::rename(unfinished, folder);
  return folder;
}

void give_to(const fs::path& folder, const std::string& user) {
  if (user.empty() || ::geteuid() != 0) return;
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw std::runtime_error("no such user: " + user);
  const auto give = [&](const fs::path& path) {
    if (::lchown(path.c_str(), entry->pw_uid, entry->pw_gid) != 0)
      throw std::runtime_error("cannot chown " + path.string());
  };
  give(folder);
  for (const auto& each : fs::recursive_directory_iterator(folder)) give(each.path());
}

void copy_folder(const fs::path& from, const fs::path& to, const std::string& user) {
  run_well({.command = {"cp", "-a", "--sparse=always", "--reflink=auto", "-T", from.string(),
                        to.string()}});
  give_to(to, user);
}

}  // namespace skein::servers
