#include "proxy/exchange.hpp"

namespace skein::proxy {

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds cancel_breath{5};
// What is kept of a client's message grows where it stands once it is this long.
constexpr std::size_t kept_in_scratch_max = 16UZ * 1024;
// One long message must not cost an idle client its buffer for good.
constexpr std::size_t kept_at_rest_max = 256;
// What may wait for a client that does not read: from a server there is less, but what is answered
// without one has no other bound. Beyond it the client is not listened to.
constexpr std::size_t unread_max = 1024UZ * 1024;

// Of a core's thread, used anew by each step of whichever exchange: what is to be done, and what
// goes each way in one piece.
struct workbench {
  action_list actions = {};
  std::string client = {};
  std::string server = {};
  net::steady_time answered = {};  // a query has ended, in this step
};
workbench& bench() {
  thread_local workbench mine;
  return mine;
}

exchange_end end_by(action_kind what) {
  return what == action_kind::finish ? exchange_end::finished : exchange_end::signs_in_again;
}

}  // namespace

action_list& exchange::fresh_actions() {
  bench().actions.clear();
  bench().answered = {};
  return bench().actions;
}

exchange::exchange(net::core& core, net::stream& client, conversation& talk, lender& servers,
                   metrics::core_counters& counters)
    : core_(core),
      client_(client),
      talk_(talk),
      servers_(servers),
      counters_(counters),
      to_client_(client),
      changed_(core.where()) {}

void exchange::lend(lease server) {
  server_ = std::move(server);
  member_ = server_->member;
  server_->user = this;
  server_->memory->of_follower = !server_->leads;
  talk_.lend(*server_->memory);
}

void exchange::settle_in(lease first) {
  lend(std::move(first));
  talk_.settle_in(fresh_actions());
  carry_out({}, true);
}

net::awaitable<> exchange::settled(net::steady_time until) {
  for (bool in_time = true; in_time && settling();) in_time = co_await changed_.wait(until);
}

result<std::string> exchange::greeting() const {
  if (!ended_ && !settling()) return talk_.greeting();
  return skein::failure(error_kind::unavailable, fault::server,
                        "member \"" + member_ + "\" could not be prepared for this client: " +
                            (ended_ ? failure_.message() : "it did not answer in time"));
}

void exchange::welcome(std::string_view words, std::string early) {
  send(std::as_bytes(std::span(words)), false);
  if (!early.empty()) kept_ = std::move(early);
  forgive();
  if (leaving_) leave_at_rest();
}

// All waits stand here, each once: the frame of this coroutine is most of what an idle client
// costs.
net::awaitable<exchange_end> exchange::run() {
  // What was sent behind the login is looked at before anything is read.
  unread_ = !kept_.empty();
  while (!ended_) {
    switch (next_step()) {
      case step::look_again:
        break;
      case step::await_change: {
        auto until = net::steady_time::max();
        if (held_by_cancel()) until = steady_clock::now() + cancel_breath;
        co_await changed_.wait(until);
        break;
      }
      case step::await_client: {
        roused_ = false;
        listening_ = true;
        const auto [stopped] = co_await client_.wait(net::direction::read);
        listening_ = false;
        if (stopped) wait_stopped(stopped);
        break;
      }
      case step::hear_held:
        co_await hear_held();
        unread_ = unread_ || !kept_.empty();
        break;
      case step::fetch_server:
        co_await fetch_server();
        break;
    }
    // A server that is slow to read holds its client up.
    if (server_ && !server_->out.empty() && !ended_) co_await flush_server();
    if (leaving_) leave_at_rest();
  }
  if (lined_up_) servers_.leave_line();
  last_steps_ = true;
  if (tasks_) co_await tasks_->join();
  co_return *ended_;
}

// Does what needs no waiting.
exchange::step exchange::next_step() {
  if (to_client_.size() > unread_max) return step::await_change;
  if (wants_server_) return next_step_to_server();
  if (awaits_fate_) return step::await_change;
  if (talk_.on_hold()) {
    unread_ = true;
    return step::await_change;
  }
  if (held_by_cancel()) return step::await_change;
  if (held_back()) return step::hear_held;
  if (std::exchange(unread_, false)) {
    const std::string input = std::exchange(kept_, {});
    hear(std::as_bytes(std::span(input)));
    return step::look_again;
  }
  if (held_ && talk_.at_rest()) return step::await_change;
  return read_client() == heard::nothing ? step::await_client : step::look_again;
}

net::awaitable<> exchange::flush_server() {
  const lease server = server_;
  co_await server->out.flush();
  if (server->out.failure()) server->stream.cancel();
}

// Nothing: it is to be waited for.
exchange::heard exchange::read_client() {
  const bool long_message = kept_.size() > kept_in_scratch_max;
  const std::size_t kept = kept_.size();
  std::span<std::byte> room = core_.scratch();
  if (!long_message) room = room.subspan(kept);
  const net::attempt got = client_.read_now(room);
  if (got.blocked) return heard::nothing;
  if (got.failure || got.bytes == 0) {
    end_of_client(got);
    return heard::something;
  }
  counters_.bytes_from_client.add(got.bytes);
  if (long_message) {
    kept_.append(reinterpret_cast<const char*>(room.data()), got.bytes);
    const std::string input = std::exchange(kept_, {});
    hear(std::as_bytes(std::span(input)));
    return heard::something;
  }
  const std::span<std::byte> whole = core_.scratch();
  std::memcpy(whole.data(), kept_.data(), kept);
  hear(whole.first(kept + got.bytes));
  return heard::something;
}

void exchange::hear(std::span<const std::byte> input) {
  for (;;) {
    const exchange_counts before = talk_.counts();
    talk_.from_client(input, fresh_actions());
    count(before);
    input = input.subspan(carry_out(input, true));
    if (!wants_server_ || ended_) break;
    servers_.want(talk_.wish());
    lease at_hand = servers_.try_borrow();
    if (!at_hand) break;
    wants_server_ = false;
    lend(std::move(at_hand));
  }
  if (timed_) note_time();
  kept_.assign(reinterpret_cast<const char*>(input.data()), input.size());
  if (kept_.empty() && kept_.capacity() > kept_at_rest_max) kept_.shrink_to_fit();
}

// Returns how much of the input is done with. All that goes one way goes in one piece.
std::size_t exchange::carry_out(std::span<const std::byte> input, bool of_client) {
  const action_list& actions = bench().actions;
  const auto& all = actions.all();
  if (all.size() == 1 && all.front().kind == action_kind::forward) {
    send(input.first(all.front().bytes), of_client);
    return all.front().bytes;
  }
  std::string& client = bench().client;
  std::string& server = bench().server;
  for (std::string* each : {&client, &server}) each->clear();
  std::size_t used = 0;
  std::size_t said = 0;
  bool giving_back = false;
  std::optional<exchange_end> over;
  bool listened = false;
  std::string_view again;
  for (const action& todo : all) {
    const auto text = [&] {
      return actions.text().substr(std::exchange(said, said + todo.bytes), todo.bytes);
    };
    switch (todo.kind) {
      case action_kind::forward:
        (of_client ? server : client)
            .append(reinterpret_cast<const char*>(input.data()) + used, todo.bytes);
        [[fallthrough]];
      case action_kind::hide:
        used += todo.bytes;
        break;
      case action_kind::to_client:
        client.append(text());
        break;
      case action_kind::to_server:
        server.append(text());
        break;
      case action_kind::again:
        again = text();
        break;
      case action_kind::borrow:
        wants_server_ = true;
        break;
      case action_kind::give_back:
        giving_back = true;
        break;
      case action_kind::finish:
      case action_kind::sign_in_again:
        over = end_by(todo.kind);
        break;
      case action_kind::listen:
        listened = servers_.listen(text());
        break;
      case action_kind::token_refused:
      case action_kind::unlisten:
        pass_on(todo, text());
        break;
      case action_kind::unlisten_all:
      case action_kind::cancel:
      case action_kind::end_session:
        pass_on(todo, {});
        break;
    }
  }
  if (!server.empty()) send(std::as_bytes(std::span(server)), true);
  if (!client.empty()) send(std::as_bytes(std::span(client)), false);
  // With words behind its last reply, a goodbye as a rule: never for the next client.
  if (giving_back) give_back(of_client || used == input.size());
  if (!again.empty()) hear_again(again);
  if (over) end_talk(*over);
  if (listened) channel_live({});
  return used;
}

void exchange::give_back(bool clean) {
  if (!server_) return;
  server_->user = nullptr;
  if (!clean) server_->close();
  servers_.give_back(std::move(server_), bench().answered);
  server_ = nullptr;
}

void exchange::send(std::span<const std::byte> input, bool to_server) {
  if (to_server) {
    if (!server_) return;
    if (!server_->out.push(input)) server_->stream.cancel();  // what it says last is still read
    counters_.bytes_to_server.add(input.size());
    return;
  }
  if (last_steps_) return;
  to_client_.push(input);
  counters_.bytes_to_client.add(input.size());
  if (to_client_.failure()) return end(exchange_end::client_failed, to_client_.failure());
  if (to_client_.empty() || unclogging_) return;
  unclogging_ = true;
  if (!tasks_) tasks_ = std::make_unique<net::task_group>(core_.where());
  tasks_->spawn(unclog());
}

net::awaitable<> exchange::unclog() {
  // A wait that was ended may not have been the one that was meant.
  do {
    co_await to_client_.flush();
  } while (!to_client_.empty() && !to_client_.failure() && !ended_);
  unclogging_ = false;
  changed_.ring_all();
  if (to_client_.failure()) end(exchange_end::client_failed, to_client_.failure());
  if (server_) server_->go_on.ring_all();
  if (!ended_) announce({});
  if (leaving_) leave_at_rest();
}

// What its server has failed at goes to another, ahead of what the client has sent since.
void exchange::hear_again(std::string_view words) {
  kept_.insert(0, words);
  unread_ = true;
  rouse();
}

void exchange::server_said(std::span<const std::byte> input) {
  server_connection& server = *server_;  // whoever reads it holds it, also once it is given back
  if (!servers_.server_speaks(server)) return lose_lead();
  const exchange_counts before = talk_.counts();
  const bool held = talk_.on_hold();
  talk_.from_server(input, fresh_actions());
  count(before);
  // What is left is the server's own, which may be somebody else's in a moment.
  const std::size_t used = carry_out(input, false);
  server.partial.assign(reinterpret_cast<const char*>(input.data()) + used, input.size() - used);
  if (server_ && !pin_counted_) note_pin();
  if (timed_) note_time();
  if (held || held_ || last_steps_) changed_.ring_all();
  if (leaving_) leave_at_rest();
}

void exchange::count(const exchange_counts& before) {
  const exchange_counts& now = talk_.counts();
  if (now.queries_started != before.queries_started && asked_at_ == net::steady_time{}) {
    asked_at_ = steady_clock::now();
  }
  // An error is sent ahead of the end of its query, often in a packet of its own.
  counters_.server_errors.add(now.errors_seen - before.errors_seen);
  if (now.queries_finished == before.queries_finished) return;
  const auto answered_at = steady_clock::now();
  bench().answered = answered_at;
  counters_.queries.add(now.queries_finished - before.queries_finished);
  counters_.query_latency.observe(answered_at - asked_at_);
  if (counters_.falls_short.value() != 0 && talk_.may_have_written())
    counters_.acknowledged_short.add(now.queries_finished - before.queries_finished);
  asked_at_ = talk_.busy() ? answered_at : net::steady_time{};
}

// A statement of a pipeline begins when the one before it has ended.
void exchange::note_time() {
  const std::uint64_t finished = talk_.counts().queries_finished;
  const doing now = wants_server_     ? doing::waiting
                    : talk_.busy()    ? doing::running
                    : talk_.at_rest() ? doing::resting
                                      : doing::in_transaction;
  if (now == does_ && finished == finished_) return;
  if (server_ && finished != finished_) ++server_->turn;
  does_ = now;
  finished_ = finished;
  forgive();
}

void exchange::note_pin() {
  if (!talk_.at_rest() || talk_.pin().empty()) return;
  counters_.sessions_pinned.add(talk_.pin());
  pin_counted_ = true;
}

bool exchange::held_by_cancel() const {
  return server_ && server_->holds_client && server_->cancels > 0;
}

}  // namespace skein::proxy
