// A connection for a thread that has nothing else to do: it blocks, up to a deadline, and any other
// thread may end it. TCP or a unix socket, TLS over either. Observers and the like have one each.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "net/endpoint.hpp"
#include "net/handle.hpp"
#include "net/tls.hpp"

namespace skein::net {

class blocking_stream {
 public:
  blocking_stream();
  ~blocking_stream();
  blocking_stream(const blocking_stream&) = delete;
  blocking_stream& operator=(const blocking_stream&) = delete;

  // For all that follows: then it fails with timed_out.
  void set_deadline(steady_time until) { until_ = until; }
  // In place of the connection that it had, if it had one. A name is looked up without a deadline.
  error_code connect(const endpoint& where);
  // After a failure tls()->failure() has the words.
  error_code handshake(const tls_context& context, const std::string& host);
  // At least one byte; a closed peer is asio::error::eof.
  std::pair<error_code, std::size_t> read_some(std::span<std::byte> into);
  error_code write_all(std::span<const std::byte> from);
  void close();
  bool open() const { return socket_.get() >= 0; }
  const tls_session* tls() const { return tls_.get(); }
  // From any thread, for good: what is under way, and what comes, fails with operation_aborted.
  void interrupt();

 private:
  struct below;  // what TLS stands on
  error_code connect_to(const socket_address& to);
  error_code wait(direction where);
  attempt read_now(std::span<std::byte> into);
  attempt write_now(std::span<const std::byte> from);

  owned_handle socket_{-1};
  owned_handle wake_;  // readable, for good, when all must end
  std::atomic<bool> interrupted_ = false;
  std::unique_ptr<tls_session> tls_ = {};
  steady_time until_ = steady_time::max();
};

}  // namespace skein::net
