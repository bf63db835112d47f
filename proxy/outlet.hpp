// The way out of a relay: sends at once what the stream takes and keeps what it does not. A pump
// reads no more until its outlet is empty, so that what is kept is bounded by one read.
#pragma once

#include <string>

#include "net/stream.hpp"

namespace skein::proxy {

class outlet {
 public:
  explicit outlet(net::stream& to) : to_(to) {}

  // Never waits. False: the stream has failed, `failure` says how.
  bool push(std::span<const std::byte> bytes);
  bool push(std::string_view text) { return push(std::as_bytes(std::span(text))); }
  bool empty() const { return kept_.empty(); }
  std::size_t size() const { return kept_.size(); }
  // Until the kernel has taken all, the stream fails, or the wait is cancelled.
  net::awaitable<net::error_code> flush();
  // No flush waits again until `resume`: a cancel alone misses one whose wait has just succeeded.
  void halt() { halted_ = true; }
  void resume() { halted_ = false; }
  const net::error_code& failure() const { return failure_; }
  std::uint64_t sent() const { return sent_; }

 private:
  net::stream& to_;
  std::string kept_ = {};
  net::error_code failure_ = {};
  bool halted_ = false;
  std::uint64_t sent_ = 0;
};

}  // namespace skein::proxy
