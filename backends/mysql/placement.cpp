#include "backends/mysql/placement.hpp"

#include <algorithm>
#include <utility>

#include "backends/mysql/deed_words.hpp"
#include "backends/mysql/name_meanings.hpp"
#include "backends/mysql/normal_form.hpp"

namespace skein::mysql {

namespace {

// Of a form the literals are shorter than they were, and nothing is longer by more than this.
constexpr std::size_t form_bytes_max = 2 * statement_bytes_max;

class judge {
 public:
  judge(deeds done, flavour of, const catalog* known, std::string_view database)
      : done_(std::move(done)), of_(of), known_(known), database_(database) {}

  placement decide() {
    made_.kind = done_.kind;
    made_.may_write = may_write(done_);
    made_.why = words_of(done_);
    for (std::size_t at = 0; at < done_.functions.size(); ++at)
      weigh("it calls ", done_.functions[at].name, meaning_of_call(at));
    for (const std::string& each : done_.relations) weigh_relation(each);
    conclude(made_, done_, done_.begins && done_.read_only);
    return std::move(made_);
  }

 private:
  // What CALL calls is a procedure.
  meaning meaning_of_call(std::size_t at) const {
    const auto& called = done_.functions[at];
    const auto* const procedure = known_ && at == 0 && done_.calls
                                      ? known_->find(routine::procedure, called, database_)
                                      : nullptr;
    return procedure ? *procedure : meaning_of(called, of_, known_, database_);
  }
  // What becomes of a table is not asked of those that are changed.
  void weigh_relation(const std::string& written) {
    const meaning means = meaning_of_relation(written, known_, database_);
    if (means.kind == deed::session || done_.kind <= deed::session)
      weigh("it reads ", written, means);
  }
  // The reason is the first of those that make the statement what it is.
  void weigh(std::string_view uses, const std::string& name, const meaning& means) {
    made_.may_write |= means.may_write;
    // What writes or defines is the leader's anyway, and is known for that.
    if (means.kind == deed::unknown && done_.kind > deed::session) return;
    const bool tells = !means.why.empty() && (made_.why.empty() || means.kind > made_.kind);
    made_.kind = std::max(made_.kind, means.kind);
    if (tells) made_.why = std::string(uses) + name + ", " + means.why;
  }

  deeds done_;
  flavour of_;
  const catalog* known_;
  std::string_view database_;
  placement made_ = {};
};

}  // namespace

placement place_of(std::string_view statement, const reading_rules& rules, const catalog* known,
                   std::string_view database) {
  if (statement.size() > statement_bytes_max) return place_of_long_one();
  auto form = normal_form_of(statement, rules, form_bytes_max);
  if (!form)
    return form.error() == unreadable::too_long ? place_of_long_one() : place_of_broken_one();
  placement made = judge(deeds_of(statement, rules), rules.of, known, database).decide();
  made.form = std::move(form->text);
  return made;
}

}  // namespace skein::mysql
