#include "tests/faults/small_disk.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "tests/servers/child_process.hpp"

namespace skein::servers::faults {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Once; who is started afterwards sees the same mounts as we do, and others never see ours.
void have_own_mounts() {
  static const bool done = [] {
    if (::unshare(CLONE_NEWNS) != 0) fail("cannot have mounts of our own");
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      fail("cannot keep our mounts to ourselves");
    return true;
  }();
  (void)done;
}

fs::path ballast(const fs::path& folder) {
  return folder / "ballast";
}

}  // namespace

bool may_have_small_disks() {
  return ::geteuid() == 0;
}

small_disk::small_disk(const fs::path& folder, std::size_t room_mb) : folder_(folder) {
  have_own_mounts();
  struct stat was{};
  if (::stat(folder.c_str(), &was) != 0) fail("cannot look at " + folder.string());
  const fs::path aside = folder.string() + ".aside";
  fs::rename(folder, aside);
  fs::create_directory(folder);
  const std::string options = "size=" + std::to_string(room_mb) +
                              "m,mode=0700,uid=" + std::to_string(was.st_uid) +
                              ",gid=" + std::to_string(was.st_gid);
  if (::mount("small", folder.c_str(), "tmpfs", 0, options.c_str()) != 0)
    fail("cannot mount a small disk at " + folder.string());
  run_well({.command = {"cp", "-a", aside.string() + "/.", folder.string()}});
  fs::remove_all(aside);
}

small_disk::~small_disk() {
  ::umount2(folder_.c_str(), MNT_DETACH);
}

void small_disk::fill() const {
  const int file =
      ::open(ballast(folder_).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) fail("cannot fill the disk");
  // Large pieces first, then what is left.
  for (std::size_t piece = 1U << 20U; piece > 0; piece /= 4) {
    const std::vector<char> zeros(piece);
    while (::write(file, zeros.data(), zeros.size()) > 0) {
    }
  }
  ::close(file);
}

void small_disk::free_up() const {
  fs::remove(ballast(folder_));
}

}  // namespace skein::servers::faults
