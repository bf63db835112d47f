// A cluster "shop" of a leader "a" and followers "b" and "c" for tests: each look at a member is a
// line, and what routing knows is told of it at once.
#pragma once

#include <cstdint>
#include <string>

#include "routing/freshness.hpp"

namespace skein::routing {

inline moment at(int ms) {
  return moment{} + std::chrono::milliseconds(ms);
}

struct shop {
  static constexpr std::size_t a = 0;
  static constexpr std::size_t b = 1;
  static constexpr std::size_t c = 2;

  cluster_view now = {};
  sightings seen = {};

  shop() {
    now.cluster = "shop";
    now.epoch = 1;
    now.leader = now.last_leader = a;
    now.reason = "a leads: it alone takes writes";
    for (const char* name : {"a", "b", "c"}) {
      member_view member;
      member.name = name;
      member.last.started_at_us = 1000;
      member.reason = "follows, 7 s behind: it gets no reads";
      now.members.push_back(member);
    }
    for (const std::size_t follower : {b, c}) {
      now.members[follower].serves_reads = true;
      now.members[follower].behind = std::chrono::milliseconds(5);
    }
  }

  // A look that was asked at that time and found that much.
  void leads(std::size_t who, int asked_ms, std::uint64_t rank, std::uint64_t history = 1) {
    looked(who, asked_ms, member_role::leader).last.written = {history, rank, {}};
    seen.note(now);
  }
  void shows(std::size_t who, int asked_ms, std::uint64_t rank, std::uint64_t history = 1) {
    looked(who, asked_ms, member_role::follower).last.applied = {history, rank, {}};
    seen.note(now);
  }
  void nobody_leads(const std::string& why) {
    now.leader.reset();
    now.reason = why;
    now.members[a].role = member_role::unknown;
    seen.note(now);
  }

 private:
  member_view& looked(std::size_t who, int asked_ms, member_role role) {
    auto& member = now.members[who];
    member.asked = at(asked_ms);
    member.role = role;
    const auto started = member.last.started_at_us;
    member.last = {.role = role, .started_at_us = started};
    return member;
  }
};

}  // namespace skein::routing
