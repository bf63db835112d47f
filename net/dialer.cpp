// Look a name up, then connect to its addresses in turn: each gets its share of the time that is
// left, so that one silent address does not use up the others' chance.
#include "net/dialer.hpp"

#include <sys/socket.h>

#include "net/lookup.hpp"

namespace skein::net {

namespace {

constexpr std::chrono::milliseconds unix_pause{10};

error_code last_failure() {
  return {errno, boost::system::system_category()};
}

// One call of dial. The deadline breaks off whatever is under way.
class dialling {
 public:
  dialling(executor where, deadline_wheel& wheel, std::chrono::milliseconds limit)
      : where_(where),
        end_(std::chrono::steady_clock::now() + limit),
        limit_(wheel, [this] { break_off(); }) {}

  awaitable<std::pair<error_code, stream>> run(endpoint to) {
    error_code failure = co_await resolve(to);
    for (std::size_t at = 0; !failure && at < found_.size(); ++at) {
      limit_.arm(left() / static_cast<long>(found_.size() - at));
      failure = co_await connect(found_[at]);
      if (!failure) {
        if (found_[at].protocol().family() != AF_UNIX) tune(trying_.handle());
        co_return std::pair{failure, stream(std::move(trying_))};
      }
      trying_.close();
      if (failure == asio::error::operation_aborted && !limit_.passed()) break;  // cancelled
      if (limit_.passed()) failure = asio::error::timed_out;
      if (at + 1 < found_.size() && left() > left().zero()) failure.clear();
    }
    co_return std::pair{failure, stream()};
  }

 private:
  steady_time::duration left() const { return end_ - std::chrono::steady_clock::now(); }

  void break_off() {
    if (asked_) asked_->answered.cancel();
    if (pause_) pause_->cancel();
    trying_.cancel();
  }

  awaitable<error_code> resolve(const endpoint& to) {
    if (to.host.empty()) {
      found_.push_back(address_of(to.unix_path));
      co_return error_code();
    }
    error_code not_numeric;
    const auto numeric = asio::ip::make_address(to.host, not_numeric);
    if (!not_numeric) {
      found_.push_back(address_of(numeric, to.port));
      co_return error_code();
    }
    limit_.arm(left());
    asked_ = std::make_shared<lookup>(where_, to.host, to.port);
    lookup_thread::of(where_).ask(asked_);
    if (!asked_->answer) co_await asked_->answered.async_wait(use_result);
    const auto asked = std::exchange(asked_, nullptr);
    if (!asked->answer) {
      asked->forgotten = true;
      co_return limit_.passed() ? asio::error::timed_out : asio::error::operation_aborted;
    }
    if (!*asked->answer) co_return asked->answer->error();
    found_ = std::move(**asked->answer);
    co_return error_code();
  }

  awaitable<error_code> connect(socket_address to) {
    while (true) {
      owned_handle made(
          ::socket(to.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      if (made.get() < 0) co_return last_failure();
      const int begun = ::connect(made.get(), to.data(), static_cast<socklen_t>(to.size()));
      const bool under_way = begun != 0 && (errno == EINPROGRESS || errno == EINTR);
      if (begun == 0 || under_way) co_return co_await finish(std::move(made), under_way);
      // A unix socket whose listener has a full queue: come again.
      if (errno != EAGAIN || to.protocol().family() != AF_UNIX) co_return last_failure();
      pause_.emplace(where_, unix_pause);
      const auto [broken_off] = co_await pause_->async_wait(use_result);
      if (broken_off) co_return broken_off;
      // It may have passed when the pause was over already, and found nothing to break off.
      if (limit_.passed()) co_return asio::error::timed_out;
    }
  }

  awaitable<error_code> finish(owned_handle made, bool under_way) {
    auto watched = socket::adopt(where_, std::move(made), under_way);
    if (!watched) co_return watched.error();
    trying_ = std::move(*watched);
    if (!under_way) co_return error_code();
    const auto [broken_off] = co_await trying_.wait(direction::write);
    co_return broken_off ? broken_off : trying_.connect_result();
  }

  executor where_;
  steady_time end_;
  std::vector<socket_address> found_ = {};
  std::shared_ptr<lookup> asked_ = {};
  socket trying_ = {};
  std::optional<timer> pause_ = {};
  deadline limit_;
};

}  // namespace

awaitable<std::pair<error_code, stream>> socket_dialer::dial(endpoint where,
                                                             std::chrono::milliseconds limit) {
  dialling call(where_, wheel_, limit);
  co_return co_await call.run(std::move(where));
}

}  // namespace skein::net
