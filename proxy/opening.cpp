#include "proxy/opening.hpp"

#include "proxy/coded_wire.hpp"
#include "proxy/login.hpp"
#include "proxy/patience.hpp"

namespace skein::proxy {

using std::chrono::milliseconds;

namespace {

error called_off() {
  return {error_kind::lost, fault::client, {}, "nobody waits for the server any more", {}};
}

}  // namespace

std::string in_words(milliseconds time) {
  const auto count = time.count();
  return count % 1000 == 0 ? std::to_string(count / 1000) + " s" : std::to_string(count) + " ms";
}

opening::opening(net::core& core, net::dialer& dial, const cluster_in_force& cluster,
                 metrics::core_counters& counters)
    : core_(core), dial_(dial), cluster_(cluster), counters_(counters) {}

milliseconds opening::step_time(const errand& what) const {
  const auto left = std::chrono::ceil<milliseconds>(what.until - std::chrono::steady_clock::now());
  return std::clamp(left, milliseconds(1), cluster_->pool.connect_timeout);
}

std::string opening::within(milliseconds time) const {
  return time < cluster_->pool.connect_timeout ? "what was left of pool.wait, " + in_words(time)
                                               : "pool.connect_timeout, " + in_words(time);
}

net::awaitable<result<lease>> opening::open(budget::slot place, const routing::member_view& member,
                                            std::uint64_t epoch, const errand& what) {
  if (what.called_off) co_return std::unexpected(called_off());
  const milliseconds time = step_time(what);
  auto [failed, stream] =
      co_await dial_.dial(endpoint_of(*cluster_->database, member.address), time);
  if (what.called_off) co_return std::unexpected(called_off());
  if (failed) {
    counters_.server_connections_failed.add();
    co_return std::unexpected(not_dialled(member, failed, time));
  }
  auto made =
      std::make_shared<server_connection>(core_.where(), std::move(stream), std::move(place));
  made->opened = std::chrono::steady_clock::now();
  made->address = member.address;
  made->member = member.name;
  made->who = what.who.user;
  made->database = what.request.database;
  made->epoch = epoch;
  made->peer = net::parse_endpoint(made->stream.peer())
                   .value_or(endpoint_of(*cluster_->database, member.address));
  if (const auto signed_in = co_await sign_in(*made, what); !signed_in) {
    if (what.called_off) co_return std::unexpected(called_off());
    counters_.server_connections_failed.add();
    co_return std::unexpected(signed_in.error());
  }
  made->place.signed_in();
  counters_.server_connections_opened.add();
  co_return made;
}

net::awaitable<result<void>> opening::sign_in(server_connection& made, const errand& what) {
  const milliseconds time = step_time(what);
  const cluster_in_force cluster = cluster_;
  made.tls_turn = cluster->server_tls_turn;
  const auto login = cluster->database->start_login({cluster->server_tls, what.who, what.request,
                                                     made.stream.local(), made.member,
                                                     cluster->server_compression});
  patience login_time(core_, made.stream);
  login_time.arm(time);
  const net::tls_context* tls =
      cluster->server_tls_context ? &*cluster->server_tls_context : nullptr;
  const auto done = co_await carry_server_login(made.stream, *login, tls, made.address.host);
  if (done) {
    made.cancels_by = login->greeting().key;
    made.memory = cluster->database->make_server_memory(login->greeting());
    begin_coding(made, *login, cluster->server_compression);
    co_return done;
  }
  error why = done.error();
  if (login_time.lost()) {
    why = {error_kind::unavailable,
           fault::server,
           {},
           "member \"" + made.member + "\" did not finish a login within " + within(time),
           {}};
  }
  // A server that goes away in mid-login is on its way down or up: worth another try.
  if (why.kind == error_kind::lost) why.kind = error_kind::unavailable;
  why.detail_for_log += " (signing in to " + made.member + " as " + what.who.user + ")";
  co_return std::unexpected(std::move(why));
}

// A server that lacks what is wanted serves all the same: an upgrade or a failover to it must not
// end in refusals.
void opening::begin_coding(server_connection& made, server_login& login, compression wanted) {
  auto by = login.take_coder();
  if (!by && wanted != compression::none) {
    metrics::log::write_limited(
        uncompressed_, metrics::log::level::warn,
        "a member does not offer the compression that is set: its connections are uncompressed",
        {{"cluster", cluster_->name}, {"member", made.member}, {"compression", to_string(wanted)}});
  }
  code(made.stream, std::move(by));
}

error opening::not_dialled(const routing::member_view& member, net::error_code why,
                           milliseconds time) const {
  const std::string whom = "member \"" + member.name + "\" of cluster \"" + cluster_->name + "\"";
  const std::string where = "address " + to_string(member.address);
  if (why == boost::system::errc::too_many_files_open) {
    return {error_kind::limit,
            fault::us,
            {},
            "Skein has no file descriptor left to connect to " + whom +
                ": raise its limit (ulimit -n, LimitNOFILE), or lower limits.clients",
            where};
  }
  if (why == boost::system::errc::too_many_files_open_in_system) {
    return {error_kind::limit,
            fault::us,
            {},
            "this machine has no file left to connect to " + whom +
                ": raise its limit (sysctl fs.file-max)",
            where};
  }
  const std::string words =
      why == net::asio::error::timed_out ? "no answer within " + within(time) : why.message();
  return {error_kind::unavailable,
          fault::server,
          {},
          whom + " cannot be connected to: " + words + "; is the server running?",
          where};
}

}  // namespace skein::proxy
