// Names to addresses, by the system's resolver. It blocks for as long as it likes and cannot be
// broken off, so a core asks on another thread, and who gives up waiting forgets its question.
#pragma once

#include <condition_variable>
#include <mutex>

#include "net/endpoint.hpp"
#include "net/timer.hpp"

namespace skein::net {

using lookup_result = std::expected<std::vector<socket_address>, error_code>;

// Blocks. What is found is never empty.
lookup_result look_up(const std::string& host, std::uint16_t port);

// A question and the place of its answer, which outlives an asker who gave up.
struct lookup {
  lookup(executor where, std::string asked_host, std::uint16_t asked_port)
      : host(std::move(asked_host)), port(asked_port), answered(where, steady_time::max()) {}

  std::string host;
  std::uint16_t port;
  std::atomic<bool> forgotten = false;
  std::optional<lookup_result> answer = {};
  timer answered;  // cancelled when the answer is here
};

// The look-ups of one core, one after the other.
class lookup_thread final : public asio::execution_context::service {
 public:
  using key_type = lookup_thread;
  static inline asio::execution_context::id id = {};

  explicit lookup_thread(asio::io_context& context);
  static lookup_thread& of(const executor& where) {
    return asio::use_service<lookup_thread>(where.context());
  }
  void ask(std::shared_ptr<lookup> question);

 private:
  void shutdown() override;
  void run();
  void reply(std::shared_ptr<lookup> to, lookup_result answer);

  poller& home_;
  std::mutex mutex_ = {};
  std::condition_variable asked_ = {};
  std::deque<std::shared_ptr<lookup>> questions_ = {};
  bool stopping_ = false;
  std::thread thread_ = {};  // from the first question on
};

}  // namespace skein::net
