#include "tests/servers/relay_loop.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/servers/ports.hpp"

namespace skein::servers {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;
// A slow or delayed lane must hold what is on its way; more would hide the back-pressure.
constexpr std::size_t held_bytes_max = 256 * 1024;
constexpr std::size_t held_bytes_max_delayed = 8 * 1024 * 1024;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int make_socket() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) throw std::runtime_error(std::string("fault relay: ") + std::strerror(errno));
  return made;
}

void send_small_packets(int socket) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

void reset_socket(int socket) {
  const linger now{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

relay_loop::relay_loop(std::uint16_t target) : target_port(target) {
  listener_ = make_socket();
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  port_ = free_port();
  const auto address = loopback(port_);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0)
    throw std::runtime_error(std::string("fault relay: cannot listen: ") + std::strerror(errno));
  waker_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  thread_ = std::thread(&relay_loop::run, this);
}

relay_loop::~relay_loop() {
  apply([](relay_loop& loop) { loop.stopping_ = true; });
  thread_.join();
  reset_all();
  ::close(listener_);
  ::close(waker_);
}

void relay_loop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(waker_, &one, sizeof one);
}

// On Linux, shutdown() takes a listening socket out of service and keeps its port reserved, so that
// connections are refused; listen() puts it back.
void relay_loop::set_door(door wanted) {
  if (wanted == door::shut && entrance != door::shut) ::shutdown(listener_, SHUT_RDWR);
  if (wanted != door::shut && entrance == door::shut) ::listen(listener_, SOMAXCONN);
  entrance = wanted;
}

void relay_loop::reset_all() {
  for (auto& pair : pairs) end(pair, true);
  pairs.clear();
}

void relay_loop::run() {
  for (;;) {
    int timeout = 0;
    {
      const std::lock_guard guard(mutex_);
      if (stopping_) return;
      timeout = watch();
    }
    ::poll(watched_.data(), watched_.size(), timeout);
    const std::lock_guard guard(mutex_);
    std::uint64_t drained = 0;
    while (::read(waker_, &drained, sizeof drained) > 0) {
    }
    serve();
  }
}

// Level-triggered, rebuilt each round: a socket of which nothing is wanted is left out entirely,
// else its hang-up would spin the loop.
int relay_loop::watch() {
  watched_.clear();
  watched_.push_back({waker_, POLLIN, 0});
  if (entrance != door::shut) watched_.push_back({listener_, POLLIN, 0});
  std::optional<relay_clock::time_point> next;
  const auto now = relay_clock::now();
  for (const auto& pair : pairs) {
    short events[2] = {0, 0};
    for (int way = 0; way < 2; ++way) {
      if (may_receive(pair, way)) events[way] |= POLLIN;
      const auto due = send_time(pair, way);
      if (!due) continue;
      if (*due <= now)
        events[1 - way] |= POLLOUT;
      else
        next = std::min(next.value_or(*due), *due);
    }
    if (pair.dialled && !pair.connected) events[1] = POLLOUT;
    for (int side = 0; side < 2; ++side)
      if (events[side] != 0) watched_.push_back({pair.socket[side], events[side], 0});
  }
  if (!next) return -1;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*next - now).count());
}

// Tries everything that is allowed; the sockets do not block.
void relay_loop::serve() {
  if (entrance != door::shut) accept_all();
  for (auto& pair : pairs) {
    if (!pair.dialled && entrance == door::open) dial(pair);
    if (pair.dialled && !pair.connected && !pair.dead) {
      pollfd dialled{pair.socket[1], POLLOUT, 0};
      if (::poll(&dialled, 1, 0) <= 0) continue;
      int trouble = 0;
      socklen_t size = sizeof trouble;
      ::getsockopt(pair.socket[1], SOL_SOCKET, SO_ERROR, &trouble, &size);
      if (trouble != 0)
        end(pair, true);
      else
        pair.connected = true;
    }
    for (int way = 0; way < 2 && !pair.dead; ++way) move(pair, way);
    if (!pair.dead && pair.lanes[0].finished && pair.lanes[1].finished) end(pair, false);
  }
  pairs.remove_if([](const auto& pair) { return pair.dead; });
}

void relay_loop::accept_all() {
  for (;;) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    ++accepted;
    send_small_packets(client);
    auto& pair = pairs.emplace_back();
    pair.socket[0] = client;
    for (int way = 0; way < 2; ++way) pair.lanes[way].left = faults[way].cut_bytes;
  }
}

void relay_loop::dial(relayed_pair& pair) {
  pair.dialled = true;
  pair.socket[1] = make_socket();
  send_small_packets(pair.socket[1]);
  const auto address = loopback(target_port);
  if (::connect(pair.socket[1], reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    pair.connected = true;
  else if (errno != EINPROGRESS)
    end(pair, true);
}

bool relay_loop::may_receive(const relayed_pair& pair, int way) const {
  const auto& now = pair.lanes[way];
  const auto held_max = faults[way].latency.count() > 0 ? held_bytes_max_delayed : held_bytes_max;
  return pair.connected && !pair.silenced && !pair.dead && !now.ended && !faults[way].halted &&
         now.held_bytes < held_max;
}

std::optional<relay_clock::time_point> relay_loop::send_time(const relayed_pair& pair,
                                                             int way) const {
  const auto& now = pair.lanes[way];
  if (!pair.connected || pair.silenced || pair.dead || faults[way].halted || now.pieces.empty())
    return {};
  return std::max(now.pieces.front().due, faults[way].next_send);
}

void relay_loop::move(relayed_pair& pair, int way) {
  if (may_receive(pair, way)) receive(pair, way);
  while (!pair.dead) {
    const auto due = send_time(pair, way);
    if (!due || *due > relay_clock::now()) break;
    const auto before = pair.lanes[way].held_bytes;
    send(pair, way);
    if (pair.lanes[way].held_bytes == before) break;
  }
  auto& lane = pair.lanes[way];
  if (pair.dead || !lane.ended || lane.finished || !lane.pieces.empty() || faults[way].halted)
    return;
  ::shutdown(pair.socket[1 - way], SHUT_WR);
  lane.finished = true;
}

void relay_loop::receive(relayed_pair& pair, int way) {
  std::vector<char> bytes(piece_bytes);
  const auto size = ::recv(pair.socket[way], bytes.data(), bytes.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return end(pair, true);
  auto& lane = pair.lanes[way];
  if (size == 0) {
    lane.ended = true;
    return;
  }
  bytes.resize(static_cast<std::size_t>(size));
  lane.held_bytes += bytes.size();
  lane.pieces.push_back({relay_clock::now() + faults[way].latency, std::move(bytes)});
}

void relay_loop::send(relayed_pair& pair, int way) {
  auto& lane = pair.lanes[way];
  auto& fault = faults[way];
  auto& piece = lane.pieces.front();
  std::size_t wanted = piece.bytes.size() - piece.sent;
  if (lane.left && *lane.left == 0) {
    if (fault.how == cut::reset) end(pair, true);
    pair.silenced = true;
    return;
  }
  if (lane.left) wanted = std::min<std::size_t>(wanted, *lane.left);
  // Twenty milliseconds' worth at a time, so that a slow line trickles and does not hiccup.
  if (fault.bytes_per_second > 0)
    wanted = std::min<std::size_t>(wanted, std::max<std::uint64_t>(1, fault.bytes_per_second / 50));
  const auto size =
      ::send(pair.socket[1 - way], piece.bytes.data() + piece.sent, wanted, MSG_NOSIGNAL);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size < 0) return end(pair, true);
  const auto sent = static_cast<std::size_t>(size);
  piece.sent += sent;
  lane.held_bytes -= sent;
  fault.passed += sent;
  if (lane.left) *lane.left -= sent;
  if (fault.bytes_per_second > 0)
    fault.next_send = std::max(relay_clock::now(), fault.next_send) +
                      std::chrono::nanoseconds(sent * 1'000'000'000 / fault.bytes_per_second);
  if (piece.sent == piece.bytes.size()) lane.pieces.pop_front();
}

void relay_loop::end(relayed_pair& pair, bool by_reset) {
  pair.dead = true;
  for (int& socket : pair.socket) {
    if (socket < 0) continue;
    if (by_reset) reset_socket(socket);
    ::close(socket);
    socket = -1;
  }
}

}  // namespace skein::servers
