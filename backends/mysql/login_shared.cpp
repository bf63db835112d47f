#include "backends/mysql/login_shared.hpp"

namespace skein::mysql {

std::optional<wiped> proven_passwords::find(const std::string& verifier) const {
  const std::lock_guard lock(guard_);
  const auto found = entries_.find(verifier);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

void proven_passwords::keep(const std::string& verifier, wiped password) {
  const std::lock_guard lock(guard_);
  // Salts are random: the first is as good as any.
  if (entries_.size() >= entries_max_ && !entries_.contains(verifier))
    entries_.erase(entries_.begin());
  entries_.insert_or_assign(verifier, std::move(password));
}

}  // namespace skein::mysql
