#include "backends/error.hpp"

#include <doctest/doctest.h>

#include <set>

TEST_CASE("every error kind has a name of its own") {
  std::set<std::string_view> names;
  for (std::size_t kind = 0; kind < skein::error_kind_count; ++kind)
    names.insert(skein::to_string(static_cast<skein::error_kind>(kind)));
  CHECK(names.size() == skein::error_kind_count);
}
