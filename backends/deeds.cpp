#include "backends/deeds.hpp"

namespace skein {

bool locks_rows(const statement_deeds& done) {
  return done.command.starts_with("FOR ") || done.command == "LOCK IN SHARE MODE";
}

std::string words_of(const statement_deeds& done) {
  const std::string named = " (" + done.command + ")";
  switch (done.kind) {
    case deed::reads:
      return "";
    case deed::writes:
      return "it writes" + named;
    case deed::defines:
      return "it defines" + named;
    case deed::locks:
      return (locks_rows(done) ? "it locks rows" : "it locks tables") + named;
    case deed::session:
      return "it belongs to its session" + named;
    case deed::calls:
      return "it runs code" + named;
    case deed::block:
      if (done.ends) return "it ends a transaction";
      return done.begins ? "it begins a transaction" : "it is part of a transaction" + named;
    case deed::unknown:
      break;
  }
  return "it cannot be parsed";
}

}  // namespace skein
