#include "tests/servers/wire_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace skein::servers {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void wait_for(int socket, short events, clock::time_point end, const char* what) {
  pollfd watched{socket, events, 0};
  const auto left = std::chrono::ceil<milliseconds>(end - clock::now()).count();
  if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0) {
    throw std::runtime_error(std::string("the peer ") + what + " within the deadline");
  }
}

// The next piece, at most `room` bytes; empty at the end or after a reset.
std::string read_piece(int socket, std::size_t room, clock::time_point end) {
  std::string piece(std::min<std::size_t>(room, 65536), '\0');
  for (;;) {
    const auto size = ::recv(socket, piece.data(), piece.size(), MSG_DONTWAIT);
    if (size >= 0) {
      piece.resize(static_cast<std::size_t>(size));
      return piece;
    }
    if (errno == ECONNRESET) return {};
    if (errno != EAGAIN && errno != EINTR) throw std::runtime_error(std::strerror(errno));
    wait_for(socket, POLLIN, end, "neither sent anything nor closed");
  }
}

}  // namespace

std::string wire_message::field(char code) const {
  for (std::size_t at = 0; at < body.size() && body[at] != '\0';) {
    const auto end = body.find('\0', at);
    if (end == std::string::npos) break;
    if (body[at] == code) return body.substr(at + 1, end - at - 1);
    at = end + 1;
  }
  return {};
}

wire_socket::wire_socket(std::uint16_t port)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const std::string why = std::strerror(errno);
    ::close(socket_);
    throw std::runtime_error("cannot connect to port " + std::to_string(port) + ": " + why);
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

wire_socket::wire_socket(int borrowed) : socket_(::fcntl(borrowed, F_DUPFD_CLOEXEC, 0)) {}

wire_socket::~wire_socket() {
  if (socket_ >= 0) ::close(socket_);
}

wire_socket::wire_socket(wire_socket&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)) {}

bool wire_socket::send(std::string_view bytes, milliseconds deadline) {
  const auto end = clock::now() + deadline;
  while (!bytes.empty()) {
    const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      wait_for(socket_, POLLOUT, end, "took nothing");
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void wire_socket::finish() {
  ::shutdown(socket_, SHUT_WR);
}

// Also where a driver holds the same socket: a connection that is dissolved is reset.
void wire_socket::reset() {
  const sockaddr nowhere{AF_UNSPEC, {}};
  ::connect(socket_, &nowhere, sizeof nowhere);
}

std::string wire_socket::receive(std::size_t bytes, milliseconds deadline) {
  const auto end = clock::now() + deadline;
  std::string all;
  while (all.size() < bytes) {
    const auto piece = read_piece(socket_, bytes - all.size(), end);
    if (piece.empty()) break;
    all += piece;
  }
  return all;
}

std::string wire_socket::receive_all(milliseconds deadline) {
  const auto end = clock::now() + deadline;
  std::string all;
  for (;;) {
    const auto piece = read_piece(socket_, 65536, end);
    if (piece.empty()) return all;
    all += piece;
  }
}

std::optional<wire_message> wire_socket::message(milliseconds deadline) {
  const auto head = receive(5, deadline);
  if (head.empty()) return std::nullopt;
  if (head.size() < 5) throw std::runtime_error("the stream ended inside a message's header");
  std::uint32_t length = 0;
  std::memcpy(&length, head.data() + 1, 4);
  length = ntohl(length);
  if (length < 4) throw std::runtime_error("a message came with an impossible length");
  wire_message got{head[0], receive(length - 4, deadline)};
  if (got.body.size() < length - 4) throw std::runtime_error("the stream ended inside a message");
  return got;
}

std::vector<wire_message> wire_socket::messages(milliseconds deadline) {
  std::vector<wire_message> all;
  while (auto one = message(deadline)) all.push_back(std::move(*one));
  return all;
}

std::string u32(std::uint32_t value) {
  value = htonl(value);
  return {reinterpret_cast<const char*>(&value), 4};
}

std::string startup_packet(std::uint32_t code, std::string_view body) {
  std::string text = u32(static_cast<std::uint32_t>(8 + body.size())) + u32(code);
  return text.append(body);
}

std::string startup_session(std::string_view user, std::string_view database) {
  std::string body = "user";
  body.append(1, '\0').append(user).append(1, '\0');
  body.append("database").append(1, '\0').append(database).append(2, '\0');
  return startup_packet(protocol_3, body);
}

std::string wire(char type, std::string_view body) {
  return type + u32(static_cast<std::uint32_t>(4 + body.size())).append(body);
}

}  // namespace skein::servers
