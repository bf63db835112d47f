#include "backends/postgres/own_names.hpp"

namespace skein::postgres {

bool add(meaning& to, const meaning& more) {
  const meaning before = to;
  const bool is_stronger = to.why == cause::nothing || more.why == cause::is_volatile;
  if (more.why != cause::nothing && is_stronger) {
    to.why = more.why;
    to.other = more.other;
  }
  to.differs |= more.differs;
  return to != before;
}

std::string in_words(const meaning& what) {
  switch (what.why) {
    case cause::nothing:
      return "";
    case cause::is_unlogged:
      return "which is unlogged";
    case cause::is_foreign:
      return "which is a foreign table";
    case cause::of_one_server:
      return "which tells of one server";
    case cause::may_read:
      return "which may read " + what.other;
    case cause::may_run:
      return "which may run " + what.other;
    case cause::cannot_be_seen_through:
      return "which cannot be seen through";
    case cause::is_volatile:
      return "which is volatile";
    case cause::unknown:
      return "which is not known";
  }
  return "";
}

bool own_names::note(used_as what, std::string_view name, const meaning& means) {
  if (name.empty()) return false;
  const auto [at, is_new] =
      known_[static_cast<std::size_t>(what)].try_emplace(std::string(name), means);
  return is_new || add(at->second, means);
}

const meaning* own_names::at(used_as what, std::string_view name) const {
  const meanings& all = known_[static_cast<std::size_t>(what)];
  const auto found = all.find(name);
  return found == all.end() ? nullptr : &found->second;
}

bool own_names::note_everywhere(std::string_view name, const meaning& means) {
  if (everywhere_.means.why != cause::nothing) return false;
  everywhere_ = {std::string(name), means};
  return true;
}

}  // namespace skein::postgres
