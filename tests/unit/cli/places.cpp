// Which of the passed sockets the settings have a use for; the others are closed.
#include "cli/places.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::cli;
using handover::door;
using handover::door_use;

namespace {

parts settings_with(std::vector<net::endpoint> binds) {
  parts made;
  for (auto& each : binds) made.proxy.listeners.push_back({.name = "any", .bind = each});
  made.admin.bind = {.host = "127.0.0.1", .port = 9187};
  made.takeover = net::endpoint{.unix_path = "/run/skein/takeover"};
  return made;
}

handover::inheritance offered(const std::vector<door>& doors) {
  handover::inheritance made{.from = 77, .generation = 5, .was_ready = true};
  std::uint16_t index = 0;
  for (const door& each : doors) made.doors.push_back({each, index++, net::copy_of(0)});
  return made;
}

const std::vector<door> usual = {{door_use::clients, "127.0.0.1:6432"},
                                 {door_use::clients, "unix:/run/skein/s"},
                                 {door_use::clients, "127.0.0.1:6432"},
                                 {door_use::admin, "127.0.0.1:9187"},
                                 {door_use::takeover, "unix:/run/skein/takeover"}};

}  // namespace

TEST_CASE("the same settings have a use for every door") {
  const auto same =
      settings_with({{.unix_path = "/run/skein/s"}, {.host = "127.0.0.1", .port = 6432}});
  const places found = sort_doors(offered(usual), same);
  CHECK(found.from == 77);
  CHECK(found.was_ready);
  CHECK(found.proxy.generation == 5);
  CHECK(found.kept == std::vector<std::uint16_t>{0, 1, 2, 3, 4});
  CHECK(found.listeners == proxy::passed_on{0, 1});
  REQUIRE(found.proxy.doors.size() == 3);
  CHECK(found.proxy.doors[0].listener == 1);
  CHECK(found.proxy.doors[1].listener == 0);
  for (const auto& each : found.proxy.doors) CHECK(each.listening.get() >= 0);
  CHECK(found.admin.get() >= 0);
  CHECK(found.takeover.get() >= 0);
  CHECK(listeners_at(usual, same) == proxy::passed_on{0, 1});
}

TEST_CASE("what moved elsewhere is left behind") {
  auto moved = settings_with({{.host = "127.0.0.1", .port = 6433}, {.unix_path = "/run/skein/s"}});
  moved.admin.bind.port = 9188;
  moved.takeover.reset();
  const places found = sort_doors(offered(usual), moved);
  CHECK(found.kept == std::vector<std::uint16_t>{1});
  CHECK(found.listeners == proxy::passed_on{1});
  CHECK(found.admin.get() == -1);
  CHECK(found.takeover.get() == -1);
  // A door for clients is none for the admin port, and the other way round.
  const auto swapped = settings_with({{.host = "127.0.0.1", .port = 9187}});
  CHECK(sort_doors(offered({{door_use::admin, "127.0.0.1:9187"}}), swapped).kept.size() == 1);
  CHECK(sort_doors(offered({{door_use::clients, "127.0.0.1:6432"}}), swapped).kept.empty());
}
