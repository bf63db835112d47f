// Opening a server connection over real sockets: which server it ended up at, behind a name; one
// that does not answer; and one that nobody waits for any more.
#include "proxy/opening.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

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
  const cluster_in_force cluster = unowned(now.cluster);
  opening with(now.core, dial, cluster, now.counters);
  const routing::member_view member{.name = "a", .address = {"localhost", port}};
  const errand what{who, request, std::chrono::steady_clock::now() + 5s};
  auto opened = co_await with.open(*now.places.try_take(), member, 1, what);
  REQUIRE_MESSAGE(opened, opened.error().text_for_client);
  peer = (*opened)->peer;
}

struct attempt {
  bool signs_in = false;  // the address answers, its server does not; else nor does the address
  std::chrono::milliseconds time{10s};
  bool is_called_off = false;
  std::optional<error> why = {};
  std::chrono::steady_clock::duration took{};
};

net::awaitable<> fail_to_open(stage& now, const errand& what, std::uint16_t port, attempt& of) {
  net::socket_dialer dial(now.core.where(), now.core.wheel());
  const cluster_in_force cluster = unowned(now.cluster);
  opening with(now.core, dial, cluster, now.counters);
  const routing::member_view member{.name = "a", .address = {"127.0.0.1", port}};
  const auto start = std::chrono::steady_clock::now();
  const auto opened = co_await with.open(*now.places.try_take(), member, 1, what);
  of.took = std::chrono::steady_clock::now() - start;
  if (!opened) of.why = opened.error();
}

// As a session calls it off.
net::awaitable<> try_in_vain(stage& now, std::uint16_t port, attempt& of) {
  errand what{who, request, std::chrono::steady_clock::now() + of.time};
  net::task_group tries(now.core.where());
  tries.spawn(fail_to_open(now, what, port, of));
  if (of.is_called_off) {
    co_await nap(now.core, 30ms);
    CHECK(tries.size() == 1);
    what.called_off = true;
    tries.cancel();
  }
  co_await tries.join();
}

// Its queue has room for one, who is there already: the kernel answers nobody else.
class deaf_door {
 public:
  deaf_door() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(door_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(door_, 0) == 0);
    socklen_t size = sizeof at;
    ::getsockname(door_, reinterpret_cast<sockaddr*>(&at), &size);
    REQUIRE(::connect(caller_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    port_ = ntohs(at.sin_port);
  }
  deaf_door(const deaf_door&) = delete;
  ~deaf_door() {
    ::close(caller_);
    ::close(door_);
  }
  std::uint16_t port() const { return port_; }

 private:
  int door_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int caller_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
};

void perform(stage& now, attempt& of) {
  const deaf_door deaf;
  now.habits.mute = true;
  auto door = net::acceptor::listen(now.core.where(), {.host = "127.0.0.1"});
  REQUIRE(door);
  now.core.post([&] {
    if (of.signs_in) now.visitors.spawn(serve_one(*door, now.habits));
    now.visitors.spawn(try_in_vain(now, of.signs_in ? door->port() : deaf.port(), of));
  });
  now.run_to_the_end();  // which the server comes to when its connection has been closed
  REQUIRE(of.why);
  CHECK(of.took < 2s);
  CHECK(now.all_places_free());
  CHECK(now.counters.server_connections_opened.value() == 0);
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

TEST_CASE("an address or a server that does not answer has pool.connect_timeout, or what is left") {
  for (const bool signs_in : {false, true}) {
    for (const bool little_left : {false, true}) {
      CAPTURE(signs_in);
      CAPTURE(little_left);
      stage now;
      now.cluster.pool.connect_timeout = little_left ? 10s : 100ms;
      attempt of{.signs_in = signs_in, .time = little_left ? 100ms : 10s};
      perform(now, of);
      CHECK(of.took >= 90ms);
      CHECK(of.why->kind == error_kind::unavailable);
      const std::string& words = of.why->text_for_client;
      const std::string within = little_left ? "within what was left of pool.wait, "
                                             : "within pool.connect_timeout, 100 ms";
      CHECK_MESSAGE(words.find(within) != words.npos, words);
      CHECK((words.find("a login") != words.npos) == signs_in);
      CHECK(now.counters.server_connections_failed.value() == 1);
    }
  }
}

TEST_CASE("called off, it ends at once and is nobody's failure") {
  for (const bool signs_in : {false, true}) {
    CAPTURE(signs_in);
    stage now;
    attempt of{.signs_in = signs_in, .is_called_off = true};
    perform(now, of);
    CHECK(of.why->kind == error_kind::lost);
    CHECK(now.counters.server_connections_failed.value() == 0);
  }
}
