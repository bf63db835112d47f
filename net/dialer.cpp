// Look a name up, then connect to its addresses in turn: each gets its share of the time that is
// left, so that one silent address does not use up the others' chance.
#include "net/dialer.hpp"

#include <boost/asio/ip/basic_resolver.hpp>

namespace skein::net {

namespace {

using resolver = asio::ip::basic_resolver<asio::ip::tcp, executor>;
constexpr std::chrono::milliseconds unix_pause{10};

// Asio looks names up on a thread of its own and cannot break off there. So the answer has a place
// that outlives a caller who gave up.
struct lookup {
  explicit lookup(executor where) : asked(where), bell(where, steady_time::max()) {}

  resolver asked;
  timer bell;
  bool done = false;
  error_code failure = {};
  std::vector<socket_address> found = {};
};

void start_lookup(const std::shared_ptr<lookup>& on, const endpoint& where) try {
  const auto answer = [on](error_code failure, const resolver::results_type& results) {
    on->failure = failure;
    for (const auto& each : results) on->found.emplace_back(each.endpoint());
    on->done = true;
    on->bell.cancel();
  };
  on->asked.async_resolve(where.host, std::to_string(where.port),
                          asio::ip::resolver_base::numeric_service, answer);
} catch (const boost::system::system_error& failed) {  // no thread to be had
  on->failure = failed.code();
  on->done = true;
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
        tune(*trying_);
        co_return std::pair{failure, stream(std::move(*trying_))};
      }
      trying_.reset();
      if (failure == asio::error::operation_aborted && !limit_.passed()) break;  // cancelled
      if (limit_.passed()) failure = asio::error::timed_out;
      if (at + 1 < found_.size() && left() > left().zero()) failure.clear();
    }
    co_return std::pair{failure, stream()};
  }

 private:
  steady_time::duration left() const { return end_ - std::chrono::steady_clock::now(); }

  void break_off() {
    error_code ignored;
    if (asked_) asked_->bell.cancel();
    if (pause_) pause_->cancel();
    if (trying_) trying_->cancel(ignored);
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
    asked_ = std::make_shared<lookup>(where_);
    start_lookup(asked_, to);
    if (!asked_->done) co_await asked_->bell.async_wait(use_result);
    const auto asked = std::exchange(asked_, nullptr);
    if (!asked->done) {
      asked->asked.cancel();
      co_return limit_.passed() ? asio::error::timed_out : asio::error::operation_aborted;
    }
    found_ = std::move(asked->found);
    if (!asked->failure && found_.empty()) co_return asio::error::host_not_found;
    co_return asked->failure;
  }

  awaitable<error_code> connect(socket_address to) {
    while (true) {
      trying_.emplace(where_);
      error_code failure;
      trying_->open(to.protocol(), failure);
      if (failure) co_return failure;
      std::tie(failure) = co_await trying_->async_connect(to, use_result);
      if (failure) co_return failure;
      // A unix socket whose listener has a full queue looks connected to Asio (the kernel says
      // EAGAIN, not EINPROGRESS) and is not: come again.
      trying_->remote_endpoint(failure);
      if (failure != asio::error::not_connected || to.protocol().family() != AF_UNIX) {
        co_return failure;
      }
      pause_.emplace(where_, unix_pause);
      const auto [broken_off] = co_await pause_->async_wait(use_result);
      if (broken_off) co_return broken_off;
      // It may have passed when the pause was over already, and found nothing to break off.
      if (limit_.passed()) co_return asio::error::timed_out;
    }
  }

  executor where_;
  steady_time end_;
  std::vector<socket_address> found_ = {};
  std::shared_ptr<lookup> asked_ = {};
  std::optional<generic_socket> trying_ = {};
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
