// Listening by plain system calls, so that TCP and unix sockets take one road.
#include "net/acceptor.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/lookup.hpp"

namespace skein::net {

namespace {

constexpr int queue_length = 4096;      // the kernel cuts it to net.core.somaxconn
constexpr unsigned most_in_a_row = 16;  // then the event loop has its turn

std::unexpected<std::string> refusal(const endpoint& on, int number) {
  std::string said = "cannot listen on " + to_string(on) + ": ";
  switch (number) {
    case EADDRINUSE:
      said += "another program listens there; stop it or choose another address";
      break;
    case EADDRNOTAVAIL:
      said += "this machine has no such address";
      break;
    case EACCES:
      said += on.host.empty() ? "permission denied; choose a folder that this user may write to"
                              : "permission denied; ports below 1024 want root or "
                                "CAP_NET_BIND_SERVICE, choose a higher one";
      break;
    case ENOENT:
      said += "the folder does not exist; create it or choose another";
      break;
    default:
      said += error_code(number, boost::system::system_category()).message();
  }
  return std::unexpected(said);
}

std::expected<socket_address, std::string> locate(const endpoint& on) {
  if (on.host.empty()) return address_of(on.unix_path);
  error_code failure;
  const auto numeric = asio::ip::make_address(on.host, failure);
  if (!failure) return address_of(numeric, on.port);
  const auto found = look_up(on.host, on.port);
  if (!found) {
    return std::unexpected("cannot listen on " + to_string(on) + ": " + on.host +
                           " is no known host; write an address of this machine");
  }
  return found->front();
}

void allow(int socket, int level, int name) {
  const int yes = 1;
  ::setsockopt(socket, level, name, &yes, sizeof yes);
}

owned_handle open_socket(int family, bool shared) {
  owned_handle made(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (made.get() < 0 || family == AF_UNIX) return made;
  allow(made.get(), SOL_SOCKET, SO_REUSEADDR);
  if (shared) allow(made.get(), SOL_SOCKET, SO_REUSEPORT);
  // So that 0.0.0.0 and :: can be listened on side by side.
  if (family == AF_INET6) allow(made.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  return made;
}

// A unix socket's file outlives a process that was killed. It is in the way then: removed, but only
// if it is a socket and nobody answers behind it.
bool remove_stale(const socket_address& at, const std::string& path) {
  struct stat file = {};
  if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const owned_handle caller = open_socket(AF_UNIX, false);
  if (caller.get() < 0) return false;
  if (::connect(caller.get(), at.data(), static_cast<socklen_t>(at.size())) == 0) return false;
  return errno == ECONNREFUSED && ::unlink(path.c_str()) == 0;
}

bool bind_to(int socket, const socket_address& at, const std::string& unix_path) {
  const auto bind = [&] { return ::bind(socket, at.data(), static_cast<socklen_t>(at.size())); };
  if (bind() == 0) return true;
  if (errno != EADDRINUSE || unix_path.empty()) return false;
  if (remove_stale(at, unix_path)) return bind() == 0;
  errno = EADDRINUSE;
  return false;
}

// Failures of one connection that was gone before we took it: the next may be fine.
bool of_one_connection(int number) {
  switch (number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
      return true;
    default:
      return false;
  }
}

}  // namespace

struct acceptor::state {
  explicit state(executor on) : where(on) {}

  executor where;
  socket listening = {};
  unsigned in_a_row = 0;
  std::string unix_path = {};  // what to remove at the end, if it is still this file:
  struct stat file = {};
};

std::expected<acceptor, std::string> acceptor::listen(executor where, const endpoint& on,
                                                      callers who) {
  const auto at = locate(on);
  if (!at) return std::unexpected(at.error());
  owned_handle door = open_socket(at->protocol().family(), true);
  // The file is made with this mode, so that there is no moment with another one.
  const mode_t mode = who == callers::anybody ? 0666 : 0600;
  if (on.host.empty() && door.get() >= 0) ::fchmod(door.get(), mode);
  if (door.get() < 0 || !bind_to(door.get(), *at, on.unix_path)) return refusal(on, errno);

  acceptor made(std::make_shared<state>(where));
  if (on.host.empty()) {
    made.state_->unix_path = on.unix_path;
    made.keep_file();
    ::chmod(on.unix_path.c_str(), mode);
  }
  if (on.unix_path.empty()) tune(door.get());
  if (::listen(door.get(), queue_length) != 0) return refusal(on, errno);
  auto watched = socket::adopt(where, std::move(door));
  if (!watched) return refusal(on, watched.error().value());
  made.state_->listening = std::move(*watched);
  return made;
}

std::expected<acceptor, std::string> acceptor::adopt(executor where, owned_handle listening,
                                                     const endpoint& on) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(listening.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens) {
    return std::unexpected("what was passed for " + to_string(on) + " is no listening socket");
  }
  acceptor made(std::make_shared<state>(where));
  made.state_->unix_path = on.unix_path;
  if (on.unix_path.empty()) tune(listening.get());
  auto watched = socket::adopt(where, std::move(listening));
  if (!watched) return refusal(on, watched.error().value());
  made.state_->listening = std::move(*watched);
  return made;
}

void acceptor::keep_file() {
  if (!state_->unix_path.empty()) ::lstat(state_->unix_path.c_str(), &state_->file);
}

owned_handle acceptor::duplicate() const {
  return copy_of(state_->listening.handle());
}

void acceptor::let_go() {
  if (!state_) return;
  state_->unix_path.clear();
  const owned_handle closed = state_->listening.release();
}

std::expected<void, std::string> acceptor::probe(const endpoint& on) {
  const auto at = locate(on);
  if (!at) return std::unexpected(at.error());
  const owned_handle door = open_socket(at->protocol().family(), false);
  if (door.get() < 0 || !bind_to(door.get(), *at, on.unix_path)) return refusal(on, errno);
  if (!on.unix_path.empty()) ::unlink(on.unix_path.c_str());
  return {};
}

acceptor& acceptor::operator=(acceptor&& other) noexcept {
  if (this == &other) return *this;
  close();
  state_ = std::move(other.state_);
  return *this;
}

awaitable<std::pair<error_code, stream>> acceptor::accept() {
  return accept_on(state_);
}

std::pair<error_code, stream> acceptor::accept_now() {
  if (!state_ || !state_->listening.open()) return {asio::error::operation_aborted, stream()};
  return take_from(*state_);
}

std::pair<error_code, stream> acceptor::take_from(state& on) {
  int handle = -1;
  do {
    handle = ::accept4(on.listening.handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  } while (handle < 0 && of_one_connection(errno));
  if (handle < 0) return {error_code(errno, boost::system::system_category()), stream()};
  owned_handle taken(handle);
  auto watched = socket::adopt(on.where, std::move(taken));
  if (!watched) return {watched.error(), stream()};
  return {error_code(), stream(std::move(*watched), !on.unix_path.empty())};
}

// Static, and holding the state: the acceptor may be closed or destroyed meanwhile.
awaitable<std::pair<error_code, stream>> acceptor::accept_on(std::shared_ptr<state> on) {
  while (on && on->listening.open()) {
    if (++on->in_a_row > most_in_a_row) {
      on->in_a_row = 0;
      co_await asio::post(on->where, asio::use_awaitable_t<executor>{});
      continue;
    }
    auto taken = take_from(*on);
    if (taken.first != asio::error::would_block) co_return taken;
    on->in_a_row = 0;
    on->listening.blocked(direction::read);
    const auto [failure] = co_await on->listening.wait(direction::read);
    if (failure) co_return std::pair{failure, stream()};
  }
  co_return std::pair{error_code(asio::error::operation_aborted), stream()};
}

std::uint16_t acceptor::port() const {
  if (!state_ || !state_->unix_path.empty()) return 0;
  asio::ip::tcp::endpoint known;
  auto size = static_cast<socklen_t>(known.capacity());
  if (::getsockname(state_->listening.handle(), known.data(), &size) != 0) return 0;
  return known.port();
}

void acceptor::close() {
  if (!state_) return;
  // Released, for the socket may live on in another process, and would be watched here for ever.
  const owned_handle closed = state_->listening.release();
  struct stat file = {};
  const std::string path = std::exchange(state_->unix_path, {});
  if (path.empty() || ::lstat(path.c_str(), &file) != 0) return;
  // Somebody else may have put a socket there since.
  if (file.st_dev == state_->file.st_dev && file.st_ino == state_->file.st_ino) {
    ::unlink(path.c_str());
  }
}

}  // namespace skein::net
