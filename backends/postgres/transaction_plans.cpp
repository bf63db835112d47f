// Prepared statements that servers cannot run any more: their tables have changed, or somebody has
// deallocated them.
//
// PostgreSQL fails a statement whose result has another shape by now, for who has been told the old
// one reads the rows by it. So each client hears of that once for a statement of its own, wherever
// it runs; then its name stands for a fresh entry, which every server has to prepare. An ALTER that
// is seen makes nothing stale, for who holds a statement has not been told; but who prepares a text
// behind it is given a fresh entry.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view no_statement_state = "26000";
constexpr std::string_view stale_plan_state = "0A000";
// "cached plan must not change result type" in the words of lc_messages; this is never translated.
constexpr std::string_view stale_plan_routine = "RevalidateCachedQuery";

}  // namespace

// Told of the front of what is owed. What is gone there is prepared anew at its next use.
void transaction_conversation::hear_of_statement(byte_view error_body) {
  const owed_reply& failed = turn_->owed.front();
  if ((failed.statement == 0 && !failed.reworded) || front_is(reply_kind::parse)) return;
  const std::string_view state = field_of_error(error_body, 'C');
  const bool stale =
      state == stale_plan_state && field_of_error(error_body, 'R') == stale_plan_routine;
  if (!stale && state != no_statement_state) return;
  const auto hear = [&](std::uint32_t statement) {
    if (statement != 0) stale ? retire(statement) : server_->doubt(statement);
  };
  hear(failed.statement);
  if (!failed.reworded) return;
  for (const auto& place : turn_->rewordings.front().places) hear(place.statement);
}

// For all who share it. This client hears of it just now; on its servers it is unused and makes
// room in time.
void transaction_conversation::retire(std::uint32_t statement) {
  const statement_ref entry = server_->prepared.find(statement);
  if (!entry) return;
  entry->stale = true;
  renew(entry);
}

void transaction_conversation::renew(const statement_ref& stale) {
  names_.replace(*stale, shared_.statements.renew(*stale));
}

// For an EXECUTE and a Describe, which tell the new shape themselves.
const statement_ref* transaction_conversation::find_fresh(std::string_view name) {
  const statement_ref* const found = names_.find(name);
  if (found && (*found)->stale) renew(statement_ref(*found));
  return found;
}

// In the server's words. A server that has it from before would say so too; one that has not would
// give rows of a shape that the client does not know of.
transaction_conversation::taken transaction_conversation::tell_of_change(const incoming& message,
                                                                         const statement_ref& stale,
                                                                         action_list& actions) {
  const error why{error_kind::unsupported,
                  fault::client,
                  std::string(stale_plan_state),
                  "cached plan must not change result type",
                  {}};
  const taken told = refuse(message, why, actions, stale_plan_routine);
  if (told == taken::yes) renew(statement_ref(stale));
  return told;
}

}  // namespace skein::postgres
