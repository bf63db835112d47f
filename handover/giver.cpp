#include "handover/giver.hpp"

#include "metrics/log.hpp"

namespace skein::handover {

namespace log = metrics::log;
using std::chrono::seconds;

namespace {

constexpr seconds word_time{5};  // for a message that only wants to be read or written
// For the newer one to be ready: somewhat more than it gives itself.
constexpr seconds ready_time{30};
constexpr std::chrono::milliseconds left_every{200};
// While it drains its taker has nothing to say, as a rule. Its end is heard at once.
constexpr std::chrono::hours silence{24 * 366};

}  // namespace

giver::giver(net::core& on, giver_hooks hooks)
    : on_(on), hooks_(std::move(hooks)), news_(on.where()), tasks_(on.where()) {
  tasks_.on_exception = [](const std::string& what) {
    log::write(log::level::error, "a takeover ended by an exception", {{"error", what}});
  };
}

std::expected<void, std::string> giver::listen(const net::endpoint& at) {
  auto made = net::acceptor::listen(on_.where(), at, net::callers::own_user);
  if (!made) return std::unexpected(made.error());
  acceptor_ = std::move(*made);
  at_ = at;
  return {};
}

std::expected<void, std::string> giver::adopt(net::owned_handle listening,
                                              const net::endpoint& at) {
  auto made = net::acceptor::adopt(on_.where(), std::move(listening), at);
  if (!made) return std::unexpected(made.error());
  acceptor_ = std::move(*made);
  acceptor_->keep_file();
  at_ = at;
  return {};
}

void giver::serve() {
  tasks_.spawn(wait_for_takers());
}

void giver::close() {
  stopping_ = true;
  if (acceptor_) acceptor_->close();
  if (talking_) talking_->close();
  news_.ring_all();
}

net::awaitable<> giver::stop() {
  close();
  co_await tasks_.join();
}

// One at a time: others stand in the queue, and find the newer one there if this one succeeds.
net::awaitable<> giver::wait_for_takers() {
  while (!stopping_) {
    auto [failed, connection] = co_await acceptor_->accept();
    if (stopping_ || failed == net::asio::error::operation_aborted) co_return;
    if (failed) {
      net::timer pause(on_.where(), std::chrono::milliseconds(100));
      co_await pause.async_wait(net::use_result);
      continue;
    }
    channel talk(on_, connection.take_socket());
    talking_ = &talk;
    const bool gone = co_await hand_over(talk);
    net::task_group telling(on_.where());
    if (gone) {
      telling.spawn(tell_how_many(talk));
      co_await answer_cancels(talk);
    }
    talk.close();
    news_.ring_all();
    co_await telling.join();
    talking_ = nullptr;
    if (gone) co_return;
  }
}

// True: the other one serves now.
net::awaitable<bool> giver::hand_over(channel& to) {
  const auto pid = to.peer().pid;
  auto begun = co_await begin(to);
  outcome<serving> now = std::unexpected("");
  if (begun) now = co_await hear_serving(to);
  if (!begun) now = std::unexpected(begun.error());
  if (now) {
    const message word = yours();
    const auto told = co_await to.say(word, word_time);
    if (!told) now = std::unexpected(told.error());
  }
  if (!now && !stopping_) {
    log::write(log::level::warn, "a takeover failed: this Skein goes on",
               {{"pid", pid}, {"error", now.error()}});
    const message word = refused{now.error()};
    co_await to.say(word, word_time);
  }
  if (!now) co_return false;
  std::vector<door> kept;
  bool keeps_socket = false;
  for (const std::uint16_t each : now->kept) {
    kept.push_back(offered_[each]);
    keeps_socket = keeps_socket || kept.back().use == door_use::takeover;
  }
  if (keeps_socket) {
    acceptor_->let_go();
  } else {
    acceptor_->close();
  }
  log::write(log::level::info, "another Skein has taken over", {{"pid", pid}});
  hooks_.taken(kept);
  co_return true;
}

net::awaitable<outcome<void>> giver::begin(channel& to) {
  if (!to.from_own_user()) {
    co_return std::unexpected("it is of another user (" + std::to_string(to.peer().user) + ")");
  }
  const auto first = co_await to.hear(word_time);
  if (!first) co_return std::unexpected(first.error());
  const hello* const asked = std::get_if<hello>(&*first);
  if (!asked) co_return std::unexpected("it did not begin with a greeting");
  const auto version = common_version(*asked);
  if (!version) {
    co_return std::unexpected("it speaks versions " + std::to_string(asked->oldest) + " to " +
                              std::to_string(asked->newest) + " of this, and we speak " +
                              std::to_string(version_oldest) + " to " +
                              std::to_string(version_newest));
  }
  log::write(log::level::info, "another Skein is about to take over", {{"pid", to.peer().pid}});
  co_return co_await pass_doors(to, *version);
}

net::awaitable<outcome<void>> giver::pass_doors(channel& to, std::uint16_t version) {
  auto doors = hooks_.doors();
  if (!doors) co_return std::unexpected(doors.error());
  doors->push_back({{door_use::takeover, net::to_string(at_)}, acceptor_->duplicate()});
  offered_.clear();
  message word = offer{version, hooks_.generation(), hooks_.ready(),
                       static_cast<std::uint16_t>(doors->size())};
  if (doors->size() > doors_max) co_return std::unexpected("there are too many listening sockets");
  auto told = co_await to.say(word, word_time);
  for (const open_door& each : *doors) {
    if (!told) break;
    if (each.listening.get() < 0) co_return std::unexpected("no descriptor is left to pass on");
    offered_.push_back(each.what);
    word = each.what;
    told = co_await to.say(word, word_time, each.listening.get());
  }
  co_return told;
}

net::awaitable<outcome<serving>> giver::hear_serving(channel& from) {
  const auto said = co_await from.hear(ready_time);
  if (!said) co_return std::unexpected(said.error());
  if (const refused* const no = std::get_if<refused>(&*said)) co_return std::unexpected(no->why);
  const serving* const found = std::get_if<serving>(&*said);
  if (!found) co_return std::unexpected("it said something else than that it serves");
  for (const std::uint16_t each : found->kept) {
    if (each >= offered_.size()) co_return std::unexpected("it keeps a door that there is not");
  }
  co_return *found;
}

net::awaitable<> giver::answer_cancels(channel& from) {
  while (!stopping_) {
    const auto said = co_await from.hear(silence);
    if (!said) co_return;
    if (const cancel* const asked = std::get_if<cancel>(&*said)) {
      auto done = [this, number = asked->number] { answer(cancelled{number}); };
      hooks_.cancel(*asked, std::move(done));
    } else if (const order* const given = std::get_if<order>(&*said)) {
      auto done = [this, number = given->number](order_outcome how) {
        answer(obeyed{number, how});
      };
      hooks_.obey(*given, std::move(done));
    }
  }
}

// From any thread: comes back by way of the core, which ends before this does.
void giver::answer(message word) {
  on_.post([this, word = std::move(word)]() mutable {
    answered_.push_back(std::move(word));
    news_.ring_all();
  });
}

net::awaitable<> giver::tell_how_many(channel& to) {
  for (bool heard = true; heard && !stopping_;) {
    while (heard && !answered_.empty()) {
      const message word = std::move(answered_.front());
      answered_.pop_front();
      const auto told = co_await to.say(word, word_time);
      heard = told.has_value();
    }
    const message word = left{static_cast<std::uint32_t>(hooks_.clients())};
    const auto told = co_await to.say(word, word_time);
    heard = heard && told;
    if (heard && !stopping_ && answered_.empty()) {
      co_await news_.wait(std::chrono::steady_clock::now() + left_every);
    }
  }
}

}  // namespace skein::handover
