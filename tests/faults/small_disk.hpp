// A small file system of its own under a folder of a server's, so that a disk can be full at one
// moment and have room at the next. In memory, seen by this process and its children alone: nothing
// is left when they end. Only root may make one.
#pragma once

#include <filesystem>

namespace skein::servers::faults {

bool may_have_small_disks();

class small_disk {
 public:
  // What is in the folder moves onto it; nobody may have it open.
  small_disk(const std::filesystem::path& folder, std::size_t room_mb);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  void fill() const;     // to the last byte
  void free_up() const;  // what fill() took

 private:
  std::filesystem::path folder_;
};

}  // namespace skein::servers::faults
