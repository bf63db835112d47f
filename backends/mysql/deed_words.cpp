#include "backends/mysql/deed_words.hpp"

namespace skein::mysql {

// What ends a transaction makes seen what it has written, and to begin one, to lock tables or to
// set autocommit may end one.
bool may_write(const deeds& done) {
  switch (done.kind) {
    case deed::reads:
      return false;
    case deed::locks:
      return !locks_rows(done);
    case deed::block:
      return done.commits || done.begins;
    case deed::session:
      return done.command == "EXECUTE" || done.command == "SET";
    default:
      return true;
  }
}

std::string words_of(const deeds& done) {
  if (done.kind == deed::unknown && done.statements > 1) return "it is several statements";
  return skein::words_of(done);
}

}  // namespace skein::mysql
