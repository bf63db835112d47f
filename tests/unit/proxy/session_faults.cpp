// A session is broken at each of its operations in turn, on either side, by failure and by an end
// called from outside; whatever happens, nothing is left behind: no task, no lease, no place in the
// budget, no entry in the table, no descriptor.
#include <doctest/doctest.h>

#include <filesystem>

#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;

namespace {

enum class side { client, server };
enum class way { fail, end };

std::shared_ptr<net::fault_plan> plan_at(std::size_t operation) {
  auto plan = std::make_shared<net::fault_plan>();
  plan->remaining = operation;
  return plan;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

void check_nothing_left(stage& after) {
  CHECK(after.tasks.size() == 0);
  CHECK(after.table.size() == 0);
  CHECK(after.all_places_free());
  CHECK(after.counters.clients_active.value() == 0);
  CHECK(after.counters.sessions_active.value() == 0);
  CHECK(after.counters.server_connections_active.value() == 0);
  CHECK(after.counters.server_connections_idle.value() == 0);
  CHECK(after.counters.pool_waiting.value() == 0);
}

// How many operations there were before the break, or in all.
std::size_t perform_broken(side where, way how, std::size_t operation) {
  stage now;
  const auto plan = plan_at(operation);
  if (how == way::end) {
    // As in life: by another task, once this one waits.
    plan->instead = [&now] {
      now.core.post([&now] {
        if (now.life) now.life->end({error_kind::shutdown, fault::us, {}, "stopping", {}});
      });
    };
  }
  if (where == side::server) now.dial.plan = plan;
  now.perform(2, where == side::client ? plan : nullptr);
  now.run_to_the_end();
  check_nothing_left(now);
  return plan->operations;
}

}  // namespace

TEST_CASE("an unbroken visit is answered, and its server connection is kept") {
  stage now;
  now.perform(3, nullptr);
  now.run_to_the_end();
  CHECK(now.answers == 3);
  CHECK(now.idle_at_end == 1);
  CHECK(now.counters.queries.value() == 3);
  CHECK(now.counters.logins_failed.value() == 0);
  check_nothing_left(now);
}

TEST_CASE("a session that breaks at any operation leaves nothing behind") {
  const std::size_t descriptors = open_descriptors();
  for (const side where : {side::client, side::server}) {
    for (const way how : {way::fail, way::end}) {
      CAPTURE(where);
      CAPTURE(how);
      std::size_t reached = 0;
      std::size_t operation = 0;
      do {
        CAPTURE(operation);
        reached = perform_broken(where, how, operation);
      } while (reached > operation++);
      CHECK(operation > 8);  // the login alone has more
    }
  }
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a server that cannot be had is told to the client, within the pool's wait") {
  stage now;
  now.dial.fails_with = net::asio::error::connection_refused;
  now.perform(1, nullptr);
  now.run_to_the_end();
  CHECK(now.answers == 0);
  CHECK(now.counters.errors[static_cast<std::size_t>(error_kind::unavailable)].value() == 1);
  check_nothing_left(now);
}
