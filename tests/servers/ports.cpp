#include "tests/servers/ports.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <stdexcept>
#include <string>

namespace skein::servers {
namespace {

constexpr std::uint16_t lowest = 15000;
constexpr std::uint16_t highest = 31999;
constexpr const char* registry = "/tmp/skein-test-ports";

// A lock per port, shared with other test processes and other users; held until this process ends.
bool take(std::uint16_t port) {
  const auto path = std::string(registry) + "/" + std::to_string(port);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) return false;
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return true;
  ::close(file);
  return false;
}

bool is_free(std::uint16_t port) {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const bool bound = ::bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(probe);
  return bound;
}

}  // namespace

std::uint16_t free_port() {
  if (::mkdir(registry, 0777) == 0) ::chmod(registry, 01777);
  std::random_device seed;
  std::uniform_int_distribution<std::uint16_t> any(lowest, highest);
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const auto port = any(seed);
    if (take(port) && is_free(port)) return port;
  }
  throw std::runtime_error("no free port found between 15000 and 31999");
}

}  // namespace skein::servers
