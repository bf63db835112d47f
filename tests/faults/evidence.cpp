// What a scene leaves behind: everything that is read back in the end, and the figures of how long
// it took.
#include "tests/faults/reading_back.hpp"
#include "tests/faults/scene.hpp"

namespace skein::servers::faults {
std::optional<milliseconds> scene::detected() const {
  return first_step_after(struck_at, skein->log());
}

std::size_t scene::moves_of_lead() const {
  const auto all = chronicle_->reigns();
  return all.empty() ? 0 : static_cast<std::size_t>(all.back().epoch - all.front().epoch);
}

double scene::load_share() const {
  if (!load_ || peak_per_second <= 0) return 0;
  const auto end = struck.value_or(now());
  std::size_t made = 0;
  for (const write& each : load_->told())
    if (each.what == outcome::acknowledged && each.answered <= end) ++made;
  const auto time = std::chrono::duration<double>(end - load_began_).count();
  return time <= 0 ? 0 : static_cast<double>(made) / time / peak_per_second;
}

heard_errors scene::errors() const {
  heard_errors all = load_ ? load_->errors() : heard_errors{};
  return all;
}

std::size_t scene::wrong_reads() const {
  return load_ ? load_->wrong_reads() : 0;
}

evidence scene::gather() {
  writers_are_done();
  evidence all{.patience = patience};
  all.may_lose = how.keeps == durability::async;
  for (const load* each : {load_.get(), past_skein_.get()}) {
    if (each == nullptr) continue;
    const auto told = each->told();
    all.told.insert(all.told.end(), told.begin(), told.end());
  }
  read_back({in, members, [this] { return status(); }, how.may_fence}, all);
  all.reigns = chronicle_->reigns();
  return all;
}

}  // namespace skein::servers::faults
