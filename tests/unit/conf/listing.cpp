#include "conf/listing.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

namespace {

// "value|default|source", as a table would show them.
std::string listed(const std::vector<listed_setting>& all, std::string_view key) {
  const auto found = std::ranges::find(all, key, &listed_setting::key);
  if (found == all.end()) return "(no such key)";
  return found->value.value_or("-") + "|" + found->initial.value_or("-") + "|" + found->source;
}

}  // namespace

TEST_CASE("each key in force is listed with its default and where it comes from") {
  const scratch here;
  const auto result = load_text(
      "clusters:\n  main:\n    members: [127.0.0.1:5432]\n    pool:\n      size: 7\n"
      "    users: [{name: app, password: env:APP_PASSWORD}]\nconsole: {users: [app]}\n",
      here.options());
  REQUIRE(result);
  const auto all = list_settings(*result, "skein.yaml");
  CHECK(listed(all, "clusters.main.pool.size") == "7|100|skein.yaml:5");
  CHECK(listed(all, "clusters.main.pool.wait") == "5s|5s|default");
  CHECK(listed(all, "clusters.main.members[0].address") == "127.0.0.1:5432|-|skein.yaml:3");
  CHECK(listed(all, "clusters.main.members[0].name") == "127.0.0.1|-|derived");
  CHECK(listed(all, "clusters.main.users[0].password") == "***|-|skein.yaml:6");
  CHECK(listed(all, "clusters.main.health.password") == "***|-|derived");
  CHECK(listed(all, "clusters.main.tls.ca") == "-|-|default");
  CHECK(listed(all, "admin.token") == "-|-|default");
  CHECK(listed(all, "listeners[0].bind") == "127.0.0.1:6432|127.0.0.1:6432|default");
  CHECK(listed(all, "console.users[0].name") == "app|-|skein.yaml:7");
  CHECK(listed(all, "threads") == "auto|auto|default");
  for (const auto& each : all) CHECK_FALSE(each.value.value_or("").contains("honk"));
}
