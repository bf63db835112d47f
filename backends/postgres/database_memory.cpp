#include "backends/postgres/database_memory.hpp"

namespace skein::postgres {

void database_memory::renew() {
  const auto now = shared_->now();
  edition_ = now.edition;
  known_ = std::static_pointer_cast<const catalog>(now.known);
  // Editions are never two databases'.
  reading_ = known_ && !known_->empty() ? edition_ : 0;
}

}  // namespace skein::postgres
