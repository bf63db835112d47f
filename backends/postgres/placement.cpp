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
    conclude(made_, done_, done_.begins && done_.read_only && !done_.serializable);
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

placement place_of_form(const normal_form& form, const own_names* known) {
  if (form.text.empty()) return {.where = place::any, .kind = deed::reads, .may_write = false};
  if (form.tokens > tokens_max) return place_of_long_one();
  if (form.nesting > nesting_max) return unsure_placement("it is nested too deeply to be read");
  const auto tree = parse_tree::of(form.text);
  if (!tree) return place_of_broken_one();
  if (tree->statements() != 1) return unsure_placement("it is several statements");
  return judge(deeds_of(*tree->statement(0), form.text), known).decide();
}

}  // namespace

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
