#include "tests/faults/several.hpp"

#include <algorithm>
#include <stdexcept>

#include "coordination/keys.hpp"
#include "tests/faults/reading_back.hpp"
#include "tests/servers/lead_mover.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::faults {
namespace {

using namespace std::chrono_literals;

constexpr auto admin_token = "orders";
constexpr int writers_each = 4;
constexpr double writes_per_second = 40;  // at each: the machine is shared by ten processes
constexpr auto long_enough = 60s;

std::string name_of(std::size_t skein) {
  return "s" + std::to_string(skein + 1);
}

// The clients of a Skein are told by their hundreds.
int first_client_of(std::size_t skein) {
  return static_cast<int>(skein + 1) * 100 + 1;
}
int last_client_of(std::size_t skein) {
  return first_client_of(skein) + 98;
}

cluster start_cluster(engine which, bool parted) {
  cluster_options how{.followers = 2, .relayed = parted};
  if (which == engine::mariadb) how.server.settings = {"rpl_semi_sync_slave_enabled = ON"};
  return cluster::start(which, std::move(how));
}

}  // namespace

struct several::one {
  std::vector<std::unique_ptr<fault_relay>> to_etcd = {};
  std::unique_ptr<skein_process> process = {};
  std::unique_ptr<chronicle> seen = {};
  std::unique_ptr<load> writers = {};
  bool runs = true;
  bool paused = false;
};

several::several(engine which, several_options options, std::uint64_t seed)
    : stage(seed), in(tongue_of(which)), how(options), members_(start_cluster(which, how.parted)) {
  make_goods(members_);
  members_.leader().query_as(app, table_sql);
  make_lead_mover(members_);
  members_.wait_until_caught_up();
  for (std::size_t i = 0; i < count; ++i) {
    skeins_.push_back(std::make_unique<one>());
    for (std::size_t server = 0; server < etcd_.size(); ++server)
      skeins_[i]->to_etcd.push_back(std::make_unique<fault_relay>(etcd_.port(server)));
    skein_options settings;
    settings_for(i, settings);
    skeins_[i]->process = std::make_unique<skein_process>(members_, settings);
    skeins_[i]->seen = std::make_unique<chronicle>(*skeins_[i]->process, admin_token, begun_);
  }
}

several::~several() {
  for (auto& each : skeins_)
    if (each->paused) each->process->process().thaw();
  for (auto& each : skeins_) each->writers.reset();
  for (auto& each : skeins_) each->seen.reset();
  for (auto& each : skeins_) each->process.reset();
}

void several::settings_for(std::size_t skein, skein_options& into) const {
  into.health = "database: app";
  into.pool_wait = 20s;
  into.health_interval = 200ms;
  into.health_timeout = 2000ms;
  into.linked = how.parted;
  into.party = name_of(skein);
  into.threads = 1;
  into.routing = "reads: followers";
  into.failover = "automatic: yes, " + moves_lead_as();
  if (how.keeps == durability::quorum) into.durability = "mode: quorum";
  into.admin = "token: " + std::string(admin_token);
  std::string urls;
  for (const auto& each : skeins_[skein]->to_etcd)
    urls +=
        (urls.empty() ? "http://127.0.0.1:" : ", http://127.0.0.1:") + std::to_string(each->port());
  into.lines = {"coordination:", "  etcd: [" + urls + "]", "  name: " + name_of(skein)};
  if (!how.agree) into.lines.push_back("  prefix: /" + name_of(skein));
}

void several::writers_write() {
  for (std::size_t i = 0; i < count; ++i)
    skeins_[i]->writers =
        std::make_unique<load>(in, load_settings{.port = skeins_[i]->process->port(),
                                                 .first_client = first_client_of(i),
                                                 .writers = writers_each,
                                                 .readers = 1,
                                                 .writes_per_second = writes_per_second,
                                                 .begun = begun_});
  wait_until_writes_are_taken();
}

void several::writers_are_done() {
  for (auto& each : skeins_)
    if (each->writers) each->writers->stop();
}

std::optional<std::size_t> several::in_office() const {
  coordination::etcd_client asking(etcd_.access(), 2s);
  asking.set_deadline(steady::now() + 5s);
  const coordination::cluster_keys keys("/skein", "shop");
  const auto read = asking.read(keys.decider);
  if (!read || read->found.empty()) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i)
    if (read->found[0].value.starts_with(name_of(i) + ".")) return i;
  return std::nullopt;
}

std::size_t several::decider() const {
  if (!how.agree) return 0;
  std::optional<std::size_t> found;
  const auto look = [&] {
    found = in_office();
    return found.has_value();
  };
  wait_until(look, long_enough, "a Skein is in office");
  return *found;
}

std::size_t several::one_that_obeys() const {
  return (decider() + 1) % count;
}

std::vector<std::size_t> several::all_but(std::size_t which) const {
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < count; ++i)
    if (i != which && skeins_[i]->runs) others.push_back(i);
  return others;
}

// As where nothing stands between: a link would let everybody in, and then close.
void several::kill_leader() {
  strike();
  members_.member("a").kill();
  for (const char* from : {"s1", "s2", "s3", "b", "c"}) members_.link(from, "a").refuse();
}

void several::cut_leader_off_from_all_but(std::size_t skein) {
  strike();
  for (const std::string from : {"s1", "s2", "s3", "b", "c"})
    if (from != name_of(skein)) members_.part(from, "a");
}

void several::leader_returns() {
  auto& a = members_.member("a");
  members_.heal();
  if (!a.is_running()) a.launch();
}

void several::kill(std::size_t skein) {
  skeins_[skein]->process->kill();
  skeins_[skein]->runs = false;
}

void several::comes_back(std::size_t skein) {
  skeins_[skein]->process->start();
  skeins_[skein]->runs = true;
}

void several::pause(std::size_t skein) {
  skeins_[skein]->paused = true;
  skeins_[skein]->process->process().freeze();
}

void several::goes_on(std::size_t skein) {
  skeins_[skein]->process->process().thaw();
  skeins_[skein]->paused = false;
}

void several::cut_off_from_etcd(std::size_t skein) {
  strike();
  for (auto& each : skeins_[skein]->to_etcd) each->part();
}

void several::cut_off_from_all(std::size_t skein) {
  cut_off_from_etcd(skein);
  for (const auto& each : members_.names()) members_.part(name_of(skein), each);
}

void several::is_reached_again(std::size_t skein) {
  for (auto& each : skeins_[skein]->to_etcd) each->heal();
  members_.heal();
}

void several::kill_leader_of_etcd() {
  strike();
  etcd_.kill(etcd_.leader());
}

void several::kill_etcd() {
  strike();
  for (std::size_t i = 0; i < etcd_.size(); ++i) etcd_.kill(i);
}

void several::etcd_returns() {
  for (std::size_t i = 0; i < etcd_.size(); ++i) etcd_.start(i);
}

void several::ask_for_lead(std::size_t skein, const std::string& member) {
  strike();
  const auto ask = [&](std::size_t whom) {
    const auto& of = *skeins_[whom]->process;
    return of.command(
        {"switchover", of.settings_file().string(), "--to", member, "--leave-outside"});
  };
  const auto told = ask(skein);
  if (told.exit_code == 0) return;
  const std::size_t who = decider();
  if (told.errors.find(name_of(who) + ".") == told.errors.npos)
    throw std::runtime_error("it does not say who decides: " + told.output + told.errors);
  const auto done = ask(who);
  if (done.exit_code != 0) throw std::runtime_error("no switchover: " + done.output + done.errors);
}

void several::wait_until_writes_are_taken(const std::vector<std::size_t>& at) {
  const auto from = steady::now();
  for (const std::size_t each : at) {
    const auto taken = [&] { return skeins_[each]->writers->has_acknowledged_since(from); };
    try {
      wait_until(taken, long_enough, name_of(each) + " takes writes");
    } catch (const std::exception& late) {
      throw std::runtime_error(late.what() + ("; its status: " + status(each)));
    }
  }
}

void several::wait_until_status_says(std::size_t skein, const std::string& text) const {
  const std::string what = "the status of " + name_of(skein) + " says " + text;
  wait_until([&] { return status(skein).find(text) != std::string::npos; }, long_enough, what);
}

void several::none_was_acknowledged(const std::vector<std::size_t>& at, milliseconds since,
                                    const std::string& why) {
  for (const std::size_t each : at)
    silences_.push_back({first_client_of(each), last_client_of(each), since + lease, now(), why});
}

void several::wait_until_reads_go_on(const std::vector<std::size_t>& at) {
  for (const std::size_t each : at) {
    const std::size_t before = skeins_[each]->writers->reads();
    wait_until([&] { return skeins_[each]->writers->reads() > before + 20; }, long_enough,
               "clients of " + name_of(each) + " read");
  }
}

std::string several::status(std::size_t skein) const {
  if (!skeins_[skein]->runs || skeins_[skein]->paused) return "not there";
  return skeins_[skein]->process->get("/status", admin_token).body;
}

// Who decides knows most.
std::size_t several::who_can_be_asked() const {
  const auto found = how.agree ? in_office() : std::nullopt;
  if (found && skeins_[*found]->runs) return *found;
  for (std::size_t i = 0; i < count; ++i)
    if (skeins_[i]->runs) return i;
  throw std::runtime_error("no Skein is there");
}

std::optional<milliseconds> several::detected() const {
  std::optional<milliseconds> first;
  for (const auto& each : skeins_)
    if (const auto when = first_step_after(struck_at, each->process->log()))
      first = std::min(first.value_or(*when), *when);
  return first;
}

// Epochs may be left out: one that was announced need not be led.
std::size_t several::moves_of_lead() const {
  std::vector<std::vector<reign>> seen;
  for (const auto& each : skeins_) seen.push_back(each->seen->reigns());
  const auto all = join(seen);
  std::size_t moves = 0;
  for (std::size_t i = 1; i < all.size(); ++i) moves += all[i].leader != all[i - 1].leader ? 1 : 0;
  return moves;
}

heard_errors several::errors() const {
  heard_errors all;
  for (const auto& each : skeins_) {
    if (!each->writers) continue;
    for (const auto& [code, error] : each->writers->errors()) {
      auto& known = all[code];
      if (known.times == 0) known.text = error.text;
      known.times += error.times;
    }
  }
  return all;
}

std::size_t several::wrong_reads() const {
  std::size_t all = 0;
  for (const auto& each : skeins_) all += each->writers ? each->writers->wrong_reads() : 0;
  return all;
}

evidence several::gather() {
  writers_are_done();
  evidence all{.silences = silences_, .patience = patience};
  all.may_lose = how.keeps == durability::async;
  for (const auto& each : skeins_) {
    const auto told = each->writers->told();
    all.told.insert(all.told.end(), told.begin(), told.end());
  }
  read_back({in, members_, [this] { return status(who_can_be_asked()); }}, all);
  std::vector<std::vector<reign>> seen;
  for (const auto& each : skeins_) seen.push_back(each->seen->reigns());
  all.reigns = join(seen);
  return all;
}

}  // namespace skein::servers::faults
