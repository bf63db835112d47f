// The clients that people have at hand, by every compression that they know: what they ask, send
// and get is what it is without. So it is where Skein's connections to the servers are compressed,
// by another way than the clients', and over TLS.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/servers/compression/scene.hpp"

using namespace skein::servers;
using namespace skein::servers::compression;

namespace {

struct setting {
  std::string pool_mode;
  std::string compression;  // towards the servers
};

void each_way(void (*play)(scene&, const way&)) {
  for (const setting& now : {setting{"transaction", "none"},
                             {"transaction", "zlib"},
                             {"transaction", "zstd"},
                             {"session", "zlib"}}) {
    for (const engine which : {engine::mariadb, engine::mysql}) {
      if (!is_wanted(which)) continue;
      CAPTURE(now.pool_mode);
      CAPTURE(now.compression);
      CAPTURE(to_string(which));
      scene on(which, {.compression = now.compression, .users = {app}, .pool_mode = now.pool_mode},
               0);
      for (const way& each : every_way()) {
        CAPTURE(each.name);
        play(on, each);
      }
    }
  }
}

std::string lines(int count) {
  std::string all;
  for (int n = 1; n <= count; ++n) {
    const auto text = std::to_string(n);
    all += text + "\tgoods of number " + text + "\n";
  }
  return all;
}

}  // namespace

TEST_CASE("small results and large ones, and several in one") {
  each_way([](scene& on, const way& how) {
    CHECK(ask(on, how, "select id, name from goods order by id;") == "1\tone\n2\ttwo\n3\tNULL\n");
    CHECK(ask(on, how, "select * from nowhere;").contains("ERROR 1146 (42S02)"));
    CHECK(ask(on, how, "delimiter //\nselect 1; select 2; select repeat('x', 99)//") ==
          "1\n2\n" + std::string(99, 'x') + "\n");
    const std::string many =
        "with recursive c as (select 1 as n union all select n + 1 from c where n < 990) "
        "select n, concat('goods of number ', n) from c;";
    // More packets than there are numbers, several times in one session.
    CHECK((ask(on, how, many + many + "do 1; " + many) == lines(990) + lines(990) + lines(990)));
    // Of 256 packets, the last of which has the number 0, and those beside it.
    std::string all;
    std::string wanted;
    for (int rows = 250; rows < 258; ++rows) {
      const auto limit = std::to_string(rows);
      all += "with recursive c as (select 1 as n union all select n + 1 from c where n < " + limit +
             ") select n, concat('goods of number ', n) from c; select 'next';";
      wanted += lines(rows) + "next\n";
    }
    CHECK((ask(on, how, all) == wanted));
    CHECK(ask(on, how,
              "prepare s from 'select repeat(?, 5000)'; set @a = 'x'; execute s using @a;") ==
          std::string(5000, 'x') + "\n");
  });
}

TEST_CASE("rows and statements of more than 16 MB") {
  for (const std::string servers : {"none", "zlib"}) {
    on_each(
        [](scene& on) {
          on.shop.leader().query("set global max_allowed_packet = 67108864");
          int size = 16777215 - 100;
          for (const way& how : every_way()) {
            CAPTURE(how.name);
            size += 50;  // just below a packet's longest length, and above it
            const std::string text(static_cast<std::size_t>(size), 'x');
            CHECK(ask(on, how, "select length('" + text + "');", {"--max-allowed-packet=64M"}) ==
                  std::to_string(size) + "\n");
            const auto back =
                ask(on, how, "select repeat('y', " + std::to_string(size) + "); select 'end';",
                    {"--max-allowed-packet=64M", "--quick"});
            CHECK((back == std::string(static_cast<std::size_t>(size), 'y') + "\nend\n"));
          }
        },
        {.compression = servers, .users = {app}});
  }
}

TEST_CASE("a file of the client's is loaded, in more packets than there are numbers") {
  each_way([](scene& on, const way& how) {
    on.shop.leader().query("set global local_infile = 1");
    on.shop.leader().query("delete from goods where id > 9");
    const auto file = on.skein->folder() / "goods.txt";
    std::ofstream out(file);
    for (int id = 10; id < 60010; ++id)
      out << id << "\tname " << id << std::string(static_cast<std::size_t>(id % 80), '.') << "\n";
    out.close();
    CHECK(ask(on, how,
              "load data local infile '" + file.string() +
                  "' into table goods; select count(*), sum(length(name)) from goods;",
              {"--local-infile=1"}) ==
          "60003\t" + on.shop.leader().value("select sum(length(name)) from goods") + "\n");
    CHECK(on.shop.leader().value("select count(*) from goods") == "60003");
    // Behind a result, so that its number is not that of the compressed packet.
    CHECK(ask(on, how,
              "delete from goods where id > 9;\ndelimiter //\nselect id from goods; "
              "load data local infile '" +
                  file.string() + "' into table goods; select 5//",
              {"--local-infile=1"}) == "1\n2\n3\n5\n");
    CHECK(on.shop.leader().value("select count(*) from goods") == "60003");
    CHECK(ask(on, how, "load data local infile '/no/such/file' into table goods; select 1;",
              {"--local-infile=1", "--force"})
              .ends_with("1\n"));
  });
}

TEST_CASE("compression within TLS, on both sides") {
  for (const engine which : {engine::mariadb, engine::mysql}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    scene on(
        which,
        {.client_tls = "require", .server_tls = "disable", .compression = "zlib", .users = {app}},
        0);
    for (const way& how : every_way()) {
      CAPTURE(how.name);
      std::vector<std::string> tls = {how.of_mysql ? "--ssl-mode=REQUIRED" : "--ssl"};
      if (how.of_mysql) tls.push_back("--commands");
      const auto told = ask(on, how, "\\s", tls);
      CHECK_MESSAGE(told.contains("Cipher in use"), told);
      CHECK(
          (ask(on, how, "select repeat('x', 1000000);", tls) == std::string(1000000, 'x') + "\n"));
    }
  }
}

TEST_CASE("the console") {
  on_each(
      [](scene& on) {
        for (const way& how : every_way()) {
          CAPTURE(how.name);
          CHECK(ask(on, how, "show members;", {}, "skein").contains("takes writes"));
          CHECK(ask(on, how, "nonsense;", {}, "skein").contains("ERROR"));
        }
      },
      {.users = {app}, .lines = {"console: {users: [app]}"}});
}
