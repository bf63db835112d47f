#include "tests/servers/mysql/tree.hpp"

#include <stdexcept>

#include "tests/servers/child_process.hpp"

namespace skein::servers::mysql {
namespace {

constexpr auto script = SKEIN_SOURCE_ROOT "/scripts/mysql-tree.sh";

}  // namespace

std::filesystem::path tree() {
  static const std::filesystem::path found = [] {
    const auto done = run({.command = {script}, .errors_apart = true}, std::chrono::minutes{10});
    if (done.exit_code != 0)
      throw std::runtime_error(
          "there is no MySQL to test with (SKEIN_TEST_ENGINES=postgres,mariadb "
          "goes without): " +
          done.errors);
    return done.output.substr(0, done.output.find('\n'));
  }();
  return found;
}

std::vector<std::string> tree_command(const std::string& program) {
  tree();
  return {script, "run", program};
}

}  // namespace skein::servers::mysql
