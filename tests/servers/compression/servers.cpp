// Skein's connections to the servers: compressed by what the settings say, as the servers
// themselves tell, for clients of every kind, one after the other on the same connection.
#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "tests/servers/compression/scene.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace skein::servers::compression;
using namespace std::chrono_literals;

namespace {

constexpr auto status = "show session status like 'Compression%'";

// "none", "zlib" or "zstd", as the server that serves this statement has it.
std::string told_by_server(mysql::client& client) {
  const auto told = client.ask(status);
  REQUIRE_MESSAGE(told.ok(), told.text);
  std::string by;
  for (const auto& line : told.lines) {
    if (line[0] == "Compression" && line[1] == "OFF") return "none";
    if (line[0] == "Compression_algorithm") by = *line[1];
  }
  return by.empty() ? "zlib" : by;  // MariaDB has no other, and no name for it
}

skein_options one_connection(const std::string& by) {
  return {.compression = by, .users = {app}, .pool_size = 1, .threads = 1};
}

void rewrite(const skein_process& skein, const std::string& from, const std::string& to) {
  std::ifstream in(skein.settings_file());
  std::stringstream all;
  all << in.rdbuf();
  std::string text = all.str();
  const auto at = text.find(from);
  REQUIRE(at != text.npos);
  text.replace(at, from.size(), to);
  std::ofstream(skein.settings_file()) << text;
}

}  // namespace

TEST_CASE("a server is spoken to as the settings say, if it can") {
  for (const std::string by : {"none", "zlib", "zstd"}) {
    for (const std::string mode : {"transaction", "session"}) {
      for (const engine which : {engine::mariadb, engine::mysql}) {
        if (!is_wanted(which)) continue;
        auto options = one_connection(by);
        options.pool_mode = mode;
        scene on(which, options, 0);
        CAPTURE(by);
        CAPTURE(mode);
        CAPTURE(to_string(which));
        for (const bool compressed : {false, true}) {
          mysql::client client(on.where(), {.compressed = compressed});
          CHECK(told_by_server(client) == known_to(on, by));
        }
        const bool lacking = known_to(on, by) != by;
        const auto log = on.skein->log();
        CHECK(log.contains("a member does not offer the compression that is set") == lacking);
        if (lacking) CHECK(log.contains("member=a compression=zstd"));
      }
    }
  }
}

TEST_CASE("one server connection serves clients of every kind in turn") {
  for (const std::string by : {"none", "zlib", "zstd"}) {
    CAPTURE(by);
    on_each(
        [](scene& on) {
          mysql::client plain(on.where(), {});
          mysql::client small(on.where(), {.compressed = true});
          const auto id = plain.value("select connection_id()");
          for (int round = 0; round < 20; ++round) {
            for (mysql::client* each : {&plain, &small}) {
              CHECK(each->value("select connection_id()") == id);
              CHECK(each->value("select repeat('x', 100000)") == std::string(100000, 'x'));
              const auto told = each->execute("select ?, repeat(?, 30000)", {"a", "b"});
              REQUIRE_MESSAGE(told.ok(), told.text);
              CHECK(told.lines[0][1] == std::string(30000, 'b'));
              CHECK(each->ask("begin").ok());
              CHECK(each->ask("update goods set name = 'three' where id = 3").ok());
              CHECK(each->ask("rollback").ok());
              CHECK(each->ask("select nonsense").error == 1054);
            }
          }
          auto kept_by_plain = plain.prepare("select name from goods where id = ?");
          auto kept_by_small = small.prepare("select name from goods where id = ?");
          for (int round = 0; round < 5; ++round) {
            CHECK(kept_by_plain.execute({"1"}).lines[0][0] == "one");
            CHECK(kept_by_small.execute({"2"}).lines[0][0] == "two");
          }
        },
        one_connection(by));
  }
}

TEST_CASE("several results in one, for a client that counts every packet") {
  for (const std::string by : {"zlib", "zstd"}) {
    CAPTURE(by);
    on_each(
        [](scene& on) {
          for (const bool compressed : {false, true}) {
            mysql::client client(on.where(), {.compressed = compressed, .several = true});
            for (int round = 0; round < 3; ++round) {
              const auto told = client.ask(
                  "select id from goods order by id; select name from goods where id = 1; select "
                  "7");
              REQUIRE_MESSAGE(told.ok(), told.text);
              REQUIRE(told.lines.size() == 5);
              CHECK(told.lines[4][0] == "7");
            }
          }
        },
        one_connection(by));
  }
}

TEST_CASE("other settings hold for connections to come") {
  on_each(
      [](scene& on) {
        mysql::client client(on.where(), {});
        CHECK(told_by_server(client) == "none");
        rewrite(*on.skein, "compression: none", "compression: zlib");
        on.skein->process().signal(SIGHUP);
        wait_until([&] { return told_by_server(client) == "zlib"; }, 10s,
                   "a connection is compressed");
        rewrite(*on.skein, "compression: zlib", "compression: none");
        on.skein->process().signal(SIGHUP);
        wait_until([&] { return told_by_server(client) == "none"; }, 10s, "none is");
      },
      one_connection("none"));
}

TEST_CASE("over TLS, and with a server that goes away") {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    cluster shop = cluster::start(which, {.followers = 0, .server = {.tls = true}});
    shop.leader().query("grant replication client on *.* to app");
    if (which == engine::mariadb) shop.leader().query("grant replica monitor on *.* to app");
    auto options = one_connection("zlib");
    options.server_tls = "require";
    skein_process skein(shop, options);
    const mysql::target where{"tcp://127.0.0.1:" + std::to_string(skein.port()), app};
    mysql::client client(where, {.compressed = true});
    CHECK(told_by_server(client) == "zlib");
    CHECK(client.ask("show session status like 'Ssl_cipher'").lines[0][1] != "");
    CHECK(client.value("select repeat('x', 100000)") == std::string(100000, 'x'));
    shop.leader().restart();
    wait_until(
        [&] {
          try {
            mysql::client again(where, {.compressed = true});
            return again.value("select repeat('x', 100000)") == std::string(100000, 'x');
          } catch (const mysql::login_failure&) {
            return false;
          }
        },
        30s, "the server is back");
  }
}
