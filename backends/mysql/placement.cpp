#include "backends/mysql/placement.hpp"

#include <algorithm>
#include <utility>

#include "backends/mysql/builtin_functions.hpp"
#include "backends/mysql/normal_form.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

// Of a form the literals are shorter than they were, and nothing is longer by more than this.
constexpr std::size_t form_bytes_max = 2 * statement_bytes_max;

// What information_schema tells of definitions, which all members share. All else in it, and in the
// other schemas of the server's own, is of one server: its threads, counters, settings, files.
constexpr std::string_view shared_definitions[] = {"character_sets",
                                                   "check_constraints",
                                                   "collation_character_set_applicability",
                                                   "collations",
                                                   "columns",
                                                   "key_column_usage",
                                                   "parameters",
                                                   "referential_constraints",
                                                   "routines",
                                                   "schemata",
                                                   "statistics",
                                                   "table_constraints",
                                                   "tables",
                                                   "triggers",
                                                   "views"};

bool is_of_one_server(std::string_view relation) {
  const std::string name = in_lower_case(relation);
  const auto dot = name.find('.');
  const std::string_view schema = std::string_view(name).substr(0, std::min(dot, name.size()));
  if (dot == std::string::npos) return false;
  if (schema == "information_schema")
    return !std::ranges::binary_search(shared_definitions, std::string_view(name).substr(dot + 1));
  return schema == "performance_schema" || schema == "sys" || schema == "mysql";
}

bool locks_rows(const deeds& done) {
  return done.command.starts_with("FOR ") || done.command == "LOCK IN SHARE MODE";
}

// By its command alone; what it calls may write besides. What ends a transaction makes seen what it
// has written, and to begin one, to lock tables or to set autocommit may end one.
bool may_write(const deeds& done) {
  switch (done.kind) {
    case deed::reads:
      return false;
    case deed::locks:
      return !locks_rows(done);
    case deed::block:
      return done.commits || done.begins;
    case deed::session:
      return done.command == "EXECUTE" || done.command == "SET";
    default:
      return true;
  }
}

std::string words_of(const deeds& done) {
  const std::string named = " (" + done.command + ")";
  switch (done.kind) {
    case deed::reads:
      return "";
    case deed::writes:
      return "it writes" + named;
    case deed::defines:
      return "it defines" + named;
    case deed::locks:
      return (locks_rows(done) ? "it locks rows" : "it locks tables") + named;
    case deed::session:
      return "it belongs to its session" + named;
    case deed::calls:
      return "it runs code" + named;
    case deed::block:
      if (done.ends) return "it ends a transaction";
      return done.begins ? "it begins a transaction" : "it is part of a transaction" + named;
    case deed::unknown:
      break;
  }
  return done.statements > 1 ? "it is several statements" : "it cannot be parsed";
}

class judge {
 public:
  judge(deeds done, flavour of) : done_(std::move(done)), of_(of) {}

  placement decide() {
    made_.kind = done_.kind;
    made_.may_write = may_write(done_);
    made_.why = words_of(done_);
    for (const function_use& each : done_.functions) weigh(each);
    for (const std::string& each : done_.relations)
      if (is_of_one_server(each))
        weigh(deed::session, "it reads " + each + ", which tells of one server");
    made_.where = made_.why.empty() ? place::any : place::leader;
    if (done_.begins && done_.read_only) {
      made_.where = place::transaction;
      made_.why.clear();
    }
    made_.relations = std::move(done_.relations);
    std::ranges::sort(made_.relations);
    const auto repeated = std::ranges::unique(made_.relations);
    made_.relations.erase(repeated.begin(), repeated.end());
    return std::move(made_);
  }

 private:
  void weigh(const function_use& called) {
    const std::string named = "it calls " + called.name;
    switch (kind_of(called, of_)) {
      case function_kind::plain:
        return;
      case function_kind::varies:
        made_.kind = std::max(made_.kind, deed::calls);
        return;
      case function_kind::of_server:
        return weigh(deed::session, named + ", which tells of one server");
      case function_kind::writes:
        made_.may_write = true;
        return weigh(deed::calls, named + ", which is volatile");
      case function_kind::unknown:
        made_.may_write = true;
        // What writes or defines is the leader's anyway, and is known for that.
        if (done_.kind > deed::session) return;
        return weigh(deed::unknown, named + ", which is not known");
    }
  }
  // The reason is the first of those that make the statement what it is.
  void weigh(deed kind, std::string why) {
    if (!made_.why.empty() && kind <= made_.kind) return;
    made_.kind = std::max(made_.kind, kind);
    made_.why = std::move(why);
  }

  deeds done_;
  flavour of_;
  placement made_ = {};
};

placement unsure(std::string why) {
  return {.why = std::move(why)};
}

}  // namespace

placement place_of_long_one() {
  return unsure("it is too long to be read");
}

placement place_of_broken_one() {
  return unsure("it cannot be parsed");
}

placement place_of(std::string_view statement, const reading_rules& rules) {
  if (statement.size() > statement_bytes_max) return place_of_long_one();
  auto form = normal_form_of(statement, rules, form_bytes_max);
  if (!form)
    return form.error() == unreadable::too_long ? place_of_long_one() : place_of_broken_one();
  placement made = judge(deeds_of(statement, rules), rules.of).decide();
  made.form = std::move(form->text);
  return made;
}

}  // namespace skein::mysql
