// A leader and its followers, up in about a second from cached templates.
//
//   auto shop = cluster::start(engine::postgres, {.followers = 2});
//   shop.leader().query("create table t (n int)");
//   shop.wait_until_caught_up();
//   shop.member("b").freeze();
//
// Traffic between any two parties may go through named links, which are fault relays:
// link("b", "a") is how follower b reaches a (with .relayed), link("skein", "a") is the address
// to give to Skein. part("a", "skein") cuts the links between them in both directions.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/servers/fault_relay.hpp"
#include "tests/servers/server.hpp"
#include "tests/servers/test_folder.hpp"

namespace skein::servers {

struct cluster_options {
  int followers = 2;
  bool relayed = false;         // followers reach their upstream through links
  bool fresh_identity = false;  // initialised anew: no kinship with other clusters under test
  server_options server = {};
};

class cluster {
 public:
  static cluster start(engine which, cluster_options options = {});
  cluster(cluster&&) noexcept;
  ~cluster();

  engine which() const;
  std::size_t size() const;
  server& leader();                     // "a", until promote() says otherwise
  server& follower(std::size_t index);  // the others, in order of name; from 0
  server& member(std::string_view name);
  std::vector<std::string> names() const;

  // Promotes it and points the other running members at it. The old leader is left alone.
  void promote(std::string_view name);
  // Points a member (say, a former leader) at the leader, through a link when relayed.
  void rejoin(std::string_view name);
  void wait_until_caught_up(milliseconds deadline = std::chrono::seconds{30});

  // The way from one party to a member, made at first use. Parties that are no members may have
  // any name.
  fault_relay& link(std::string_view from, std::string_view to);
  void part(std::string_view one, std::string_view other);  // also for links made later
  void isolate(std::string_view member);                    // part it from all links' parties
  void heal();                                              // every link

  const test_folder& folder() const;

 private:
  struct state;
  explicit cluster(std::unique_ptr<state> made);
  std::uint16_t upstream_port(std::string_view from);
  std::unique_ptr<state> state_;
};

}  // namespace skein::servers
