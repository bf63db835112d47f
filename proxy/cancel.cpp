#include "proxy/cancel.hpp"

#include "metrics/log.hpp"
#include "proxy/login.hpp"
#include "proxy/patience.hpp"

namespace skein::proxy {

namespace {

// Only the server's own end of the connection says that it has read the request.
bool taken(const net::error_code& end) {
  return end == net::asio::error::eof || end == net::tls_fault::truncated;
}

}  // namespace

namespace {

using still_wanted = std::optional<std::uint64_t>;  // while it is the victim's turn

net::awaitable<result<void>> cancel_in_turn(branch& home, server_connection& victim,
                                            credentials who, still_wanted turn) {
  const cluster_in_force cluster = home.in_force();
  // Not by the member's name: another server may answer behind it by now.
  auto [failed, stream] = co_await home.dial().dial(victim.peer, cluster->pool.connect_timeout);
  if (turn && (!victim.user || victim.turn != *turn)) {
    co_return result<void>{};  // it has ended by itself
  }
  result<void> sent;
  if (failed) {
    sent = failure(error_kind::unavailable, fault::server, failed.message());
  } else {
    patience answer_time(home.core(), stream);
    answer_time.arm(cluster->pool.connect_timeout);
    const login_request request{.user = who.user, .database = {}, .parameters = {}};
    const auto exchange = cluster->database->start_cancel(
        {cluster->server_tls, std::move(who), request, stream.local(), victim.member},
        victim.cancels_by);
    const net::tls_context* tls =
        cluster->server_tls_context ? &*cluster->server_tls_context : nullptr;
    sent = co_await carry_server_login(stream, *exchange, tls, victim.address.host);
    std::array<std::byte, 64> nothing;
    net::error_code end;
    while (sent && !end) end = (co_await stream.read_some(nothing)).first;
    if (!taken(end)) victim.cancel_lost = true;
    if (sent && !taken(end)) {
      sent = failure(error_kind::timeout, fault::server,
                     "the server did not say that it took the request: " + end.message());
    }
  }
  if (sent) {
    home.counters().cancels_sent.add();
    co_return sent;
  }
  metrics::log::write_limited(home.lost_cancels(), metrics::log::level::warn,
                              "cancel could not be sent",
                              {{"cluster", cluster->name},
                               {"member", victim.member},
                               {"error", sent.error().text_for_client}});
  co_return sent;
}

}  // namespace

net::awaitable<result<void>> send_cancel(branch& home, server_connection& victim, credentials who) {
  return cancel_in_turn(home, victim, std::move(who), std::nullopt);
}

net::awaitable<> cancel_overdue(branch& home, lease victim, credentials who) {
  ++victim->cancels;
  victim->holds_client = true;
  co_await cancel_in_turn(home, *victim, std::move(who), victim->turn);
  if (--victim->cancels > 0) co_return;
  victim->holds_client = false;
  victim->cancels_over.ring_all();
}

}  // namespace skein::proxy
