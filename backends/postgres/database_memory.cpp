#include "backends/postgres/database_memory.hpp"

namespace skein::postgres {

void database_memory::renew() {
  const auto now = shared_->now();
  edition_ = now.edition;
  certain_ = now.known != nullptr;
  if (!certain_) return;
  known_ = std::static_pointer_cast<const catalog>(now.known);
  reading_ = known_->empty() ? 0 : known_->number();
}

}  // namespace skein::postgres
