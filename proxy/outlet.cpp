#include "proxy/outlet.hpp"

namespace skein::proxy {

bool outlet::push(std::span<const std::byte> bytes) {
  if (failure_) return false;
  if (bytes.empty()) return true;
  if (kept_.empty()) {
    const net::attempt sent = to_.write_now(bytes);
    if (sent.failure) {
      failure_ = sent.failure;
      return false;
    }
    sent_ += sent.bytes;
    bytes = bytes.subspan(sent.bytes);
  }
  kept_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return true;
}

net::awaitable<net::error_code> outlet::flush() {
  to_.flush();
  while ((!kept_.empty() || to_.choked()) && !failure_ && !halted_) {
    if (kept_.empty()) {
      const auto [stopped] = co_await to_.wait(net::direction::write);
      if (stopped) co_return stopped;
      continue;
    }
    const net::attempt sent = to_.write_now(std::as_bytes(std::span(kept_)));
    if (sent.failure) {
      failure_ = sent.failure;
    } else if (sent.bytes > 0) {
      sent_ += sent.bytes;
      kept_.erase(0, sent.bytes);
    } else {
      const auto [stopped] = co_await to_.wait(net::direction::write);
      if (stopped) co_return stopped;
    }
  }
  // One slow moment must not cost a session its buffer for good.
  if (kept_.empty()) kept_.shrink_to_fit();
  co_return failure_;
}

}  // namespace skein::proxy
