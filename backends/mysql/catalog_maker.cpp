#include "backends/mysql/catalog_maker.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "backends/mysql/deed_words.hpp"
#include "backends/mysql/name_meanings.hpp"
#include "backends/mysql/routine_body.hpp"
#include "backends/mysql/statement_tokens.hpp"

namespace skein::mysql {

namespace {

// Their tables are what binary logs carry to every member, and are there after a restart.
constexpr std::string_view shared_engines[] = {"archive", "aria",       "csv",     "innodb",
                                               "myisam",  "ndbcluster", "rocksdb", "tokudb"};

meaning unreadable_code() {
  return {
      .kind = deed::calls, .why = "which cannot be seen through", .may_write = true, .hides = true};
}

meaning of_relation(const relation_code& one) {
  if (one.type == "VIEW") return unreadable_code();  // until its definition has been read
  if (one.type == "SEQUENCE") return {.why = "which is a sequence"};
  if (std::ranges::binary_search(shared_engines, in_lower_case(one.engine))) return {};
  if (one.engine.empty()) return {.why = "which is not stored by an engine that is known"};
  return {.why = "which is stored by " + one.engine + " and not shared by all members"};
}

// Without what it uses.
meaning of_code(const body_deeds& code) {
  const deeds& done = code.done;
  if (done.kind == deed::unknown) return unreadable_code();
  meaning means{.may_write = may_write(done), .hides = code.leaves};
  if (done.kind == deed::reads) return means;
  means.kind = done.kind == deed::session ? deed::session : deed::calls;
  // "it writes (INSERT)"
  means.why = "which " + words_of(done).substr(3);
  return means;
}

std::string_view bare(std::string_view name) {
  return name.substr(name.rfind('.') + 1);
}

// What it makes of a user of that name, who is told what makes the difference, however far away.
meaning of_use(std::string_view verb, std::string_view name, meaning means) {
  if (means.kind == deed::unknown) means.kind = deed::calls;
  if (means.why.empty() || means.far) return means;
  means.why = "which may " + std::string(verb) + ' ' + std::string(bare(name));
  means.far = true;
  return means;
}

class closure {
 public:
  explicit closure(const server_code& from)
      : from_(from), made_(std::make_shared<catalog>(from.folds)) {}

  std::shared_ptr<catalog> make() {
    for (const auto& each : from_.databases) made_->add_database(each);
    for (const auto& each : from_.relations)
      made_->add_relation(each.database, each.name,
                          {of_relation(each), !sees_triggers_of(each.database)});
    if (!from_.loaded) made_->hide_loaded();
    if (from_.loaded)
      for (const auto& each : *from_.loaded) made_->add_loaded(each);
    read_all();
    // What is used by something makes it worse and never better: this comes to its end.
    while (std::ranges::count_if(code_, [&](auto& each) { return follow(each); }) != 0) continue;
    return made_;
  }

 private:
  enum class owner : std::uint8_t { view, function, procedure, trigger };
  struct code_of {
    owner kind = owner::view;
    std::string_view database = {};
    std::string_view name = {};
    body_deeds body = {};
    meaning means = {};
    bool hides_writing = false;  // of what it writes, or could be written by its name
  };

  bool sees_triggers_of(std::string_view database) const {
    return from_.sees_triggers ||
           std::ranges::find(from_.sees_triggers_of, database) != from_.sees_triggers_of.end();
  }
  void read_all();
  bool follow(code_of& one);
  void publish(const code_of& one);
  reading_rules rules_with(std::string_view mode) const {
    reading_rules rules = from_.rules;
    rules.mode = sql_mode_of(mode);
    return rules;
  }

  const server_code& from_;
  std::shared_ptr<catalog> made_;
  std::vector<code_of> code_ = {};
};

void closure::read_all() {
  for (const auto& each : from_.views) {
    body_deeds body{.done = deeds_of(each.definition, rules_with({}))};
    if (each.definition.empty()) body.done.kind = deed::unknown;
    code_.push_back({.kind = owner::view,
                     .database = each.database,
                     .name = each.name,
                     .body = std::move(body)});
  }
  for (const auto& each : from_.routines) {
    auto body = deeds_of_body(each.body, rules_with(each.sql_mode), each.parameters);
    if (each.body.empty()) body.done.kind = deed::unknown;
    code_.push_back({.kind = each.kind == routine::function ? owner::function : owner::procedure,
                     .database = each.database,
                     .name = each.name,
                     .body = std::move(body)});
  }
  for (const auto& each : from_.triggers)
    code_.push_back({.kind = owner::trigger,
                     .database = each.database,
                     .name = each.table,
                     .body = deeds_of_body(each.body, rules_with(each.sql_mode))});
  for (auto& each : code_) {
    each.means = of_code(each.body);
    publish(each);
  }
}

void closure::publish(const code_of& one) {
  switch (one.kind) {
    case owner::view:
      return made_->add_relation(one.database, one.name,
                                 {one.means, one.hides_writing || one.means.hides});
    case owner::function:
      return made_->add_routine(routine::function, one.database, one.name, one.means);
    case owner::procedure:
      return made_->add_routine(routine::procedure, one.database, one.name, one.means);
    case owner::trigger:
      break;
  }
  const auto* const table = made_->relation_in(one.database, one.name);
  relation_meaning means = table ? *table : relation_meaning{.read = unreadable_code()};
  means.hides_writing |= one.means.hides;
  made_->add_relation(one.database, one.name, std::move(means));
}

// True: that was news.
bool closure::follow(code_of& one) {
  const meaning before = one.means;
  const bool hid_writing = one.hides_writing;
  const deeds& done = one.body.done;
  for (const auto& each : done.functions)
    add(one.means,
        of_use("run", each.name, meaning_of(each, from_.rules.of, made_.get(), one.database)));
  for (const auto& each : done.relations) {
    add(one.means, of_use("read", each, meaning_of_relation(each, made_.get(), one.database)));
    const auto* const named = made_->relation(each, one.database);
    if (!named || !named->hides_writing) continue;
    one.hides_writing = true;
    one.means.hides |= done.kind == deed::writes;
  }
  for (const auto& each : one.body.procedures) {
    const auto* const found = made_->find(routine::procedure, each, one.database);
    add(one.means, of_use("run", each.name, found ? *found : unreadable_code()));
  }
  if (one.means == before && one.hides_writing == hid_writing) return false;
  publish(one);
  return true;
}

}  // namespace

std::shared_ptr<const catalog> make_catalog(const server_code& code, std::string digest) {
  auto made = closure(code).make();
  made->set_digest(std::move(digest));
  return made;
}

}  // namespace skein::mysql
