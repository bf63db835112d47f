// The client that people have at hand, mariadb, before servers of either kind: queries, files of
// its own, large packets, TLS, and the console.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/servers/sessions/scene.hpp"

using namespace skein::servers;
using namespace skein::servers::sessions;
using namespace std::chrono_literals;

namespace {

// What it prints, errors too; a column a tab, a row a line.
std::string mariadb(const scene& on, const std::vector<std::string>& options,
                    const std::string& database, const std::string& statements) {
  std::vector<std::string> command{"mariadb",
                                   "--no-defaults",
                                   "-N",
                                   "-B",
                                   "--host=127.0.0.1",
                                   "--port=" + std::to_string(on.skein->port()),
                                   "--user=" + app.user};
  command.insert(command.end(), options.begin(), options.end());
  if (!database.empty()) command.push_back(database);
  child_process client(
      {.command = command, .environment = {"MYSQL_PWD=" + app.password}, .input = statements});
  REQUIRE(client.wait(60s).has_value());
  return client.output();
}

}  // namespace

TEST_CASE("statements and several in one") {
  on_each([](scene& on) {
    CHECK(mariadb(on, {}, "app", "select id, name from goods order by id;") ==
          "1\tone\n2\ttwo\n3\tNULL\n");
    CHECK(mariadb(on, {}, "app", "delimiter //\nselect 1; select 2//") == "1\n2\n");
    CHECK(mariadb(on, {}, "", "use app; select count(*) from goods;") == "3\n");
    CHECK(mariadb(on, {}, "app", "select * from nowhere;").contains("ERROR 1146 (42S02)"));
    CHECK(mariadb(on, {}, "app", "kill 1;").contains("ERROR 1094 (HY000)"));
  });
}

TEST_CASE("a file of the client's is loaded") {
  on_each([](scene& on) {
    on.shop.leader().query("set global local_infile = 1");
    const auto file = on.skein->folder() / "goods.txt";
    std::ofstream lines(file);
    for (int id = 10; id < 20010; ++id) lines << id << "\tname " << id << "\n";
    lines.close();
    const auto told = mariadb(on, {"--local-infile=1"}, "app",
                              "load data local infile '" + file.string() +
                                  "' into table goods; select count(*) from goods;");
    CHECK(told == "20003\n");
    CHECK(mariadb(on, {"--local-infile=1"}, "app",
                  "load data local infile '/no/such/file' into table goods; select 1;")
              .contains("ERROR"));
    CHECK(mariadb(on, {}, "app", "select count(*) from goods;") == "20003\n");
  });
}

TEST_CASE("packets of 16 MB and more go both ways") {
  on_each([](scene& on) {
    on.shop.leader().query("set global max_allowed_packet = 67108864");
    for (const int size : {16777210, 16777215, 16777216, 20000000}) {
      CAPTURE(size);
      const std::string text(static_cast<std::size_t>(size), 'x');
      const auto length =
          mariadb(on, {"--max-allowed-packet=64M"}, "app", "select length('" + text + "');");
      CHECK(length == std::to_string(size) + "\n");
      const auto back = mariadb(on, {"--max-allowed-packet=64M", "--quick"}, "app",
                                "select repeat('y', " + std::to_string(size) + ");");
      CHECK(back.size() == static_cast<std::size_t>(size) + 1);
    }
  });
}

TEST_CASE("TLS") {
  on_each([](scene& on) {
    // Skein's own, whatever the server has.
    CHECK(mariadb(on, {"--ssl"}, "app", "\\s").contains("Cipher in use"));
    CHECK(mariadb(on, {"--skip-ssl"}, "app", "select 1;") == "1\n");
  });
}

TEST_CASE("the console") {
  on_each(
      [](scene& on) {
        const auto members = mariadb(on, {}, "skein", "show members;");
        CHECK(members.contains("shop\ta"));
        CHECK(members.contains("takes writes"));
        CHECK(mariadb(on, {}, "skein", "nonsense;").contains("ERROR"));
        CHECK(mariadb(on, {}, "skein", "show version;").contains("0.1"));
      },
      {.lines = {"console: {users: [app]}"}});
}
