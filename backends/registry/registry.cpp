#include "backends/registry/registry.hpp"

#include <array>

#include "backends/mysql/backend.hpp"
#include "backends/postgres/backend.hpp"

namespace skein {

namespace {

// One line a database.
const std::array<const backend*, 2>& known() {
  static const postgres::backend postgres;
  static const mysql::backend mysql;
  static const std::array<const backend*, 2> all = {&postgres, &mysql};
  return all;
}

}  // namespace

const backend* find_backend(std::string_view name) {
  for (const backend* each : known()) {
    if (each->name() == name) return each;
  }
  return nullptr;
}

std::vector<std::string> backend_names() {
  std::vector<std::string> names;
  for (const backend* each : known()) names.emplace_back(each->name());
  return names;
}

}  // namespace skein
