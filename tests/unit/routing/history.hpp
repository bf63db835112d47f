// A cluster in motion, for properties: one log, a leader that appends to it, followers that apply
// it when they like, servers that are started anew, a lead that moves, and looks at all of them
// that take their time. Every step is an instant of its own; a seed repeats all of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "routing/freshness.hpp"

namespace skein::routing {

class history {
 public:
  static constexpr std::size_t servers = 4;

  cluster_view now = {};
  sightings seen = {};
  std::uint64_t edition = 1;  // of both

  explicit history(std::uint64_t seed) : dice_(seed) {
    now.cluster = "shop";
    for (std::size_t i = 0; i < servers; ++i) {
      servers_[i].leads = i == 0;
      servers_[i].started = static_cast<std::int64_t>(i) + 1;
      now.members.push_back({.name = std::string(1, static_cast<char>('a' + i))});
    }
  }

  std::size_t any(std::size_t below) { return dice_() % below; }
  std::uint64_t lot() { return dice_(); }
  moment clock() const { return moment{} + std::chrono::microseconds(clock_us_); }

  // What goes on without anybody asking for it.
  void step() {
    tick();
    const std::size_t i = any(servers);
    if (any(2) == 0) {
      look_on(i);
    } else if (any(200) == 0) {
      start_anew(i);
    } else if (any(1000) == 0) {
      move_lead();
    } else {
      run(servers_[i]);
    }
  }
  void tick() { clock_us_ += 1 + any(800); }

  // A statement at that server; false: it was lost. Transactions are counted from 1.
  bool write(std::size_t on, std::int64_t incarnation, std::uint64_t& written) {
    if (!answers(on, incarnation) || !servers_[on].leads) return false;
    inserted_ += 1 + any(20);
    flushed_ = inserted_;
    commits_.push_back(flushed_);
    written = commits_.size();
    return true;
  }
  bool read(std::size_t on, std::int64_t incarnation, std::uint64_t& shown) const {
    if (!answers(on, incarnation)) return false;
    const auto upto = servers_[on].leads ? flushed_ : servers_[on].applied;
    const auto end = std::ranges::upper_bound(commits_, upto);
    shown = static_cast<std::uint64_t>(end - commits_.begin());
    return true;
  }

 private:
  struct server {
    bool leads = false;
    std::uint64_t timeline = 1;
    std::uint64_t applied = 0;
    std::int64_t started = 0;
    std::size_t down_for = 0;
    // A look at it under way.
    enum class phase : std::uint8_t { none, asked, answered } look = phase::none;
    moment asked = {};
    bool found = false;
    observation what = {};
  };

  bool answers(std::size_t i, std::int64_t incarnation) const {
    return servers_[i].down_for == 0 && servers_[i].started == incarnation;
  }

  void run(server& it) {
    if (it.down_for > 0) {
      --it.down_for;
    } else if (it.leads) {
      inserted_ += any(10);  // of transactions that have not ended
      if (any(4) == 0) flushed_ = inserted_;
    } else {
      it.timeline = timeline_;
      if (any(3) == 0) it.applied = std::min(flushed_, it.applied + any(60));
    }
  }

  void start_anew(std::size_t i) {
    auto& it = servers_[i];
    it.started = static_cast<std::int64_t>(clock_us_) + 10;
    it.down_for = 1 + any(5);
    // What a leader had not flushed is lost, and its places in the log are taken again; a follower
    // shows less than it did.
    if (it.leads) inserted_ = flushed_;
    it.applied -= std::min<std::uint64_t>(it.applied, any(100));
  }

  void move_lead() {
    const std::size_t next = any(servers);
    if (servers_[next].leads || servers_[next].down_for > 0) return;
    for (std::size_t i = 0; i < servers; ++i) {
      if (!servers_[i].leads) continue;
      start_anew(i);
      servers_[i].leads = false;
      servers_[i].applied = flushed_;
    }
    servers_[next].leads = true;
    servers_[next].timeline = ++timeline_;
  }

  void look_on(std::size_t i) {
    auto& it = servers_[i];
    if (it.look == server::phase::none) {
      it.look = server::phase::asked;
      it.asked = clock();
    } else if (it.look == server::phase::asked) {
      it.look = server::phase::answered;
      it.found = it.down_for == 0;
      it.what = {.role = it.leads ? member_role::leader : member_role::follower,
                 .started_at_us = it.started};
      (it.leads ? it.what.written : it.what.applied) = {
          it.timeline, it.leads ? inserted_ : it.applied, {}};
    } else {
      it.look = server::phase::none;
      publish(i);
    }
  }

  void publish(std::size_t i) {
    const auto& it = servers_[i];
    auto& member = now.members[i];
    member.reachable = it.found;
    member.role = it.found ? it.what.role : member_role::unknown;
    if (it.found) {
      member.asked = it.asked;
      member.last = it.what;
    }
    now.leader.reset();
    std::size_t claimants = 0;
    for (std::size_t each = 0; each < servers; ++each) {
      auto& other = now.members[each];
      other.serves_reads = other.role == member_role::follower;
      if (other.role != member_role::leader) continue;
      ++claimants;
      now.leader = each;
    }
    if (claimants > 1) now.leader.reset();
    if (now.leader) {
      const auto timeline = now.members[*now.leader].last.written.history;
      if (now.last_leader != now.leader || now.last_history != timeline) ++now.epoch;
      now.last_leader = now.leader;
      now.last_history = timeline;
    }
    seen.note(now);
    ++edition;
  }

  std::mt19937_64 dice_;
  std::uint64_t clock_us_ = 1;
  std::array<server, servers> servers_ = {};
  std::uint64_t timeline_ = 1;
  std::uint64_t inserted_ = 0;
  std::uint64_t flushed_ = 0;
  std::vector<std::uint64_t> commits_ = {};  // where each one's record ends
};

}  // namespace skein::routing
