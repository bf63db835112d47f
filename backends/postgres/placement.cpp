#include "backends/postgres/placement.hpp"

#include <algorithm>
#include <utility>

#include "backends/postgres/name_meanings.hpp"
#include "backends/postgres/normal_form.hpp"

namespace skein::postgres {

namespace {

// What the grammar is given to read: beyond it, whoever else is served by this thread would wait.
constexpr std::size_t form_bytes_max = 16UZ * 1024;
// A tree costs 1 to 3 us a token, most of it in the library that hands it over: a millisecond.
constexpr std::size_t tokens_max = 300;

// Whether what such a meaning stands for may write.
bool may_write(const meaning& what) {
  switch (what.why) {
    case cause::may_run:
    case cause::cannot_be_seen_through:
    case cause::is_volatile:
    case cause::unknown:
      return true;
    default:
      return false;
  }
}

// By its command alone; what it calls may write besides.
bool may_write(const deeds& done) {
  static constexpr std::string_view running[] = {"EXECUTE", "FETCH",           "MOVE",
                                                 "LOAD",    "SET CONSTRAINTS", "COPY TO a file"};
  switch (done.kind) {
    case deed::reads:
    case deed::locks:
      return false;
    case deed::block:
      return done.commits;
    case deed::session:
      return std::ranges::find(running, done.command) != std::end(running);
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
      return (done.command == "LOCK TABLE" ? "it locks tables" : "it locks rows") + named;
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
  return "it cannot be parsed";
}

class judge {
 public:
  judge(deeds done, const own_names* known) : done_(std::move(done)), known_(known) {}

  placement decide() {
    made_.kind = why_kind_ = done_.kind;
    made_.may_write = may_write(done_);
    made_.why = words_of(done_);
    for (const use& one : done_.uses) weigh(one, meaning_of(one, known_));
    // Whatever computes may meet it.
    if (known_ && done_.kind != deed::block && known_->everywhere().means.why != cause::nothing)
      weigh({.as = used_as::operation, .name = known_->everywhere().name},
            known_->everywhere().means);
    made_.where = made_.why.empty() ? place::any : place::leader;
    if (done_.begins && done_.read_only && !done_.serializable) {
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
  // The reason is the first of those that make the statement what it is.
  void weigh(const use& one, const meaning& what) {
    made_.may_write |= may_write(what);
    if (done_.runs_nothing || (one.as == used_as::relation && done_.kind > deed::session)) return;
    const deed kind = deed_of(what);
    made_.kind = std::max(made_.kind, kind);
    if (what.why == cause::nothing || (!made_.why.empty() && kind <= why_kind_)) return;
    why_kind_ = kind;
    made_.why = in_words(one, what);
  }

  deeds done_;
  const own_names* known_;
  placement made_ = {};
  deed why_kind_ = deed::reads;
};

placement unsure(std::string why) {
  return {.why = std::move(why)};
}

placement place_of_form(const normal_form& form, const own_names* known) {
  if (form.text.empty()) return {.where = place::any, .kind = deed::reads, .may_write = false};
  if (form.tokens > tokens_max) return place_of_long_one();
  if (form.nesting > nesting_max) return unsure("it is nested too deeply to be read");
  const auto tree = parse_tree::of(form.text);
  if (!tree) return unsure("it cannot be parsed");
  if (tree->statements() != 1) return unsure("it is several statements");
  return judge(deeds_of(*tree->statement(0), form.text), known).decide();
}

}  // namespace

placement place_of_long_one() {
  return unsure("it is too long to be read");
}

placement place_of_broken_one() {
  return unsure("it cannot be parsed");
}

placement place_of(std::string_view statement, bool standard_strings, const own_names* known) {
  if (statement.size() > statement_bytes_max) return place_of_long_one();
  auto form = normal_form_of(statement, standard_strings, form_bytes_max);
  if (!form)
    return form.error() == unreadable::too_long ? place_of_long_one() : place_of_broken_one();
  placement made = place_of_form(*form, known);
  made.form = std::move(form->text);
  return made;
}

}  // namespace skein::postgres
