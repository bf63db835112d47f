#include "tests/servers/chaos/striker.hpp"

#include "tests/servers/process_tree.hpp"

namespace skein::servers::chaos {
namespace {

using namespace std::chrono_literals;

void kill(server& member) {
  if (member.is_running()) member.kill();
}

void freeze(server& member) {
  if (member.is_running()) member.freeze();
}

}  // namespace

scene::scene(skein_options how)
    : options(std::move(how)),
      shop(cluster::start(engine::postgres, {.followers = 2})),
      front((skein.emplace(shop, options), skein->port())) {}

std::string scene::words() const {
  return "host=127.0.0.1 port=" + std::to_string(front.port()) + " user=" + app.user +
         " password=" + app.password + " dbname=app sslmode=disable";
}

fault_relay& striker::relay(place where) {
  return where == place::before_skein ? at_.front : at_.shop.link("skein", "a");
}

void striker::begin(const strike& one) {
  ++counts_.at(static_cast<std::size_t>(one.kind));
  auto& follower = at_.shop.follower(one.number % 2);
  switch (one.kind) {
    case strike_kind::leader_killed:
      return kill(at_.shop.leader());
    case strike_kind::leader_frozen:
      return freeze(at_.shop.leader());
    case strike_kind::follower_killed:
      return kill(follower);
    case strike_kind::follower_frozen:
      return freeze(follower);
    case strike_kind::way_parted:
      return relay(one.where).part();
    case strike_kind::way_half_open:
      return relay(one.where).half_open(one.way);
    case strike_kind::way_reset:
      return relay(one.where).reset_all();
    case strike_kind::way_cut:
      if (one.how == cut::silence) silenced_.push_back(one.where);
      return relay(one.where).cut_after(one.bytes, one.way, one.how);
    case strike_kind::way_slow:
      return relay(one.where).set_latency(50ms, one.way);
    case strike_kind::clients_killed:
      for (std::size_t index = 0; index < one.number && index < at_.clients.size(); ++index)
        at_.clients[index]->abandon();
      return;
    case strike_kind::backends_ended:
      return end_backends(one.number);
    case strike_kind::skein_restarted:
    case strike_kind::skein_killed:
    case strike_kind::skein_frozen:
      return strike_skein(one.kind);
    case strike_kind::count_of_them:
      return;
  }
}

// A leader that another strike of this wave holds cannot be asked to; a frozen one would even take
// the question and let it wait, and the wave with it.
void striker::end_backends(std::size_t number) {
  auto& leader = at_.shop.leader();
  if (!leader.is_running() || process_state(leader.process().pid()) == 'T') return;
  try {
    leader.query(
        "set statement_timeout = '1s';"
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'"
        " order by state, pid limit " +
        std::to_string(number));
  } catch (const std::runtime_error&) {
  }
}

void striker::strike_skein(strike_kind kind) {
  if (!at_.skein) return;
  if (kind == strike_kind::skein_frozen) return at_.skein->process().freeze();
  at_.skein->process().thaw();
  if (kind == strike_kind::skein_restarted) at_.skein->stop();
  if (kind == strike_kind::skein_killed) at_.skein->kill();
  at_.skein.reset();
}

void striker::heal() {
  for (const auto& name : at_.shop.names()) {
    auto& member = at_.shop.member(name);
    if (member.is_running()) member.thaw();
    if (!member.is_running()) member.start();
  }
  at_.shop.heal();
  at_.front.heal();
  // In the world a silent connection ends by keepalive, long after these few seconds.
  for (const auto where : silenced_) relay(where).reset_all();
  silenced_.clear();
  if (at_.skein) return at_.skein->process().thaw();
  at_.skein.emplace(at_.shop, at_.options);
  at_.front.aim(at_.skein->port());
}

}  // namespace skein::servers::chaos
