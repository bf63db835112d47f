#include "backends/postgres/memory.hpp"

#include "backends/kept_facts.hpp"
#include "console/table.hpp"

namespace skein::postgres {

server_memory::server_memory(const server_greeting& greeting, std::size_t statements_max)
    : prepared(statements_max) {
  settings_map values;
  for (const auto& [name, value] : greeting.parameters) values.insert_or_assign(name, value);
  // A session has the leader's word for it, wherever its reads go.
  if (const auto standby = values.find("in_hot_standby"); standby != values.end())
    standby->second = "off";
  reported = reported_at_login = session_state(std::move(values));
}

void server_memory::doubt(std::uint32_t statement) {
  prepared.remove(statement);
  doubtful.push_back(statement);
}

void server_memory::doubt_all() {
  while (const std::uint32_t one = prepared.oldest()) doubt(one);
}

// Statements, borrowers and turns have numbers of their core: there are others of the same number
// where it goes, so what a number stands for here must fit none there.
void server_memory::leave_core() {
  constexpr auto nobodys = ~std::uint64_t{0};
  doubt_all();
  for (std::uint64_t* each : {&last_borrower, &sequences, &unnamed}) {
    if (*each != 0) *each = nobodys;
  }
}

void server_memory::forget_statements() {
  prepared.clear();
  doubtful.clear();
  own.doubt();
  unnamed = 0;
}

std::shared_ptr<database_memory> core_memory::database(const std::string& name) {
  const auto known = databases_.find(name);
  if (known != databases_.end())
    if (auto held = known->second.lock()) return held;
  auto made = std::make_shared<database_memory>(find_ ? find_(name) : nullptr);
  if (databases_.size() >= sweep_at_) {
    std::erase_if(databases_, [](const auto& each) { return each.second.expired(); });
    sweep_at_ = std::max<std::size_t>(64, 2 * databases_.size());
  }
  databases_[name] = made;
  return made;
}

result<core_memory::explained> core_memory::explain(const std::string& database,
                                                    std::string_view statement) {
  explained told{.database = database};
  if (database.empty()) {
    std::erase_if(databases_, [](const auto& each) { return each.second.expired(); });
    if (databases_.size() == 1) told.database = databases_.begin()->first;
  }
  if (told.database.empty())
    return failure(error_kind::unsupported, fault::client,
                   "say in which database: EXPLAIN ROUTE DATABASE name statement, or, in a shell, "
                   "skein explain --database NAME");
  const auto known = this->database(told.database);
  known->want();
  known->look();
  if (!known->certain() || !known->known()) {
    told.wish.unsure = definitions_unknown;
    return told;
  }
  // As sessions read it that have not said otherwise.
  const statement_reader::reading read = reader.read(statement, true, known->known());
  told.wish.facts = read.facts;
  told.wish.hint = read.hint;
  return told;
}

std::vector<core_memory::prepared> core_memory::statements_kept(std::size_t text_max) const {
  std::vector<prepared> found;
  found.reserve(statements.size());
  statements.for_each([&](const statement_ref& each) {
    found.push_back(
        {each->server_name, console::beginning_of(each->text(), text_max), each.use_count() - 1});
  });
  return found;
}

std::vector<std::shared_ptr<const statement_facts>> core_memory::facts_kept() const {
  return facts_kept_by(reader, statements);
}

}  // namespace skein::postgres
