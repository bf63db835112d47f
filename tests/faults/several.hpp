// A cluster under load behind three Skeins that agree through an etcd of three servers. Each Skein
// has writers of its own, and ways of its own to etcd and to the members, which can be cut. What
// can befall all of them is what scenarios (several_scenarios.cpp) are told in.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/faults/chronicle.hpp"
#include "tests/faults/load.hpp"
#include "tests/faults/scene.hpp"
#include "tests/faults/stage.hpp"
#include "tests/servers/coordination/etcd_flock.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers::faults {

struct several_options {
  durability keeps = durability::quorum;
  // Whether ways can be cut. Then nobody knows a member by the address by which others know it, and
  // a follower of one that goes on to live is not led to another.
  bool parted = true;
  bool agree = true;  // no: each has keys of its own in etcd, and so decides for itself
};

class several : public stage {
 public:
  static constexpr std::size_t count = 3;
  static constexpr milliseconds lease{5000};  // the default

  several(engine which, several_options how, std::uint64_t seed);
  ~several();

  // Skeins are named by number. Some at each of them:
  void writers_write();
  void writers_are_done();
  std::size_t decider() const;                                // waits until one is in office
  std::size_t one_that_obeys() const;                         // that is not
  std::vector<std::size_t> all_but(std::size_t which) const;  // of those that are there

  // What befalls a, who leads at first.
  void kill_leader();
  void cut_leader_off_from_all_but(std::size_t skein);
  void leader_returns();

  // What befalls Skeins.
  void kill(std::size_t skein);
  void comes_back(std::size_t skein);
  void pause(std::size_t skein);
  void goes_on(std::size_t skein);
  void cut_off_from_etcd(std::size_t skein);
  void cut_off_from_all(std::size_t skein);
  void is_reached_again(std::size_t skein);

  // What befalls etcd.
  void kill_leader_of_etcd();
  void kill_etcd();
  void etcd_returns();

  // What is asked of one that need not be the one who decides: it does it, or says who would.
  void ask_for_lead(std::size_t skein, const std::string& member);

  void wait_until_writes_are_taken(const std::vector<std::size_t>& at = {0, 1, 2});
  void wait_until_status_says(std::size_t skein, const std::string& text) const;
  // From the moment when the lease must have run out, until now, none of theirs was acknowledged.
  void none_was_acknowledged(const std::vector<std::size_t>& at, milliseconds since,
                             const std::string& why);
  void wait_until_reads_go_on(const std::vector<std::size_t>& at);
  std::string status(std::size_t skein) const;

  evidence gather();

  const tongue& in;
  const several_options how;
  std::optional<milliseconds> detected() const;
  std::size_t moves_of_lead() const;
  double load_share() const { return 0; }  // theirs is a fixed pace
  heard_errors errors() const;
  std::size_t wrong_reads() const;

 private:
  struct one;
  std::optional<std::size_t> in_office() const;
  std::size_t who_can_be_asked() const;
  void settings_for(std::size_t skein, skein_options& into) const;

  cluster members_;
  etcd_flock etcd_ = etcd_flock();
  std::vector<std::unique_ptr<one>> skeins_ = {};
  std::vector<silence> silences_ = {};
};

}  // namespace skein::servers::faults
