// Prepared statements that servers cannot run any more: their tables have changed, or somebody's
// code has deallocated them.
#include "backends/postgres/errors.hpp"
#include "backends/postgres/transaction_conversation.hpp"

namespace skein::postgres {

namespace {

constexpr std::string_view no_statement_state = "26000";
constexpr std::string_view stale_plan_state = "0A000";
// "cached plan must not change result type" in the words of lc_messages; this is never translated.
constexpr std::string_view stale_plan_routine = "RevalidateCachedQuery";

}  // namespace

// It fails for everybody who shares it: it is prepared anew at its next use.
void transaction_conversation::hear_of_statement(byte_view error_body) {
  const owed_reply& failed = owed_.front();
  if ((failed.statement == 0 && !failed.reworded) || front_is(reply_kind::parse)) return;
  const std::string_view state = field_of_error(error_body, 'C');
  if (state != no_statement_state &&
      (state != stale_plan_state || field_of_error(error_body, 'R') != stale_plan_routine))
    return;
  if (failed.statement != 0) server_->doubt(failed.statement);
  if (!failed.reworded) return;
  for (const auto& place : rewordings_.front().places)
    if (place.statement != 0) server_->doubt(place.statement);
}

}  // namespace skein::postgres
