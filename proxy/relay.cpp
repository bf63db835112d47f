#include "proxy/relay.hpp"

#include "proxy/patience.hpp"

namespace skein::proxy {

relay::relay(net::core& core, net::stream& client, net::stream& server, conversation& talk,
             metrics::core_counters& counters)
    : core_(core),
      client_(client),
      server_(server),
      talk_(talk),
      counters_(counters),
      to_client_(client),
      to_server_(server),
      up_{client, to_server_, fault::client},
      down_{server, to_client_, fault::server},
      tasks_(core.where()) {}

net::awaitable<relay_end> relay::run(std::string welcome, std::string early) {
  to_client_.push(welcome);
  co_await to_client_.flush();
  if (!early.empty()) digest(up_, std::as_bytes(std::span(early)));
  if (!ended_) {
    tasks_.spawn(pump(down_));
    co_await to_server_.flush();  // `early` may be more than it takes at once
    if (to_server_.failure()) {
      server_unwritable(to_server_.failure());
    } else {
      co_await pump(up_);
    }
    co_await tasks_.join();
  }
  co_return *ended_;
}

void relay::interrupt() {
  end(relay_end::interrupted);
}

void relay::interrupt_at_rest() {
  leaving_ = true;
  leave_at_rest();
}

// The end of the last reply may still be on its way to a slow client.
void relay::leave_at_rest() {
  if (talk_.at_rest() && to_client_.empty()) interrupt();
}

void relay::end(relay_end how, net::error_code why) {
  if (ended_) return;
  ended_ = how;
  failure_ = why;
  to_client_.halt();
  to_server_.halt();
  client_.cancel();
  server_.cancel();
}

// A server that can no longer be written to may still have said why: it is read to its end.
void relay::server_unwritable(net::error_code why) {
  server_unwritable_ = true;
  failure_ = why;
  server_.cancel();
}

net::awaitable<> relay::pump(flow& way) {
  const bool client = way.reader == fault::client;
  while (!ended_) {
    const std::span<std::byte> room = core_.scratch();
    const std::size_t kept = way.partial.size();
    const net::attempt got = way.from.read_now(room.subspan(kept));
    if (got.blocked) {
      if (server_unwritable_) co_return end(relay_end::server_failed, failure_);
      const auto [stopped] = co_await way.from.wait(net::direction::read);
      if (stopped && !server_unwritable_) co_return end(relay_end::interrupted, stopped);
      continue;
    }
    if (got.failure || got.bytes == 0) {
      co_return end(!client       ? relay_end::server_failed
                    : got.failure ? relay_end::client_failed
                                  : relay_end::client_left,
                    got.failure);
    }
    std::memcpy(room.data(), way.partial.data(), kept);
    (client ? counters_.bytes_from_client : counters_.bytes_from_server).add(got.bytes);
    if (!digest(way, room.first(kept + got.bytes))) co_return;
    if (!way.to.empty()) co_await way.to.flush();
    if (leaving_) leave_at_rest();
    if (!way.to.failure() || ended_) continue;
    if (!client) co_return end(relay_end::client_failed, to_client_.failure());
    co_return server_unwritable(to_server_.failure());
  }
}

// False: nothing more is to be read.
bool relay::digest(flow& way, std::span<const std::byte> input) {
  const exchange_counts before = talk_.counts();
  actions_.clear();
  if (way.reader == fault::client) {
    talk_.from_client(input, actions_);
  } else {
    talk_.from_server(input, actions_);
  }
  count(before);
  return carry_out(way, input);
}

bool relay::carry_out(flow& way, std::span<const std::byte> input) {
  const std::uint64_t sent_before = way.to.sent();
  std::size_t used = 0;
  bool go_on = true;
  for (const action& todo : actions_.all()) {
    switch (todo.kind) {
      case action_kind::forward:
        way.to.push(input.subspan(used, todo.bytes));
        break;
      case action_kind::hide:
        break;
      case action_kind::answer:
        to_client_.push(todo.text);
        break;
      case action_kind::finish:
        end(relay_end::finished);
        go_on = false;
        break;
    }
    used += todo.bytes;
  }
  way.partial.assign(reinterpret_cast<const char*>(input.data()) + used, input.size() - used);
  (way.reader == fault::client ? counters_.bytes_to_server : counters_.bytes_to_client)
      .add(way.to.sent() - sent_before);
  return go_on;
}

void relay::count(const exchange_counts& before) {
  const exchange_counts& now = talk_.counts();
  if (now.queries_started != before.queries_started && asked_at_ == net::steady_time{}) {
    asked_at_ = std::chrono::steady_clock::now();
  }
  // An error is sent ahead of the end of its query, often in a packet of its own.
  counters_.server_errors.add(now.errors_seen - before.errors_seen);
  if (now.queries_finished == before.queries_finished) return;
  const auto answered_at = std::chrono::steady_clock::now();
  counters_.queries.add(now.queries_finished - before.queries_finished);
  counters_.query_latency.observe(answered_at - asked_at_);
  asked_at_ = talk_.busy() ? answered_at : net::steady_time{};
}

net::awaitable<> relay::tell_client(std::string text) {
  if (ended_ == relay_end::client_left || ended_ == relay_end::client_failed) co_return;
  net::deadline patience(core_.wheel(), [this] {
    to_client_.halt();
    client_.cancel();
  });
  patience.arm(std::chrono::seconds(2));
  to_client_.resume();
  to_client_.push(text);
  co_await to_client_.flush();
}

net::awaitable<> relay::send_rest(std::chrono::milliseconds limit) {
  if (all_sent()) co_return;
  patience sending(core_, server_);
  sending.arm(limit);
  to_server_.resume();
  sending_rest_ = true;
  tasks_.spawn(drop_replies());
  co_await to_server_.flush();
  sending_rest_ = false;
  server_.cancel();
  co_await tasks_.join();
}

// A server whose replies are not read takes nothing more.
net::awaitable<> relay::drop_replies() {
  while (sending_rest_) {
    const net::attempt got = server_.read_now(core_.scratch());
    if (got.failure || (got.bytes == 0 && !got.blocked)) co_return;
    if (got.blocked) co_await server_.wait(net::direction::read);
  }
}

}  // namespace skein::proxy
