// How an exchange ends: by whom, what the client still hears, and what becomes of the server.
#include "proxy/coded_wire.hpp"
#include "proxy/exchange.hpp"
#include "proxy/patience.hpp"

namespace skein::proxy {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds last_words_time{2};

}  // namespace

void exchange::interrupt() {
  end(exchange_end::interrupted);
}

void exchange::interrupt_at_rest() {
  leaving_ = true;
  leave_at_rest();
}

// The end of the last reply may still be on its way to a slow client.
void exchange::leave_at_rest() {
  if (talk_.at_rest() && to_client_.empty() && !wants_server_) interrupt();
}

void exchange::end(exchange_end how, net::error_code why) {
  if (ended_) return;
  ended_ = how;
  failure_ = why;
  to_client_.halt();
  if (server_) {
    server_->out.halt();
    server_->stream.cancel();
  }
  client_.cancel();
  changed_.ring_all();
}

// By the conversation's word; once the client has gone, it is the server's end alone.
void exchange::end_talk(exchange_end how) {
  if (!last_steps_) return end(how);
  of_no_use_ = true;
}

void exchange::end_of_client(const net::attempt& last) {
  if (!last.failure) return end(exchange_end::client_left);
  end(is_coding_fault(last.failure) ? exchange_end::client_erred : exchange_end::client_failed,
      last.failure);
}

net::awaitable<> exchange::tell_client(std::string text) {
  if (ended_ == exchange_end::client_left || ended_ == exchange_end::client_failed) co_return;
  patience limit(core_, client_);
  limit.arm(last_words_time);
  to_client_.resume();
  to_client_.push(text);
  co_await to_client_.flush();
}

void exchange::cut_off() {
  if (!server_) return;
  server_->user = nullptr;
  server_->close();
  server_ = nullptr;
}

// What the client sent before it left is sent on, whatever becomes of the connection.
net::awaitable<> exchange::let_go(net::steady_time until) {
  last_steps_ = true;
  if (!server_) co_return;
  server_->out.resume();
  server_->go_on.ring_all();
  const bool of_use = talk_.leave(fresh_actions());
  carry_out({}, true);
  while (server_ && !of_no_use_ && !server_->out.failure() && steady_clock::now() < until) {
    const lease mine = server_;
    if (!mine->out.empty()) {
      patience limit(core_, mine->stream);
      limit.arm(until - steady_clock::now());
      co_await mine->out.flush();
    } else if (of_use) {
      co_await changed_.wait(until);
    } else {
      break;
    }
  }
  cut_off();
}

}  // namespace skein::proxy
