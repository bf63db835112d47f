// A folder for one test: short enough for unix sockets, readable by the servers' users.
// Removed on success. When the test has failed the logs stay, their path and last lines are
// printed; SKEIN_TEST_KEEP=1 keeps the data too. What killed tests left is swept by later ones.
#pragma once

#include <filesystem>

namespace skein::servers {

class test_folder {
 public:
  test_folder();
  ~test_folder();
  test_folder(const test_folder&) = delete;
  test_folder& operator=(const test_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
  int lock_ = -1;
  int exceptions_before_ = 0;
};

// Whether a CHECK or REQUIRE of the running test case has failed (a doctest listener knows).
bool test_has_failed();

// Where templates live between runs: $SKEIN_TEST_CACHE, or .cache at the root of the sources.
std::filesystem::path cache_folder();

}  // namespace skein::servers
