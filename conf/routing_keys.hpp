// The keys of a cluster's `routing`: a part of keys.hpp.
#pragma once

#include "conf/fields.hpp"
#include "conf/routing.hpp"

namespace skein::conf {

template <>
struct words<reads_from> {
  static constexpr std::array<std::string_view, 4> all{"leader", "followers", "any", "nearest"};
};
template <>
struct words<balance_way> {
  static constexpr std::array<std::string_view, 4> all{"round_robin", "random", "least_busy",
                                                       "fastest"};
};
template <>
struct words<freshness> {
  static constexpr std::array<std::string_view, 5> all{"any", "session", "bounded", "global",
                                                       "leader"};
};
template <>
struct words<freshness_key> {
  static constexpr std::array<std::string_view, 4> all{"none", "user", "application_name", "hint"};
};
template <>
struct words<sticky> {
  static constexpr std::array<std::string_view, 2> all{"none", "zone"};
};
template <>
struct words<send_to> {
  static constexpr std::array<std::string_view, 2> all{"leader", "followers"};
};

template <>
struct table<match_settings> {
  using self = match_settings;
  static constexpr std::tuple keys{
      key("user", &self::user, "The user who has logged in, or a list of which one suffices."),
      key("database", &self::database, "The database, or a list."),
      key("application", &self::application,
          "The name that the application gives itself, or a list."),
      key("network", &self::network,
          "Where the client is, or a list: 10.0.0.0/8, 2001:db8::/32, 192.0.2.1 or unix."),
      key("query", &self::query,
          "A regular expression as RE2 reads it, or a list, found anywhere in the statement's "
          "form, whatever the case: without comments, '?' for a text and 1 for a number, one of "
          "them for "
          "a list of them, and one blank between two words or signs, as in `from s . t where id = "
          "1`."),
      key("fingerprint", &self::fingerprint,
          "That of a statement's form, in 16 hexadecimal digits, or a list."),
      key("table", &self::table,
          "A table or view that the statement names, or a list: `t` whatever the schema, `s.t` "
          "where it is written so; in lower case, unless the statement quotes it."),
  };
};

template <>
struct table<send_settings> {
  using self = send_settings;
  static constexpr std::tuple keys{
      key("to", &self::to,
          "leader, or followers, where that is safe: what only the leader may run goes there "
          "whatever a rule says."),
      key("member", &self::member, "To this member alone."),
      key("zone", &self::zone, "To members of this zone."),
      key("freshness", &self::freshness, "In place of the cluster's."),
      key("freshness_bound", &self::freshness_bound, "In place of the cluster's.")
          .between(1, an_hour),
  };
};

template <>
struct table<rate_settings> {
  using self = rate_settings;
  static constexpr std::tuple keys{
      key("rate", &self::rate,
          "Statements a second at most, by all clients of this Skein; others are refused.")
          .required()
          .between(1, 1'000'000),
      key("burst", &self::burst,
          "How many may come at one time, after a pause; by default as many as in a second.")
          .between(1, 1'000'000),
  };
};

template <>
struct table<routing_rule> {
  using self = routing_rule;
  static constexpr std::tuple keys{
      key("name", &self::name, "What explanations call it; by default `rule` and its number."),
      key("match", &self::match, "Which statements: all that is named must fit, and of a list any.")
          .required(),
      key("send", &self::send, "Where to, and how fresh; by default as `routing` says."),
      key("timeout", &self::timeout,
          "A statement that its server has run for so long is cancelled there; 0: none is; by "
          "default as `timeouts` says.")
          .between(0, 30 * a_day),
      key("limit", &self::limit, "How many of them may come."),
      key("refuse", &self::refuse, "They are not run, and this is what the client hears."),
  };
};

template <>
struct table<routing_settings> {
  using self = routing_settings;
  static constexpr std::tuple keys{
      key("reads", &self::reads,
          "Who serves statements that only read. leader: nobody else. followers: the followers, "
          "or the leader where none may. any: all of them. nearest: those in `zone`, else any."),
      key("balance", &self::balance,
          "Which of several, by weight. round_robin: in turn. random: by lot. least_busy: the one "
          "with the fewest statements under way. fastest: the one that has answered fastest."),
      key("freshness", &self::freshness,
          "What a read is shown at least. any: whatever a follower has. session: what this session "
          "has written and seen. bounded: what the leader had `freshness_bound` ago. global: what "
          "anybody had written when it came. leader: reads go to the leader."),
      key("freshness_key", &self::freshness_key,
          "Whose writes count as the session's own, beside its own. none: nobody's. user, "
          "application_name: those of all sessions with the same. hint: those of all that give the "
          "same key in a comment."),
      key("freshness_wait", &self::freshness_wait,
          "How long a read waits for a follower that is fresh enough, before the leader serves it.")
          .between(0, a_minute),
      key("freshness_bound", &self::freshness_bound,
          "freshness `bounded`: how old what is shown may be.")
          .between(1, an_hour),
      key("max_lag", &self::max_lag, "A follower that is further behind serves no reads.")
          .between(1, a_day),
      key("slow_start", &self::slow_start,
          "A member that comes back is given more and more until it has its full share, so long.")
          .between(0, an_hour),
      key("zone", &self::zone, "The zone in which this Skein runs.").name(),
      key("sticky", &self::sticky,
          "What a session keeps to. zone: its reads stay in the zone that served its first one, as "
          "long as somebody there may serve them. none: nothing."),
      key("log_sample", &self::log_sample,
          "Of so many statements that are routed one is logged, by lot: where it went and why, its "
          "fingerprint and its form, which has no literals. 0: none.")
          .between(0, 1'000'000'000),
      key("rules", &self::rules,
          "What is otherwise for some statements: the first rule that fits one counts."),
  };
};

}  // namespace skein::conf
