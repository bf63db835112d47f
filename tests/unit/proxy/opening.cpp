// Which server a connection ended up at, behind a name: over real sockets.
#include "proxy/opening.hpp"

#include <doctest/doctest.h>

#include "net/acceptor.hpp"
#include "tests/unit/proxy/stage.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

const credentials who{"app", "secret"};
const login_request request{"app", "shop", {}};

net::awaitable<> serve_one(net::acceptor& door, server_habits& how) {
  auto [failed, connection] = co_await door.accept();
  if (!failed) co_await serve_queries(std::move(connection), how);
}

net::awaitable<> open_one(stage& now, std::uint16_t port, net::endpoint& peer) {
  net::socket_dialer dial(now.core.where(), now.core.wheel());
  opening with(now.core, dial, now.cluster, now.counters);
  const routing::member_view member{.name = "a", .address = {"localhost", port}};
  const errand what{who, request, std::chrono::steady_clock::now() + 5s};
  auto opened = co_await with.open(*now.places.try_take(), member, 1, what);
  REQUIRE_MESSAGE(opened, opened.error().text_for_client);
  peer = (*opened)->peer;
}

}  // namespace

TEST_CASE("a server connection knows the address that it is connected to") {
  stage now;
  auto door = net::acceptor::listen(now.core.where(), {.host = "127.0.0.1"});
  REQUIRE(door);
  net::endpoint peer;
  now.core.post([&] {
    now.visitors.spawn(serve_one(*door, now.habits));
    now.visitors.spawn(open_one(now, door->port(), peer));
  });
  now.run_to_the_end();
  CHECK(peer == net::endpoint{.host = "127.0.0.1", .port = door->port()});
}
