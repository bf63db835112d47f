// Clients that send more than anybody should keep: Skein's memory and the server's count of
// prepared statements stay bounded, and others are served.
#include <doctest/doctest.h>

#include <thread>

#include "tests/servers/neighbour.hpp"
#include "tests/servers/pooling/picture.hpp"
#include "tests/servers/pooling/raw_client.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace said;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mega = 1U << 20;

struct scene {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  skein_process skein{shop, {.pool_size = 2, .threads = 1}};
  neighbour innocent{skein.words(app)};
  std::size_t before = skein.rss_bytes();
  std::size_t growth_max = 16 * mega;
  std::chrono::milliseconds slowest = 2s;

  ~scene() noexcept(false) {
    if (std::uncaught_exceptions() > 0) return;
    innocent.check_unharmed(slowest);
    MESSAGE("grew by ", (skein.rss_peak_bytes() - before) >> 10, " kB; Skein's CPU ",
            skein.cpu().count(), " ms");
    if (!is_sanitized) CHECK(skein.rss_peak_bytes() <= before + growth_max);
  }
  // On the server connection that this client's statements go to.
  int prepared(raw_client& client) {
    const auto told = client.ask(query("select count(*) from pg_prepared_statements"));
    return std::stoi(told.substr(told.find('(') + 1));
  }
};

std::string number(const std::string& before, int i, const std::string& behind = {}) {
  return before + std::to_string(i) + behind;
}

// Until it is not taken any more; false: it was taken without end.
bool is_held_back(raw_client& client, const std::string& message, std::size_t bytes) {
  std::string many;
  while (many.size() < mega) many += message;
  for (std::size_t sent = 0; sent < bytes; sent += many.size()) {
    try {
      client.socket.send(many, 1s);
    } catch (const std::exception&) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("texts and values of 100 MB pass through without being held") {
  scene at;
  raw_client client(at.skein.words(app));
  const std::string much(100 * mega, 'x');
  const std::string length = "(" + std::to_string(much.size()) + ")";
  const auto sql = "select length('" + much + "')";
  CHECK(client.ask(query(sql)) == "TD" + length + "CZI");
  CHECK(client.ask(parse("", sql) + bind_to("") + execute() + sync_up) == "12D" + length + "CZI");
  CHECK(client.ask(parse("s", "select length($1::text)") + bind_to("s", "", {much}) + execute() +
                   sync_up) == "12D" + length + "CZI");
  // It is not kept for other servers: this one stays with its client until it is closed.
  CHECK(client.ask(parse("named", sql) + sync_up) == "1ZI");
  CHECK(client.ask(bind_to("named") + execute() + sync_up) == "2D" + length + "CZI");
  CHECK(client.ask(parse("named", sql) + sync_up) == "E(42P05)ZI");
  CHECK(client.ask(close('S', "named") + sync_up) == "3ZI");
  CHECK(client.ask(bind_to("named") + sync_up) == "E(26000)ZI");
  CHECK(client.ask(query("selec " + much)) == "E(42601)ZI");
  CHECK(client.ask(query("begin") + query(sql) + query("commit")) == "CZTTD" + length + "CZTCZI");
}

TEST_CASE("100,000 statements, prepared and closed again") {
  scene at;
  raw_client client(at.skein.words(app));
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += "13";
  for (int i = 0; i < 100'000;) {
    std::string many;
    for (int end = i + 500; i < end; ++i)
      many += parse("s", number("select ", i)) + close('S', "s");
    REQUIRE(client.ask(many + sync_up) == expected + "ZI");
  }
  CHECK(at.prepared(client) < 600);
}

TEST_CASE("100,000 statements that fail") {
  scene at;
  raw_client client(at.skein.words(app));
  for (int i = 0; i < 100'000;) {
    std::string many;
    std::string expected;
    for (int end = i + 500; i < end; ++i) {
      many += parse(number("s", i), number("selec ", i)) + sync_up;
      expected += "E(42601)ZI";
    }
    REQUIRE(client.ask(many) == expected);
  }
  CHECK(at.prepared(client) < 600);
}

TEST_CASE("100,000 statements that are never closed: Skein keeps so many and no more") {
  scene at;
  at.growth_max = 48 * mega;
  raw_client client(at.skein.words(app));
  const std::string padding = " -- " + std::string(300, 'x');
  int kept = 0;
  int refused = 0;
  for (int i = 0; i < 100'000;) {
    std::string many;
    for (int end = i + 500; i < end; ++i)
      many += parse(number("s", i), number("select ", i, padding)) + sync_up;
    const auto told = client.ask(many);
    kept += static_cast<int>(std::ranges::count(told, '1'));
    std::size_t at_error = 0;
    while ((at_error = told.find("E(53400)", at_error)) != std::string::npos) ++refused, ++at_error;
  }
  MESSAGE("kept ", kept);
  CHECK(kept + refused == 100'000);
  CHECK(kept > 10'000);
  CHECK(refused > 0);
  CHECK(at.prepared(client) < 600);
  CHECK(client.ask(bind_to("s0") + execute() + sync_up) == "2D(0)CZI");
  CHECK(client.ask(close('S', "s0") + parse("s", "select 1") + sync_up) == "31ZI");
}

TEST_CASE("100,000 statements that SQL prepares: the same bound") {
  scene at;
  at.growth_max = 48 * mega;
  raw_client client(at.skein.words(app));
  const std::string padding = ", '" + std::string(300, 'x') + "'";
  std::size_t kept = 0;
  std::size_t refused = 0;
  for (int i = 0; i < 100'000;) {
    std::string many;
    for (int end = i + 500; i < end; ++i)
      many += query(number("prepare s", i, number(" as select ", i, padding)));
    const auto told = client.ask(many);
    kept += static_cast<std::size_t>(std::ranges::count(told, 'C'));
    refused += static_cast<std::size_t>(std::ranges::count(told, '('));
    if (refused > 0) REQUIRE(client.last_words.starts_with("prepared statements of one client"));
  }
  MESSAGE("kept ", kept);
  CHECK(kept + refused == 100'000);
  CHECK(kept > 10'000);
  CHECK(refused > 0);
  CHECK(at.prepared(client) < 600);
  CHECK(client.ask(query("execute s0")).starts_with("TD(0)CZI"));
  CHECK(client.ask(query("deallocate s0") + query("prepare s as select 1")) == "CZICZI");
}

TEST_CASE("one pipeline of 100,000 statements without a Sync") {
  scene at;
  raw_client client(at.skein.words(app));
  std::string expected;
  std::string many;
  for (int i = 0; i < 100'000; ++i) {
    many += parse("s", number("select ", i % 1000)) + close('S', "s");
    expected += "13";
  }
  std::thread sending([&] { client.socket.send(many + sync_up, 60s); });
  const auto told = client.hear(1, 60s);
  sending.join();
  CHECK((told == expected + "ZI"));
}

TEST_CASE("100,000 portals, none of them closed, in one block") {
  scene at;
  raw_client client(at.skein.words(app));
  CHECK(client.ask(query("begin") + parse("n", "select generate_series(1, 5)") + sync_up) ==
        "CZT1ZT");
  std::string expected;
  for (int i = 0; i < 500; ++i) expected += "2D(1)s";
  for (int i = 0; i < 100'000;) {
    std::string many;
    for (int end = i + 500; i < end; ++i)
      many += bind_to("n", number("p", i)) + execute(number("p", i), 1);
    REQUIRE(client.ask(many + sync_up) == expected + "ZT");
  }
  CHECK(client.ask(execute("p7") + sync_up) == "D(2)D(3)D(4)D(5)CZT");
  client.socket.reset();
}

TEST_CASE("a client that never reads is held back, whatever is answered without a server") {
  scene at;
  raw_client client(at.skein.words(app));
  std::string message;
  SUBCASE("Sync") {
    message = sync_up;
  }
  SUBCASE("Close") {
    message = close('S', "none");
  }
  SUBCASE("Close and Sync") {
    message = close('S', "none") + sync_up;
  }
  SUBCASE("DEALLOCATE ALL") {
    message = query("deallocate all");
  }
  SUBCASE("DISCARD ALL") {
    message = query("discard all");
  }
  SUBCASE("a known statement") {
    CHECK(client.ask(parse("s", "select 1") + sync_up) == "1ZI");
    message = parse("t", "select 1") + close('S', "t");
  }
  SUBCASE("a known statement and Sync") {
    CHECK(client.ask(parse("s", "select 1") + sync_up) == "1ZI");
    message = parse("t", "select 1") + close('S', "t") + sync_up;
  }
  SUBCASE("errors") {
    message = bind_to("none") + sync_up;
  }
  SUBCASE("Flush, to which there is no answer") {
    CHECK_FALSE(is_held_back(client, flush, 64 * mega));
    CHECK(client.ask(query("select 1")) == "TD(1)CZI");
    return;
  }
  CHECK(is_held_back(client, message, 256 * mega));
}
