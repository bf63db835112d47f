// What no driver here does: a cancel request over TLS. Also those who need no password, and the
// unix socket.
#include <doctest/doctest.h>

#include "tests/clients/stage.hpp"
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;

TEST_CASE("a cancel request that itself comes over TLS") {
  const stage at({.users = {app_md5}, .trusted = {app}});
  at.play({"/usr/bin/python3"}, "cancel_over_tls.py");
}

TEST_CASE("a trusted user needs no password, the others do") {
  const stage at({.users = {app_md5}, .trusted = {app}});
  CHECK(pg_session(at.skein.words({"app", "anything"})).value("select current_user") == "app");
  CHECK(login_failure(at.skein.words({"app_md5", "anything"})).starts_with("28P01"));
}

TEST_CASE("psql over a unix socket") {
  stage at({.unix_socket = true});
  const auto words = [&](const std::string& password) {
    return "host=" + at.skein.folder().string() + " port=" + std::to_string(at.skein.port()) +
           " user=app dbname=app password=" + password;
  };
  CHECK(pg_session(words("app-secret")).value("select 1") == "1");
  CHECK(login_failure(words("wrong")).starts_with("28P01"));
  pg_session victim(words("app-secret"));
  victim.send("select pg_sleep(20)");
  wait_until(
      [&] {
        return at.shop.leader().value(
                   "select count(*) from pg_stat_activity where query like '%sleep(20)' and "
                   "state = 'active' and pid <> pg_backend_pid()") == "1";
      },
      std::chrono::seconds{10}, "the query runs");
  CHECK(victim.cancel());
  CHECK(victim.finish(std::chrono::seconds{5}).sqlstate == "57014");
}
