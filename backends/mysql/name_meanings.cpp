#include "backends/mysql/name_meanings.hpp"

#include <algorithm>
#include <string>

#include "backends/mysql/builtin_functions.hpp"
#include "backends/mysql/server_names.hpp"

namespace skein::mysql {

namespace {

// Of those that tell of one server, what leaves something in its session or asks what is there.
constexpr std::string_view of_session[] = {"get_lock", "last_insert_id", "release_all_locks",
                                           "release_lock"};

meaning unknown() {
  return {.kind = deed::unknown, .why = "which is not known", .may_write = true, .hides = true};
}

// In quotes a name may be the server's own all the same.
bool is_ambiguous(const function_use& called, flavour of) {
  if (called.built_in || !called.schema.empty()) return false;
  return kind_of({.name = called.name}, of) != function_kind::unknown;
}

}  // namespace

meaning meaning_of(const function_use& called, flavour of, const catalog* known,
                   std::string_view database) {
  switch (kind_of(called, of)) {
    case function_kind::plain:
      return {};
    case function_kind::varies:
      return {.kind = deed::calls};
    case function_kind::of_server:
      return {.kind = deed::session,
              .why = "which tells of one server",
              .hides = std::ranges::binary_search(of_session, called.name)};
    case function_kind::writes:
      return {.kind = deed::calls, .why = "which is volatile", .may_write = true};
    case function_kind::unknown:
      break;
  }
  if (!known || is_ambiguous(called, of)) return unknown();
  const auto* const found = known->find(routine::function, called, database);
  return found ? *found : unknown();
}

meaning meaning_of_relation(std::string_view written, const catalog* known,
                            std::string_view database) {
  const std::string full = full_name(written, known ? database : std::string_view());
  if (is_of_one_server(full))
    return {.kind = deed::session, .why = "which tells of one server", .hides = is_of_sys(full)};
  if (!known || is_of_server(full)) return {};
  const auto* const found = known->relation(written, database);
  return found ? found->read : unknown();
}

}  // namespace skein::mysql
