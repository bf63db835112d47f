#include "backends/postgres/effects.hpp"

#include "backends/postgres/brought_code.hpp"
#include "backends/postgres/commands.hpp"
#include "backends/postgres/message.hpp"
#include "backends/postgres/plain_query.hpp"

namespace skein::postgres {

namespace {

// Beside other statements the proxy does nothing itself: what the server then does is looked at.
void leave_to_server(effects& found) {
  switch (found.how) {
    case handling::plain:
      return;
    case handling::execute:
      // Of a name that the server does not have, or that was prepared in this very message.
      found.unseen_code = true;
      break;
    case handling::deallocate_all:
    case handling::discard_all:
      found.drops_prepared = true;
      break;
    default:
      break;
  }
  found.anything = true;
  found.how = handling::plain;
  found.name.clear();
  found.name_at = {};
}

}  // namespace

effects effects_of_unseen() {
  effects unsure;
  unsure.anything = unsure.unseen_code = unsure.draws_sequences = true;
  return unsure;
}

void join(effects& into, const effects& other) {
  into.follows_replay &= other.follows_replay;
  into.settings.insert(into.settings.end(), other.settings.begin(), other.settings.end());
  // What the proxy would do itself is done by the server.
  into.anything |= other.anything || other.how != handling::plain;
  into.unseen_code |= other.unseen_code;
  if (into.pins.empty()) into.pins = other.pins;
  into.may_free |= other.may_free;
  into.drops_prepared |= other.drops_prepared;
  into.begins_block |= other.begins_block;
  into.ends_block |= other.ends_block;
  into.may_commit |= other.may_commit;
  into.lowers_commit |= other.lowers_commit;
  into.changes_results |= other.changes_results;
  into.defines |= other.defines;
  into.reads_sequences |= other.reads_sequences;
  into.draws_sequences |= other.draws_sequences;
}

effects effects_of_plain_read() {
  effects found;
  found.follows_replay = true;
  found.may_commit = false;
  return found;
}

effects effects_of(std::string_view statement, bool standard_strings, const catalog* known) {
  const auto plain = look_for_plain_query(statement, standard_strings, known);
  if (plain == plain_query::none) return effects_by_token(statement, standard_strings, known);
  effects found = effects_of_plain_read();
  found.draws_sequences = plain == plain_query::writes;
  return found;
}

effects effects_of_parse(std::string_view tail, bool standard_strings, const catalog* known) {
  const std::string_view text = tail.substr(0, tail.find('\0'));
  effects found = effects_of(text, standard_strings, known);
  if (!known || !known->has_types() || text.size() == tail.size()) return found;
  field_reader types(as_bytes(tail.substr(text.size() + 1)));
  bool suspect = false;
  for (auto left = types.u16(); left > 0 && !types.failed(); --left)
    suspect |= known->suspects_type(types.u32());
  if (!suspect) return found;
  found.anything = found.unseen_code = found.draws_sequences = true;
  found.follows_replay = false;
  return found;
}

effects effects_by_token(std::string_view statement, bool standard_strings, const catalog* known) {
  effects found;
  found.may_commit = false;
  statement_cursor at(statement, standard_strings, known);
  std::size_t count = 0;
  for (; at.begin_statement(); ++count) {
    if (count > 0) leave_to_server(found);
    read_statement(at, found);
    found.names_statements |= found.how == handling::prepare || found.how == handling::execute ||
                              found.how == handling::deallocate;
  }
  // The server refuses such a message as a whole; but a newer one may know more than we.
  if (at.is(token_kind::broken)) return effects_of_unseen();
  if (count > 1) {
    leave_to_server(found);
    // Behind a ROLLBACK, what follows commits by itself.
    found.may_commit |= found.ends_block;
  }
  if (known && names_brought_code(statement, standard_strings, *known))
    found.anything = found.unseen_code = found.draws_sequences = true;
  found.follows_replay &= count == 1 && !found.suspicious() && found.pins.empty();
  return found;
}

}  // namespace skein::postgres
