// A listener's rules before real clients: by address, user, database, TLS and proof.
#include <doctest/doctest.h>

#include "tests/servers/certificates.hpp"
#include "tests/servers/cluster.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"

using namespace skein::servers;

namespace {

const login ann{"ann", "geese"};
const login hashed{"hashed", "geese"};

std::string certificate() {
  const auto& files = test_certificates();
  return "sslmode=require sslcert=" + files.client_certificate.string() +
         " sslkey=" + files.client_key.string();
}

cluster shop_with_users() {
  auto shop = cluster::start(
      engine::postgres, {.followers = 0, .server = {.hba = {"host all hashed 127.0.0.1/32 md5"}}});
  shop.leader().query("create role ann login password 'geese'");
  shop.leader().query("set password_encryption = md5; create role hashed login password 'geese'");
  return shop;
}

}  // namespace

TEST_CASE("the first rule that fits decides, and whom none fits is sent away") {
  auto shop = shop_with_users();
  skein_process skein(
      shop,
      {.users = {app, ann, hashed},
       .rules = {"user: hashed, database: postgres, method: reject", "user: hashed, method: md5",
                 "user: app, tls: none, method: trust", "user: app, tls: required, method: cert",
                 "user: ann, tls: required, address: 127.0.0.0/8, method: cert, "
                 "names: [{name: app, user: ann}]",
                 "user: ann, address: 192.0.2.0/24, method: trust"}});
  struct row {
    login who;
    std::string how;
    const char* refusal;  // empty: let in
  };
  for (const auto& [who, how, refusal] :
       {row{hashed, "sslmode=disable", ""},
        {{"hashed", "wrong"}, "sslmode=disable", "28P01: password authentication failed"},
        {hashed, "sslmode=disable dbname=postgres", "28000: the rules of this listener"},
        {{"app", "unproven"}, "sslmode=disable", ""},
        {{"app", "unproven"}, "sslmode=require", "28000: a client certificate is required"},
        {{"app", "unproven"}, certificate(), ""},
        {ann, "sslmode=disable", "28000: the rules of this listener"},
        {ann, "sslmode=require", "28000: a client certificate is required"},
        {{"ann", "unproven"}, certificate(), ""},
        {{"nobody", "x"}, "sslmode=disable", "28000: the rules of this listener"}}) {
    CAPTURE(who.user);
    CAPTURE(how);
    const auto why = login_failure(skein.words(who, how));
    CAPTURE(why);
    CHECK(why.starts_with(refusal));
    CHECK(why.empty() == (*refusal == '\0'));
    if (why.empty()) {
      CHECK(pg_session(skein.words(who, how)).value("select current_user") == who.user);
    }
  }
}

TEST_CASE("each listener has rules of its own") {
  auto shop = shop_with_users();
  skein_process skein(shop, {.users = {app, ann},
                             .unix_socket = true,
                             .rules = {"user: ann, method: reject", "method: scram"},
                             .socket_rules = {"user: app, method: reject", "method: scram"}});
  const std::string over_tcp = "sslmode=disable";
  const std::string over_socket = "host=" + skein.folder().string();
  const std::string sent_away = "28000: the rules of this listener";
  CHECK(login_failure(skein.words(app, over_tcp)).empty());
  CHECK(login_failure(skein.words(ann, over_tcp)).starts_with(sent_away));
  CHECK(login_failure(skein.words(ann, over_socket)).empty());
  CHECK(login_failure(skein.words(app, over_socket)).starts_with(sent_away));
}

TEST_CASE("a rule wants another proof than what is known can be verified by") {
  auto shop = shop_with_users();
  const auto stored = [&](const char* user) {
    return shop.leader().value("select rolpassword from pg_authid where rolname = '" +
                               std::string(user) + "'");
  };
  skein_process skein(shop, {.users = {{"ann", stored("ann")}, app},
                             .health = "user: app, password: app-secret",
                             .rules = {"tls: none, method: md5", "method: trust"}});
  // Who proves nothing gives Skein nothing to log in with.
  CHECK(login_failure(skein.words(ann, "sslmode=require"))
            .find("clients that log in to Skein by SCRAM") != std::string::npos);
  // As PostgreSQL does: whose secret is known proves by SCRAM also where md5 would do.
  CHECK(pg_session(skein.words(ann)).value("select current_user") == "ann");
  CHECK(login_failure(skein.words({"nobody", "x"})).starts_with("28P01"));
}
