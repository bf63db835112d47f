// The clause for each hold, as people read it in the console and in metrics.
#include "backends/mysql/leavings.hpp"

namespace skein::mysql {

std::string_view words_of_hold(hold one) {
  switch (one) {
    case hold::temporary_table:
      return "it has a temporary table";
    case hold::table_lock:
      return "it has locked tables";
    case hold::named_lock:
      return "it holds a lock of GET_LOCK";
    case hold::handler:
      return "it has a table open by HANDLER";
    case hold::prepared:
      return "it has a statement made by PREPARE";
    case hold::xa:
      return "it is in an XA transaction";
    case hold::setting:
      return "it has a setting that cannot be carried to another server connection";
    case hold::next_transaction:
      return "it has settings for its next transaction alone";
    case hold::found_rows:
      return "it may ask how many rows were found (SQL_CALC_FOUND_ROWS)";
  }
  return "";
}

}  // namespace skein::mysql
