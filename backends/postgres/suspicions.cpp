#include "backends/postgres/suspicions.hpp"

#include <string>

namespace skein::postgres {

bool suspicions::add(meanings& to, oid id, const meaning& means) {
  if (means == meaning{}) return false;
  return postgres::add(to[id], means);
}

meaning suspicions::at(const meanings& all, oid id) {
  const auto found = all.find(id);
  return found == all.end() ? meaning{} : found->second;
}

void suspicions::function(oid id, const meaning& means) {
  moved_ |= add(functions_, id, means);
  const auto* const found = index_.function(id);
  if (id < first_user_oid || !found) return;
  note(used_as::function, found->name, means);
  if (found->as_column) note(used_as::column, found->name, means);
}

void suspicions::relation(oid id, const meaning& means) {
  const auto* const found = index_.relation(id);
  if (!found) return;
  moved_ |= add(relations_, id, means);
  note(used_as::relation, found->name, means);
}

void suspicions::relation_and_children(oid id, const meaning& means) {
  if (means.why == cause::nothing) return;
  for (const oid each : index_.with_children(id)) relation(each, means);
}

void suspicions::type(oid id, const meaning& means) {
  const auto* const found = index_.type(id);
  if (!found || means == meaning{}) return;
  moved_ |= add(types_, index_.element_of(id), means);
  note(used_as::type, found->name, means);
  note(used_as::type, found->array_name, means);
}

void suspicions::values(oid type_id, const meaning& means) {
  const auto* const found = index_.type(type_id);
  if (!found || means == meaning{}) return;
  moved_ |= add(values_, index_.element_of(type_id), means);
  type(type_id, means);
  if (found->relation != 0) relation(found->relation, means);
}

// C that is made for operators and the like is taken to do what it says. What was not read is not
// known.
meaning suspicions::by_function(oid id) const {
  if (id == 0) return {};
  const auto* const found = index_.function(id);
  if (!found) {
    if (id < first_user_oid) return {};
    return {.why = cause::cannot_be_seen_through};
  }
  const meaning means = at(functions_, id);
  switch (means.why) {
    case cause::nothing:
    case cause::may_run:
    case cause::may_read:
      return means;
    case cause::cannot_be_seen_through:
      if (is_compiled(*found)) return {.differs = means.differs};
      [[fallthrough]];
    default:
      return {cause::may_run, found->name, means.differs};
  }
}

}  // namespace skein::postgres
