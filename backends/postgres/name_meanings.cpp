#include "backends/postgres/name_meanings.hpp"

#include <string_view>

#include "backends/postgres/server_names.hpp"

namespace skein::postgres {

namespace {

bool keeps(const meaning* own) {
  return own && own->why != cause::nothing;
}

meaning meaning_of_function(const std::string& name, const meaning* own) {
  if (keeps(own)) return *own;
  switch (function_of_server(name)) {
    case server_function::anywhere:
      return own ? *own : meaning{};
    case server_function::differs:
      return {.differs = true};
    case server_function::is_volatile:
      return {.why = cause::is_volatile};
    case server_function::of_one_server:
      return {.why = cause::of_one_server};
    case server_function::unknown:
      break;
  }
  return own ? *own : meaning{.why = cause::unknown};
}

// Names of the server's own relations begin like no other's; those that no reading has seen yet may
// be anything.
meaning meaning_of_relation(const use& one, const meaning* own) {
  if (keeps(own)) return *own;
  if (is_of_one_server(one.name)) return {.why = cause::of_one_server};
  if (own) return *own;
  if (one.of_server || one.name.starts_with("pg_")) return {};
  return {.why = cause::unknown};
}

std::string_view verb_of(used_as as) {
  switch (as) {
    case used_as::function:
    case used_as::column:
      return "it calls ";
    case used_as::relation:
      return "it reads ";
    case used_as::operation:
    case used_as::type:
      return "it uses ";
  }
  return "";
}

}  // namespace

meaning meaning_of(const use& one, const own_names* known) {
  const meaning* const own = known && !one.of_server ? known->at(one.as, one.name) : nullptr;
  switch (one.as) {
    case used_as::function:
      return meaning_of_function(one.name, own);
    case used_as::relation:
      return meaning_of_relation(one, own);
    default:
      return own ? *own : meaning{};
  }
}

deed deed_of(const meaning& what) {
  switch (what.why) {
    case cause::nothing:
      return what.differs ? deed::calls : deed::reads;
    case cause::is_unlogged:
    case cause::is_foreign:
    case cause::may_read:
      return what.differs ? deed::calls : deed::reads;
    case cause::of_one_server:
      return deed::session;
    case cause::may_run:
    case cause::cannot_be_seen_through:
    case cause::is_volatile:
      return deed::calls;
    case cause::unknown:
      return deed::unknown;
  }
  return deed::unknown;
}

std::string in_words(const use& one, const meaning& what) {
  return std::string(verb_of(one.as)) + one.name + ", " + in_words(what);
}

}  // namespace skein::postgres
