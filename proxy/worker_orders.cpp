// What a session on some core orders another to do: see session_order.hpp.
#include "proxy/worker.hpp"

namespace skein::proxy {

namespace {

// The server is given its own time to take a cancel; this is the end of all patience.
constexpr std::chrono::seconds order_time{20};

struct order_answer {
  explicit order_answer(net::executor where) : over(where) {}
  net::bell over;
  result<void> outcome =
      failure(error_kind::timeout, fault::us, "it is not known in time what became of it");
};

error killed() {
  return {error_kind::shutdown, fault::client, {}, "Connection was killed", {}};
}

}  // namespace

net::awaitable<result<void>> worker::route_order(session_order what) {
  const unsigned number = session_table::core_of(what.id);
  const bool ours = session_table::generation_of(what.id) == table_.generation();
  const bool somewhere = ours ? number < all_.size() : elsewhere_.orders != nullptr;
  if (!somewhere || !session_table::needs_no_secret(what.id))
    co_return std::unexpected(no_such_session());
  const auto answer = std::make_shared<order_answer>(core_.where());
  auto done = [this, answer](result<void> outcome) {
    core_.post([answer, outcome = std::move(outcome)]() mutable {
      answer->outcome = std::move(outcome);
      answer->over.ring_all();
    });
  };
  if (ours) {
    worker& target = *all_[number];
    target.core_.post([&target, what = std::move(what), done = std::move(done)]() mutable {
      target.living_.spawn(target.obey_here(std::move(what), std::move(done)));
    });
  } else {
    elsewhere_.orders(std::move(what), std::move(done));
  }
  co_await answer->over.wait(std::chrono::steady_clock::now() + order_time);
  co_return std::move(answer->outcome);
}

net::awaitable<> worker::obey_here(session_order what, std::function<void(result<void>)> done) {
  session* const found = table_.find_without_secret(what.id);
  result<void> outcome = std::unexpected(no_such_session());
  if (found) outcome = found->obeys(what);
  if (outcome && what.for_good) {
    living_.spawn(strike(found->number(), killed()));
  } else if (outcome) {
    found->home().counters().cancels_requested.add();
    outcome = co_await found->cancel_running();
  }
  done(std::move(outcome));
}

// What came to another process, and not to a listener of ours.
void worker::obey(session_order what, std::function<void(result<void>)> done) {
  core_.post([this, what = std::move(what), done = std::move(done)]() mutable {
    living_.spawn(answer_order(std::move(what), std::move(done)));
  });
}

net::awaitable<> worker::answer_order(session_order what, std::function<void(result<void>)> done) {
  auto outcome = co_await route_order(std::move(what));
  done(std::move(outcome));
}

}  // namespace skein::proxy
