#include "console/command.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace skein::console {

namespace {

struct token {
  std::string text = {};  // of a quoted one: what stands between the quotes
  bool quoted = false;
  std::size_t end = 0;  // where the text goes on behind it
};

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Where the next token begins: behind white space and comments.
std::size_t skip_blank(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (is_space(rest.front())) {
      ++at;
    } else if (rest.starts_with("--")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (rest.starts_with("/*")) {
      const auto close = text.find("*/", at + 2);
      at = close == text.npos ? text.size() : close + 2;
    } else {
      break;
    }
  }
  return at;
}

token quoted_token(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  token found{.quoted = true};
  for (; at < text.size(); ++at) {
    if (text[at] == quote && (at + 1 == text.size() || text[at + 1] != quote)) break;
    if (text[at] == quote) ++at;  // a doubled one stands for itself
    found.text += text[at];
  }
  found.end = std::min(at + 1, text.size());
  return found;
}

std::optional<token> next_token(std::string_view text, std::size_t from) {
  const std::size_t at = skip_blank(text, from);
  if (at == text.size()) return std::nullopt;
  if (text[at] == '\'' || text[at] == '"') return quoted_token(text, at);
  std::size_t end = at + 1;
  if (text[at] != ';') {
    while (end < text.size() && !is_space(text[end]) &&
           !std::string_view(";'\"").contains(text[end]))
      ++end;
  }
  return token{std::string(text.substr(at, end - at)), false, end};
}

std::string in_capitals(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

struct entry {
  verb what;
  std::string_view words;  // as HELP shows them
  std::string_view meaning;
};

constexpr std::array entries = {
    entry{verb::show_clusters, "SHOW CLUSTERS", "each cluster: who leads it, and why"},
    entry{verb::show_members, "SHOW MEMBERS", "each database server, its role and how far it is"},
    entry{verb::show_pools, "SHOW POOLS",
          "of each member: server connections in use, idle and waited for"},
    entry{verb::show_sessions, "SHOW SESSIONS", "each client that has logged in, and what it does"},
    entry{verb::show_servers, "SHOW SERVERS", "each server connection, and who has it"},
    entry{verb::show_statements, "SHOW STATEMENTS",
          "where statements of each form were sent, how often, and why the last one was"},
    entry{verb::show_prepared, "SHOW PREPARED", "each prepared statement that Skein keeps"},
    entry{verb::show_pins, "SHOW PINS",
          "sessions that keep their server between transactions, "
          "and why"},
    entry{verb::show_settings, "SHOW SETTINGS", "each setting in force, and where it comes from"},
    entry{verb::explain_route, "EXPLAIN ROUTE [CLUSTER name] [DATABASE name] [USER name] statement",
          "where that statement would go now, and why"},
    entry{verb::show_version, "SHOW VERSION", "which Skein this is"},
    entry{verb::show_help, "SHOW HELP", "this list; HELP alone says it too"},
    entry{verb::pause, "PAUSE [cluster]",
          "new transactions wait; returns when none runs any more; pinned sessions keep their "
          "servers"},
    entry{verb::resume, "RESUME [cluster]", "they go on"},
    entry{verb::reload, "RELOAD",
          "reads the settings file anew: what has changed now holds, or nothing has"},
    entry{verb::kill, "KILL session", "ends the session with this id, as SHOW SESSIONS tells it"},
    entry{verb::drain, "DRAIN",
          "stops Skein as SIGTERM does: no new clients, who runs a transaction may finish it"},
};

// What drivers send unasked, some before each statement. There are no transactions and no settings
// here that it could change.
constexpr std::array<std::string_view, 14> said_by_drivers = {
    "BEGIN",   "START", "COMMIT", "END",   "ROLLBACK",   "ABORT",   "SAVEPOINT",
    "RELEASE", "SET",   "RESET",  "CLOSE", "DEALLOCATE", "DISCARD", "UNLISTEN"};
constexpr std::string_view isolation = "TRANSACTION ISOLATION LEVEL";  // and this they ask for

bool is_parameter(const token& one) {
  return !one.quoted && one.text.size() > 1 && one.text[0] == '$' &&
         std::string_view("0123456789").contains(one.text[1]);
}

using parsed = std::expected<command, std::string>;

parsed refused(std::string why) {
  return std::unexpected(std::move(why));
}

parsed parse_show(const std::vector<token>& words) {
  std::string what;
  for (std::size_t i = 1; i < words.size(); ++i)
    what.append(i == 1 ? "" : " ").append(in_capitals(words[i].text));
  if (what == isolation) return command{.what = verb::show_isolation, .tag = "SHOW"};
  std::string known;
  for (const entry& each : entries) {
    if (!each.words.starts_with("SHOW ")) continue;
    const std::string_view name = each.words.substr(5);
    if (name == what) return command{.what = each.what, .tag = "SHOW"};
    known.append(known.empty() ? "" : ", ").append(name);
  }
  return refused("SHOW wants one of " + known);
}

parsed parse_for_cluster(verb what, const std::vector<token>& words, const std::string& tag) {
  if (words.size() > 2 || (words.size() == 2 && words[1].text.empty()))
    return refused(tag + " wants the name of one cluster, or none for all");
  return command{.what = what, .name = words.size() == 2 ? words[1].text : "", .tag = tag};
}

// The statement is what is left behind the words that say where and in whose name.
parsed parse_explain(std::string_view text, const std::vector<token>& words) {
  constexpr std::string_view usage =
      "EXPLAIN ROUTE [CLUSTER name] [DATABASE name] [USER name] wants a statement; what a "
      "statement does is told by EXPLAIN at the database itself";
  if (words.size() < 2 || in_capitals(words[1].text) != "ROUTE") return refused(std::string(usage));
  command found{.what = verb::explain_route, .tag = "EXPLAIN"};
  std::size_t at = 2;
  for (; at + 1 < words.size(); at += 2) {
    const std::string word = words[at].quoted ? "" : in_capitals(words[at].text);
    std::string* const said = word == "CLUSTER"    ? &found.name
                              : word == "DATABASE" ? &found.in_database
                              : word == "USER"     ? &found.user
                                                   : nullptr;
    if (!said) break;
    *said = words[at + 1].text;
  }
  if (at >= words.size()) return refused(std::string(usage));
  // With its comments: they may have a hint.
  text.remove_prefix(words[at - 1].end);
  while (is_space(text.front())) text.remove_prefix(1);
  found.statement = text;
  return found;
}

parsed parse_kill(const std::vector<token>& words) {
  command found{.what = verb::kill, .tag = "KILL"};
  const std::string text = words.size() == 2 ? words[1].text : "";
  const auto read = std::from_chars(text.data(), text.data() + text.size(), found.session);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return refused("KILL wants the id of one session, as SHOW SESSIONS tells it");
  return found;
}

}  // namespace

std::vector<std::string_view> statements_of(std::string_view text) {
  std::vector<std::string_view> found;
  std::size_t begin = 0;
  bool empty = true;
  for (std::size_t at = 0; const auto next = next_token(text, at); at = next->end) {
    if (next->quoted || next->text != ";") {
      empty = false;
      continue;
    }
    if (!empty) found.push_back(text.substr(begin, next->end - 1 - begin));
    begin = next->end;
    empty = true;
  }
  if (!empty) found.push_back(text.substr(begin));
  return found;
}

std::expected<command, std::string> parse(std::string_view statement) {
  std::vector<token> words;
  for (std::size_t at = 0; const auto next = next_token(statement, at);) {
    at = next->end;
    words.push_back(*next);
  }
  while (!words.empty() && !words.back().quoted && words.back().text == ";") words.pop_back();
  if (words.empty()) return refused("nothing was said: HELP lists what may be");
  const std::string first = words[0].quoted ? "" : in_capitals(words[0].text);
  if (first == "EXPLAIN") return parse_explain(statement, words);
  if (std::ranges::any_of(words, is_parameter))
    return refused("the console takes no parameters: write the value itself in the statement");
  if (first == "SHOW") return parse_show(words);
  if (first == "HELP" && words.size() == 1) return command{.what = verb::show_help, .tag = "SHOW"};
  if (first == "PAUSE") return parse_for_cluster(verb::pause, words, first);
  if (first == "RESUME") return parse_for_cluster(verb::resume, words, first);
  if (first == "KILL") return parse_kill(words);
  if (first == "RELOAD" && words.size() == 1) return command{.what = verb::reload, .tag = "RELOAD"};
  if (std::ranges::find(said_by_drivers, first) != said_by_drivers.end())
    return command{.tag = first};
  if (first == "DRAIN" && words.size() == 1) return command{.what = verb::drain, .tag = first};
  if (first == "DRAIN")
    return refused(
        "DRAIN alone stops this Skein in good order; a member cannot be drained: all sessions are "
        "at the leader, and none can be moved to another member");
  if (first == "SELECT" || first == "WITH")
    return refused(
        "this is Skein's console, not a database: it has no tables and no catalog to "
        "select from; HELP lists what may be said");
  return refused("the console does not know \"" + words[0].text +
                 "\": HELP lists what may be said");
}

table help() {
  table told{columns_of(verb::show_help)};
  for (const entry& each : entries)
    told.rows.push_back({std::string(each.words), std::string(each.meaning)});
  return told;
}

}  // namespace skein::console
