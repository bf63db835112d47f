#include "backends/postgres/prepare_statement.hpp"

#include <array>

#include "backends/postgres/built_in_types.hpp"
#include "backends/postgres/commands.hpp"
#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

using type_list = std::vector<built_in_type>;

// [(types)]: the first parenthesis in hand, to behind the last.
bool read_types(statement_cursor& at, type_list& types) {
  if (!at.is(token_kind::open)) return true;
  do {
    at.advance();
    const auto type = read_built_in_type(at);
    if (!type) return false;
    types.push_back(*type);
  } while (at.is(token_kind::comma));
  if (!at.is(token_kind::close)) return false;
  at.advance();
  return true;
}

bool may_be_prepared(const statement_cursor& at) {
  constexpr std::array<std::string_view, 8> verbs{"select", "insert", "update", "delete",
                                                  "merge",  "values", "table",  "with"};
  return at.is(token_kind::open) ||
         std::ranges::any_of(verbs, [&](std::string_view verb) { return at.is(verb); });
}

// To the query's end. SELECT INTO is refused by PREPARE, not by Parse.
bool pass_query(statement_cursor& at, std::uint32_t& end) {
  for (token before; !at.ended(); before = at.now(), at.advance()) {
    if (at.is("into") && !is_word(before, "insert") && !is_word(before, "merge")) return false;
    end = at.place().end;
  }
  return !at.is(token_kind::broken);
}

}  // namespace

std::optional<prepare_statement> read_prepare_statement(std::string_view text,
                                                        bool standard_strings) {
  statement_cursor at(text, standard_strings);
  if (!at.begin_statement() || !at.pass("prepare")) return std::nullopt;
  at.advance();  // its name
  type_list types;
  if (!read_types(at, types) || !at.is("as")) return std::nullopt;
  prepare_statement found{.query_at = at.place().end};
  at.advance();
  std::uint32_t end = 0;
  if (!may_be_prepared(at) || !pass_query(at, end)) return std::nullopt;
  // A comment in front stays: it may hold a planner's hint.
  while (std::string_view(" \t\r\n\f\v").contains(text[found.query_at])) ++found.query_at;
  found.parse_tail = text.substr(found.query_at, end - found.query_at);
  found.parse_tail += '\0';
  std::string numbers;
  message_writer out(numbers);
  out.u16(static_cast<std::uint16_t>(types.size()));
  for (const built_in_type& type : types) {
    out.u32(type.oid);
    found.types_by_name |= type.by_name;
  }
  found.parse_tail += numbers;
  return found;
}

std::vector<name_use> name_uses(std::string_view text, bool standard_strings) {
  std::vector<name_use> found;
  statement_cursor at(text, standard_strings);
  for (std::size_t place = 0; at.begin_statement(); ++place) {
    effects one;
    read_statement(at, one);
    switch (one.how) {
      case handling::prepare:
      case handling::execute:
      case handling::deallocate:
      case handling::deallocate_all:
      case handling::discard_all:
        found.push_back({one.how, std::move(one.name), one.name_at, place});
        break;
      default:
        break;
    }
  }
  return found;
}

effects effects_of_beginning(std::string_view beginning, bool standard_strings) {
  effects unsure = effects_of_unseen();
  statement_cursor at(beginning, standard_strings);
  // What ends where the beginning does may go on.
  if (!at.begin_statement() || at.place().end == beginning.size()) return unsure;
  unsure.begins_block = at.is("begin") || at.is("start");
  unsure.defines = !at.is("insert") && !at.is("select") && !at.is("update") && !at.is("with");
  if (!at.pass("execute")) return unsure;
  const auto name = name_of(at.now());
  if (!name || at.place().end == beginning.size()) return unsure;
  unsure.how = handling::execute;
  unsure.name = name->view();
  unsure.name_at = at.place();
  unsure.names_statements = true;
  return unsure;
}

}  // namespace skein::postgres
