// The keys of `clusters.NAME.failover` and `.durability`, and of the members' hooks; conf/keys.hpp
// has the others.
#pragma once

#include "conf/fields.hpp"
#include "conf/settings.hpp"

namespace skein::conf {

template <>
struct words<failover> {
  static constexpr std::array<std::string_view, 3> all{"no", "yes", "external"};
};

template <>
struct table<hook_settings> {
  using self = hook_settings;
  static constexpr std::tuple keys{
      key("stop", &self::stop,
          "Stops the server; is content where it is stopped. Like all hooks a command for `sh -c` "
          "where Skein runs, with SKEIN_MEMBER, SKEIN_LEADER and their addresses in its "
          "environment."),
      key("start", &self::start, "Starts the server; is content where it runs."),
      key("rejoin", &self::rejoin,
          "Makes a follower of the stopped server; by default `skein rejoin` of this member."),
      key("timeout", &self::timeout, "A hook that takes longer is ended, and has failed.")
          .between(100, a_day),
  };
};

template <>
struct words<durability_mode> {
  static constexpr std::array<std::string_view, 3> all{"async", "quorum", "all"};
};

template <>
struct words<shortfall> {
  static constexpr std::array<std::string_view, 2> all{"block", "degrade"};
};

template <>
struct table<durability_settings> {
  using self = durability_settings;
  static constexpr std::tuple keys{
      key("mode", &self::mode,
          "async: servers acknowledge as they are set up. quorum: a commit is acknowledged when so "
          "many followers as `acks` says have it, all: when every one does; Skein sets up the "
          "servers for it."),
      key("acks", &self::acks, "How many followers, for quorum.").between(1, 100),
      key("on_shortfall", &self::on_shortfall,
          "With fewer followers than that writes wait (block), or go on with those that are there "
          "(degrade)."),
  };
};

template <>
struct table<replication_settings> {
  using self = replication_settings;
  static constexpr std::tuple keys{
      key("user", &self::user,
          "As whom followers sign in to who leads; by default as each did until now.")
          .required(),
      key("password", &self::password, "That user's password."),
  };
};

template <>
struct table<failover_settings> {
  using self = failover_settings;
  static constexpr std::tuple keys{
      key("automatic", &self::automatic,
          "no: Skein only says what it would do. yes: when the leader is dead, it promotes a "
          "follower; only one Skein may. external: another moves the lead, Skein follows."),
      key("detect_after", &self::detect_after,
          "For how long the leader must be silent, or take no write, to count as dead; one that "
          "refuses connections does at once.")
          .between(500, 10 * a_minute),
      key("again_after", &self::again_after,
          "A leader that dies sooner than this after it was promoted is not replaced by itself.")
          .between(0, a_day),
      key("max_loss", &self::max_loss,
          "A follower that lacks more than the leader's last writes of so long is not promoted by "
          "itself.")
          .between(0, a_day),
      key("switchover_hold", &self::switchover_hold,
          "How long new transactions wait for those that are open when a person moves the lead, at "
          "most; then nothing is moved.")
          .between(100, an_hour),
      key("hold", &self::hold,
          "While nobody leads, a session's next statement waits for who does, so long; where it is "
          "longer, for pool.wait. Logins wait for pool.wait alone.")
          .between(0, a_day),
      key("resolve_commits", &self::resolve_commits,
          "Where the answer to a COMMIT is lost, who leads then is asked what became of it; ahead "
          "of each COMMIT its transaction's number is asked for. Where the engine has such "
          "numbers, "
          "pooling is not by session, and automatic is yes."),
      key("commit_tokens", &self::commit_tokens,
          "Where the engine has no such numbers: ahead of each COMMIT a row is written in its "
          "transaction, by which it is asked for; `skein grants` makes the table."),
      key("user", &self::user, "Who gives the members their orders; by default that of `health`."),
      key("password", &self::password,
          "That user's password; by default the one that stands in `users` or `health`."),
      key("replication", &self::replication, "How followers sign in to who leads."),
  };
};

}  // namespace skein::conf
