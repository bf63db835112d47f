#include "handover/channel.hpp"

#include <unistd.h>

namespace skein::handover {

namespace {

constexpr std::size_t handles_waiting_max = 16;

std::unexpected<std::string> broken(const net::error_code& why) {
  return std::unexpected("the other Skein cannot be talked to: " + why.message());
}

}  // namespace

// Once the time is over each wait ends: as with every peer, one cancel could miss a wait.
struct channel::limit {
  limit(channel& of, net::steady_time::duration patience)
      : over(of.on_.wheel(), [this, &of] {
          passed = true;
          of.socket_.cancel();
          over.arm(net::deadline_wheel::tick);
        }) {
    over.arm(patience);
  }
  bool passed = false;
  net::deadline over;
};

channel::channel(net::core& on, net::socket connected) : on_(on), socket_(std::move(connected)) {
  peer_ = net::peer_of(socket_.handle()).value_or(net::peer_process{0, ~uid_t{0}});
}

bool channel::from_own_user() const {
  return peer_.user == ::geteuid();
}

net::awaitable<outcome<message>> channel::hear(net::steady_time::duration patience) {
  limit time(*this, patience);
  std::array<std::byte, 4096> chunk;
  while (!closed_) {
    std::string_view input = heard_;
    auto found = decode(input);
    heard_.erase(0, heard_.size() - input.size());
    if (!found) co_return std::unexpected(found.error());
    if (*found) co_return std::move(**found);
    const net::attempt read = net::receive_passed(socket_.handle(), chunk, handles_);
    // As the kernel says it of one that has gone without having read all.
    hung_up_ = read.failure == net::asio::error::connection_reset;
    if (read.failure) co_return broken(read.failure);
    if (handles_.size() > handles_waiting_max) {
      co_return std::unexpected("the other Skein sends descriptors that nobody asked for");
    }
    heard_.append(reinterpret_cast<const char*>(chunk.data()), read.bytes);
    if (read.bytes > 0) continue;
    hung_up_ = !read.blocked;
    if (hung_up_) co_return std::unexpected("the other Skein has hung up");
    // Looked at after one more read: who stood still for long has an answer and a deadline at once.
    if (time.passed) co_return std::unexpected("the other Skein does not answer in time");
    socket_.blocked(net::direction::read);
    const auto [stopped] = co_await socket_.wait(net::direction::read);
    if (stopped && !time.passed && !closed_) co_return broken(stopped);
  }
  co_return std::unexpected("the takeover was called off");
}

net::owned_handle channel::take_handle() {
  if (handles_.empty()) return net::owned_handle(-1);
  net::owned_handle first = std::move(handles_.front());
  handles_.pop_front();
  return first;
}

net::awaitable<outcome<void>> channel::say(message what, net::steady_time::duration patience,
                                           int handle) {
  limit time(*this, patience);
  const std::string bytes = encode(what);
  auto rest = std::as_bytes(std::span(bytes));
  while (!closed_ && !rest.empty()) {
    const net::attempt sent = net::pass(socket_.handle(), rest, handle);
    if (sent.failure) co_return broken(sent.failure);
    if (sent.bytes > 0) handle = -1;
    rest = rest.subspan(sent.bytes);
    if (!sent.blocked) continue;
    socket_.blocked(net::direction::write);
    const auto [stopped] = co_await socket_.wait(net::direction::write);
    if (time.passed) co_return std::unexpected("the other Skein does not read what it is told");
    if (stopped && !closed_) co_return broken(stopped);
  }
  if (closed_) co_return std::unexpected("the takeover was called off");
  co_return outcome<void>();
}

void channel::close() {
  closed_ = true;
  socket_.close();
}

}  // namespace skein::handover
