#include "proxy/console_session.hpp"

#include "proxy/coded_wire.hpp"
#include "proxy/patience.hpp"

namespace skein::proxy {

namespace {

constexpr std::chrono::seconds send_time{30};  // for a client to take some of an answer
constexpr std::size_t early_bytes_max = 64UZ * 1024;

}  // namespace

console_session::console_session(net::core& core, net::stream& client, console_talk& talk,
                                 console_desk& desk, std::string who)
    : core_(core),
      client_(client),
      talk_(talk),
      desk_(desk),
      who_(std::move(who)),
      tasks_(core.where()) {}

net::awaitable<> console_session::run(std::string welcome, std::string early) {
  heard_ = std::move(early);
  bool here = co_await send(std::move(welcome));
  while (here && !ending_) here = co_await converse();
  // What it has been answered comes first: it may be the one who asked for the end. Not behind half
  // a message.
  if (here && ending_) here = co_await send(talk_.take_output());
  if (here && ending_) co_await send(talk_.break_off(*ending_));
}

// One step; false: nothing more can be said.
net::awaitable<bool> console_session::converse() {
  byte_view input = std::as_bytes(std::span(heard_));
  const console_want wanted = talk_.advance(input);
  heard_.erase(0, heard_.size() - input.size());
  if (!co_await send(talk_.take_output())) co_return false;
  bool here = wanted != console_want::finish;
  if (here && !ending_ && wanted == console_want::answer) here = co_await find_answer();
  if (here && !ending_ && wanted == console_want::input) here = co_await hear();
  co_return here;
}

// False: the client has left.
net::awaitable<bool> console_session::find_answer() {
  asking now;
  asking_ = &now;
  tasks_.spawn(ask(now));
  bool here = true;
  while (here && !now.got && !ending_ && heard_.size() < early_bytes_max) here = co_await hear();
  // Who sends so much ahead cannot be heard to leave: what it asked for is not waited for.
  if (!now.got) now.called_off = true;
  co_await tasks_.join();
  asking_ = nullptr;
  talk_.answer(std::move(*now.got));
  co_return here;
}

net::awaitable<> console_session::ask(asking& now) {
  now.got = co_await desk_.answer(talk_.asked(), who_, now.called_off);
  client_.cancel();  // ends the wait for more of its words
}

// Waits once at most; false: the client has left.
net::awaitable<bool> console_session::hear() {
  const auto room = core_.scratch().first(early_bytes_max);
  const net::attempt read = client_.read_now(room);
  if (read.blocked) {
    const auto [stopped] = co_await client_.wait(net::direction::read);
    co_return !stopped || stopped == net::asio::error::operation_aborted;
  }
  heard_.append(reinterpret_cast<const char*>(room.data()), read.bytes);
  if (is_coding_fault(read.failure)) {
    end({error_kind::protocol, fault::client, {}, read.failure.message(), {}});
    co_return true;
  }
  co_return read.bytes > 0;
}

net::awaitable<bool> console_session::send(std::string text) {
  if (text.empty()) co_return true;
  patience limit(core_, client_);
  limit.arm(send_time);
  for (byte_view rest = std::as_bytes(std::span(text)); !rest.empty();) {
    const net::attempt sent = client_.write_now(rest);
    if (sent.failure) co_return false;
    rest = rest.subspan(sent.bytes);
    if (sent.bytes > 0) {
      limit.arm(send_time);
    } else {
      const auto [stopped] = co_await client_.wait(net::direction::write);
      if (stopped) co_return false;
    }
  }
  co_return true;
}

void console_session::end(error why) {
  if (!ending_) ending_ = std::move(why);
  cancel();
  client_.cancel();
}

void console_session::cancel() {
  if (asking_) asking_->called_off = true;
}

}  // namespace skein::proxy
