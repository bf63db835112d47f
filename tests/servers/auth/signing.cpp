// client_ed25519 before real servers: MariaDB's, who have users of that method, and its clients.
#include <doctest/doctest.h>

#include "tests/servers/mysql/native.hpp"
#include "tests/servers/mysql/scene.hpp"

using namespace skein::servers;
using mysql::native_client;
using mysql::scene;

namespace {

const login ed{"ed", "a password that is longer than thirty-two bytes"};
constexpr auto own_method = "client_ed25519";

skein_options known(std::vector<login> users) {
  return {.users = std::move(users), .health = "user: app, password: app-secret"};
}

// Skein looks at its members as such a user, too.
std::string health_as_ed() {
  return "user: ed, password: '" + ed.password + "'";
}

std::string current_user(std::uint16_t port, const login& who, const std::string& method = {},
                         const std::string& database = "app") {
  try {
    native_client client(port, who, {.database = database, .method = method});
    return client.value("select substring_index(current_user(), '@', 1)");
  } catch (const mysql::login_failure& why) {
    return why.what();
  }
}

// A user of MariaDB's who signs; returns what is stored of it.
std::string make_ed(cluster& shop) {
  auto& leader = shop.leader();
  leader.query("install soname 'auth_ed25519'");
  leader.query("create user ed identified via ed25519 using password('" + ed.password + "')");
  leader.query("grant all on *.* to ed");
  return leader.value("select authentication_string from mysql.user where user = 'ed'");
}

}  // namespace

TEST_CASE("a client signs, whatever its server has the user prove") {
  mysql::on_each_server(known({app}), 0, [](scene& on) {
    const auto port = on.skein->port();
    CHECK(current_user(port, app, own_method) == "app");
    CHECK(current_user(port, {"app", "wrong"}, own_method).starts_with("Access denied"));
    CHECK(current_user(port, {"nobody", "wrong"}, own_method).starts_with("Access denied"));
    native_client client(port, app, {.method = own_method});
    for (int i = 0; i < 3; ++i) {
      const auto changed = client.change_user(app);
      CHECK_MESSAGE(changed.ok(), changed.text);
    }
    CHECK(client.value("select 1") == "1");
  });
}

TEST_CASE("a server has the user sign, whatever the client proves to Skein") {
  if (!is_wanted(engine::mariadb)) return;
  for (const std::string mode : {"transaction", "session"}) {
    cluster shop = cluster::start(engine::mariadb, {.followers = 0});
    make_ed(shop);
    auto how = known({app, ed});
    how.pool_mode = mode;
    how.health = health_as_ed();
    skein_process skein(shop, how);
    for (const std::string method : {"", "mysql_native_password", own_method}) {
      CAPTURE(method);
      CHECK(current_user(shop.leader().port(), ed, method) == "ed");
      CHECK(current_user(skein.port(), ed, method) == "ed");
      CHECK(current_user(skein.port(), {"ed", "wrong"}, method).starts_with("Access denied"));
    }
    native_client client(skein.port(), app);
    for (const auto& next : {ed, ed, app, ed}) {
      const auto changed = client.change_user(next);
      CHECK_MESSAGE(changed.ok(), changed.text);
      CHECK(client.value("select substring_index(user(), '@', 1)") == next.user);
    }
  }
}

TEST_CASE("a key that is stored lets clients in, and signs in to no server") {
  if (!is_wanted(engine::mariadb)) return;
  cluster shop = cluster::start(engine::mariadb, {.followers = 0});
  const auto stored = make_ed(shop);
  REQUIRE(stored.size() == 43);
  auto how = known({app, {"ed", "$ed25519$" + stored}});
  how.health = health_as_ed();
  how.lines.emplace_back("console: {users: [ed]}");
  skein_process skein(shop, how);
  const auto told = current_user(skein.port(), ed);
  CHECK_MESSAGE(told.contains("only the public key of client_ed25519 is known"), told);
  CHECK(current_user(skein.port(), {"ed", "wrong"}).starts_with("Access denied"));
  CHECK(current_user(skein.port(), {"ed", stored}).starts_with("Access denied"));
  native_client console(skein.port(), ed, {.database = "skein"});
  CHECK(console.value("show version").contains("."));
}
