#include "backends/mysql/memory.hpp"

#include <charconv>

#include "backends/kept_facts.hpp"
#include "console/table.hpp"

namespace skein::mysql {

server_memory::server_memory(const server_greeting& greeting, std::size_t statements_max)
    : prepared(statements_max) {
  for (const auto& [name, value] : greeting.parameters) {
    if (name == "capabilities") {
      std::from_chars(value.data(), value.data() + value.size(), agreed);
    } else if (name == "flavour") {
      which = value == to_string(flavour::mariadb) ? flavour::mariadb : flavour::mysql;
    } else if (name == "version") {
      version = value;
    } else if (name == "database") {
      database = value;
    }
  }
  shape.deprecates_eof = (agreed & capability::deprecate_eof) != 0;
  shape.extended = (agreed & capability::extended_metadata) != 0;
  several = (agreed & capability::multi_statements) != 0;
}

// Entries have numbers of their core: there are others of the same number where it goes.
void server_memory::leave_core() {
  while (const prepared_there* const one = prepared.oldest()) {
    closing.push_back(one->id);
    prepared.remove(one->entry->number);
  }
  sequences = nobodys_turn;
}

void server_memory::forget_session() {
  has_been_reset = true;
  set_up = false;
  several = (agreed & capability::multi_statements) != 0;
  settings = {};
  insert_id = 0;
  sequences = 0;
  status = status::autocommit;
  prepared.clear();
  closing.clear();
}

database_memory& core_memory::definitions() {
  if (!definitions_) definitions_ = std::make_unique<database_memory>(find_ ? find_({}) : nullptr);
  return *definitions_;
}

result<core_memory::explained> core_memory::explain(const std::string& database,
                                                    std::string_view statement) {
  explained told{.database = database};
  database_memory& known = definitions();
  known.want();
  known.look();
  if (!known.certain() || !known.known()) {
    told.wish.unsure = definitions_unknown;
    return told;
  }
  const statement_reader::reading read = reader.read(statement, rules, database, known.known());
  told.wish.facts = read.facts;
  told.wish.hint = read.hint;
  return told;
}

std::vector<core_memory::prepared> core_memory::statements_kept(std::size_t text_max) const {
  std::vector<prepared> found;
  found.reserve(statements.size());
  statements.for_each([&](const statement_ref& each) {
    found.push_back({std::to_string(each->number), console::beginning_of(each->text, text_max),
                     each.use_count() - 1});
  });
  return found;
}

std::vector<std::shared_ptr<const statement_facts>> core_memory::facts_kept() const {
  return facts_kept_by(reader, statements);
}

}  // namespace skein::mysql
