#include "tests/servers/cluster.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <stdexcept>

#include "tests/servers/mariadb/server.hpp"
#include "tests/servers/mariadb/template.hpp"
#include "tests/servers/mysql/server.hpp"
#include "tests/servers/mysql/template.hpp"
#include "tests/servers/postgres/server.hpp"
#include "tests/servers/postgres/template.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {
namespace {

namespace fs = std::filesystem;
using parties = std::pair<std::string, std::string>;

parties unordered(std::string_view one, std::string_view other) {
  return one < other ? parties{one, other} : parties{other, one};
}

fs::path data_template(engine which, bool fresh, const test_folder& folder) {
  const auto pick = [&](auto make_data, auto cached) {
    if (!fresh) return cached();
    const auto made = folder / "template";
    make_data(made);
    return made;
  };
  switch (which) {
    case engine::postgres:
      return pick(postgres::make_data, postgres::data_template);
    case engine::mariadb:
      return pick(mariadb::make_data, mariadb::data_template);
    case engine::mysql:
      return pick(mysql::make_data, mysql::data_template);
  }
  std::unreachable();
}

std::unique_ptr<server> make_server(engine which, const std::string& name, const fs::path& folder,
                                    const server_options& options, const fs::path& data) {
  switch (which) {
    case engine::postgres:
      return std::make_unique<postgres::postgres_server>(name, folder, options, data);
    case engine::mariadb:
      return mariadb::make_server(name, folder, options, data);
    case engine::mysql:
      return mysql::make_server(name, folder, options, data);
  }
  std::unreachable();
}

}  // namespace

// Members end before the links that they talk through, and the folder goes last.
struct cluster::state {
  engine which = engine::postgres;
  cluster_options options = {};
  test_folder folder = {};
  std::map<parties, std::unique_ptr<fault_relay>> links = {};
  std::set<parties> parted = {};
  std::vector<std::unique_ptr<server>> members = {};
  std::string leader = "a";
};

cluster::cluster(std::unique_ptr<state> made) : state_(std::move(made)) {}
cluster::cluster(cluster&&) noexcept = default;
cluster::~cluster() = default;

cluster cluster::start(engine which, cluster_options options) {
  cluster made(std::make_unique<state>(which, options));
  auto& own = *made.state_;
  const auto data = data_template(which, options.fresh_identity, own.folder);
  for (int index = 0; index <= options.followers; ++index) {
    const std::string name(1, static_cast<char>('a' + index));
    own.members.push_back(make_server(which, name, own.folder / name, options.server, data));
    auto& member = *own.members.back();
    if (index > 0) member.upstream_ = made.upstream_port(name);
    member.launch();
  }
  for (auto& member : own.members) member->wait_until_ready();
  for (auto& member : own.members)
    if (member->upstream_)
      wait_until([&] { return member->is_receiving(); }, std::chrono::seconds{30},
                 "member " + member->name() + " receives from its upstream");
  made.wait_until_caught_up();
  return made;
}

std::uint16_t cluster::upstream_port(std::string_view from) {
  return state_->options.relayed ? link(from, state_->leader).port() : leader().port();
}

engine cluster::which() const {
  return state_->which;
}
std::size_t cluster::size() const {
  return state_->members.size();
}
const test_folder& cluster::folder() const {
  return state_->folder;
}
server& cluster::leader() {
  return member(state_->leader);
}

server& cluster::follower(std::size_t index) {
  for (auto& each : state_->members)
    if (each->name() != state_->leader && index-- == 0) return *each;
  throw std::out_of_range("the cluster has not so many followers");
}

server& cluster::member(std::string_view name) {
  for (auto& each : state_->members)
    if (each->name() == name) return *each;
  throw std::out_of_range("no member " + std::string(name));
}

std::vector<std::string> cluster::names() const {
  std::vector<std::string> all;
  for (const auto& each : state_->members) all.push_back(each->name());
  return all;
}

void cluster::promote(std::string_view name) {
  const auto before = state_->leader;
  member(name).promote();
  state_->leader = name;
  for (auto& each : state_->members)
    if (each->name() != name && each->name() != before && each->is_running())
      each->follow(upstream_port(each->name()));
}

void cluster::rejoin(std::string_view name) {
  member(name).follow(upstream_port(name));
}

void cluster::wait_until_caught_up(milliseconds deadline) {
  const auto goal = leader().position();
  for (auto& each : state_->members)
    if (each->name() != state_->leader && each->is_running())
      wait_until([&] { return each->has_applied(goal); }, deadline,
                 "member " + each->name() + " has applied " + goal);
}

fault_relay& cluster::link(std::string_view from, std::string_view to) {
  auto& slot = state_->links[{std::string(from), std::string(to)}];
  if (!slot) {
    slot = std::make_unique<fault_relay>(member(to).port());
    if (state_->parted.contains(unordered(from, to))) slot->part();
  }
  return *slot;
}

void cluster::part(std::string_view one, std::string_view other) {
  state_->parted.insert(unordered(one, other));
  for (auto& [ends, relay] : state_->links)
    if (unordered(ends.first, ends.second) == unordered(one, other)) relay->part();
}

void cluster::isolate(std::string_view name) {
  for (const auto& each : names())
    if (each != name) part(name, each);
  for (auto& [ends, relay] : state_->links)
    if (ends.first == name || ends.second == name) {
      state_->parted.insert(unordered(ends.first, ends.second));
      relay->part();
    }
}

void cluster::heal() {
  state_->parted.clear();
  for (auto& [ends, relay] : state_->links) relay->heal();
}

}  // namespace skein::servers
