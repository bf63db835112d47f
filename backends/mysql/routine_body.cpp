#include "backends/mysql/routine_body.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "backends/mysql/deed_words.hpp"
#include "backends/mysql/query_scan.hpp"
#include "backends/mysql/set_targets.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

class reader {
 public:
  reader(std::string_view body, const reading_rules& rules, std::vector<std::string> own_names)
      : tokens_(body, rules), own_names_(std::move(own_names)) {}

  body_deeds read() {
    if (tokens_.broken()) fail();
    while (!failed_ && !tokens_.is(at_, token_kind::end)) step();
    if (failed_ || blocks_ != 0) note(deed::unknown, "");
    found_.leaves |= found_.done.kind == deed::unknown;
    return std::move(found_);
  }

 private:
  void step();
  bool step_block();
  void step_end();
  void step_declaration();
  void step_handler();
  void step_set();
  void step_call();
  void step_statement();
  void take_variables(std::size_t end);
  void count(const deeds& more);
  void note(deed kind, std::string command) {
    deeds one;
    one.kind = kind;
    one.command = std::move(command);
    count(one);
  }
  void scan(std::size_t begin, std::size_t end);
  void scan_up_to(std::string_view word);
  void fail() { failed_ = true; }
  void enter(std::size_t words) {
    ++blocks_;
    at_ += words;
  }
  std::size_t end_of_statement() const {
    std::size_t place = at_;
    while (!tokens_.ended(place)) ++place;
    return place;
  }
  void pass_statement() { at_ = end_of_statement(); }

  statement_tokens tokens_;
  std::vector<std::string> own_names_;  // of variables and parameters
  body_deeds found_ = {};
  std::size_t blocks_ = 0;  // that are open
  std::size_t at_ = 0;
  bool failed_ = false;
};

// The first of the worst kind counts, as in one statement.
void reader::count(const deeds& more) {
  deeds& all = found_.done;
  if (more.kind > all.kind) {
    all.kind = more.kind;
    all.command = more.command;
  }
  const auto add = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(all.relations, more.relations);
  add(all.functions, more.functions);
  add(all.assigned, more.assigned);
  add(all.asked, more.asked);
  add(all.settings, more.settings);
  found_.leaves |= !more.assigned.empty();
}

// An expression, or several with words of its own statement between.
void reader::scan(std::size_t begin, std::size_t end) {
  const statement_tokens part(tokens_, begin, end);
  deeds more;
  query_scan(part, more).run(0, true);
  count(more);
}

// Up to the word that ends a condition, and behind it; a CASE in it has words of the same kind.
void reader::scan_up_to(std::string_view word) {
  const std::size_t begin = at_;
  std::size_t depth = 0;
  for (; !tokens_.ended(at_); ++at_) {
    if (depth == 0 && tokens_.is(at_, word)) {
      scan(begin, at_++);
      return;
    }
    if (tokens_.is(at_, token_kind::open) || tokens_.is(at_, "case")) ++depth;
    if ((tokens_.is(at_, token_kind::close) || tokens_.is(at_, "end")) && depth > 0) --depth;
  }
  fail();
}

// What stands where a statement may begin.
void reader::step() {
  if (tokens_.is(at_, token_kind::semicolon)) {
    ++at_;
  } else if (tokens_.is_name(at_) && tokens_.is_sign(at_ + 1, ":")) {
    at_ += 2;
  } else if (step_block()) {
    return;
  } else if (tokens_.is(at_, "declare")) {
    step_declaration();
  } else if (tokens_.is(at_, "set")) {
    step_set();
  } else if (tokens_.is(at_, "call")) {
    step_call();
  } else if (tokens_.is_any(at_, {"return", "do", "signal", "resignal"})) {
    const std::size_t end = end_of_statement();
    take_variables(end);
    scan(at_ + 1, end);
    at_ = end;
  } else if (tokens_.is_any(at_, {"leave", "iterate", "open", "close", "fetch", "get"})) {
    const std::size_t end = end_of_statement();
    take_variables(end);
    at_ = end;
  } else {
    step_statement();
  }
}

// True: the word says when what follows it runs, and is passed.
bool reader::step_block() {
  if (tokens_.is(at_, "begin")) {
    enter(tokens_.is(at_ + 1, "not") ? 3 : 1);
  } else if (tokens_.is(at_, "if")) {
    enter(1);
    scan_up_to("then");
  } else if (tokens_.is_any(at_, {"elseif", "when"})) {
    ++at_;
    scan_up_to("then");
  } else if (tokens_.is(at_, "else")) {
    ++at_;
  } else if (tokens_.is(at_, "case")) {
    enter(1);
    if (tokens_.is(at_, "when")) return true;
    scan_up_to("when");
    --at_;
  } else if (tokens_.is(at_, "while")) {
    enter(1);
    scan_up_to("do");
  } else if (tokens_.is_any(at_, {"loop", "repeat"})) {
    enter(1);
  } else if (tokens_.is(at_, "until")) {
    ++at_;
    scan_up_to("end");
    --at_;
  } else if (tokens_.is(at_, "end")) {
    step_end();
  } else {
    return false;
  }
  return true;
}

void reader::step_end() {
  if (blocks_ == 0) return fail();
  --blocks_;
  ++at_;
  if (tokens_.is_any(at_, {"if", "case", "while", "loop", "repeat"})) ++at_;
  if (tokens_.is_name(at_)) ++at_;
  if (!tokens_.ended(at_)) fail();
}

void reader::step_declaration() {
  const std::size_t end = end_of_statement();
  if (tokens_.is(at_ + 2, "handler")) return step_handler();
  if (tokens_.is(at_ + 2, "condition")) return pass_statement();
  if (tokens_.is(at_ + 2, "cursor")) {
    if (!tokens_.is(at_ + 3, "for")) return fail();
    at_ += 4;
    return step_statement();
  }
  for (++at_; tokens_.is_name(at_); ++at_) {
    own_names_.push_back(in_lower_case(name_of(tokens_.at(at_++))));
    if (!tokens_.is(at_, token_kind::comma)) break;
  }
  // Of its type nothing runs.
  for (; at_ < end; ++at_)
    if (tokens_.is(at_, "default")) scan(std::exchange(at_, end) + 1, end);
}

// Behind the conditions stands a statement.
void reader::step_handler() {
  at_ += 3;
  if (!tokens_.is(at_, "for")) return fail();
  do {
    ++at_;
    if (tokens_.is(at_, "sqlstate")) {
      at_ += tokens_.is(at_ + 1, "value") ? 3 : 2;
    } else {
      at_ += tokens_.is(at_, "not") ? 2 : 1;
    }
  } while (tokens_.is(at_, token_kind::comma));
}

// Its own variables and the columns of a trigger's row are nobody else's.
void reader::step_set() {
  const std::size_t end = end_of_statement();
  const statement_tokens part(tokens_, at_, end);
  const auto targets = set_targets_of(part, 1);
  if (!targets) {
    found_.leaves = true;
    note(deed::session, "SET");
  } else {
    for (const auto& each : *targets) {
      const bool own = each.kind == set_kind::setting && each.bare &&
                       (std::ranges::find(own_names_, each.name) != own_names_.end() ||
                        each.name.starts_with("new."));
      if (own) continue;
      found_.leaves = true;
      note(deed::session, each.kind == set_kind::user_variable ? "@" + each.name : "SET");
    }
  }
  scan(at_ + 1, end);
  at_ = end;
}

void reader::step_call() {
  const std::size_t end = end_of_statement();
  std::size_t place = at_ + 1;
  const std::string name = tokens_.take_name(place);
  if (name.empty()) return fail();
  function_use called{.name = in_lower_case(name_of(tokens_.at(place - 1)))};
  if (place == at_ + 4) called.schema = name_of(tokens_.at(at_ + 1));
  found_.procedures.push_back(std::move(called));
  take_variables(end);
  scan(place, end);
  at_ = end;
}

// Whatever it does with them: which of them it sets depends on more than their looks.
void reader::take_variables(std::size_t end) {
  for (std::size_t place = at_; place < end; ++place) {
    if (!tokens_.is(place, token_kind::user_variable)) continue;
    found_.leaves = true;
    note(deed::session, "@" + variable_name(tokens_.at(place)));
  }
}

void reader::step_statement() {
  const std::size_t end = end_of_statement();
  deeds done = deeds_of(statement_tokens(tokens_, at_, end));
  at_ = end;
  const bool keeps = done.assigned.empty() && done.asked.empty() && done.settings.empty();
  if (done.kind == deed::session && done.command == "SELECT INTO" && keeps) {
    done.kind = deed::reads;
    done.command.clear();
  }
  switch (done.kind) {
    case deed::reads:
      break;
    case deed::locks:
      found_.leaves |= !locks_rows(done);
      break;
    case deed::block:
      found_.leaves |= done.command.starts_with("XA");
      break;
    case deed::session:
      found_.leaves |= !done.command.starts_with('@');
      break;
    case deed::writes:
      found_.leaves |= done.command.starts_with("LOAD");
      break;
    default:
      found_.leaves = true;
  }
  count(done);
}

}  // namespace

body_deeds deeds_of_body(std::string_view body, const reading_rules& rules,
                         std::vector<std::string> parameters) {
  if (rules.mode.other_grammar) {
    body_deeds unknown;
    unknown.done.kind = deed::unknown;
    unknown.leaves = true;
    return unknown;
  }
  return reader(body, rules, std::move(parameters)).read();
}

}  // namespace skein::mysql
