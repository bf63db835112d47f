#include "tests/servers/pooling/deeds.hpp"

#include <doctest/doctest.h>

#include "tests/servers/waiting.hpp"

namespace skein::servers {

using namespace std::chrono_literals;

cluster shared_server::prepared(void (*prepare)(cluster& shop)) {
  cluster shop = cluster::start(engine::postgres, {.followers = 0});
  prepare(shop);
  return shop;
}

void act(pg_session& who, const deed& what) {
  for (const std::string& sql : what.does) {
    if (sql.starts_with('@')) {
      PQclear(PQexecParams(who.raw(), sql.c_str() + 1, 0, nullptr, nullptr, nullptr, nullptr, 0));
    } else if (const auto said = who.ask(sql); !said.ok()) {
      REQUIRE_MESSAGE(said.sqlstate == "22012", sql, ": ", said.text);  // a division by zero: meant
    }
  }
}

std::string answer(pg_session& who, const std::string& sql) {
  const auto told = who.ask(sql);
  if (!told.ok()) return told.sqlstate;
  return told.lines.empty() ? "nothing" : told.lines[0][0].value_or("(null)");
}

void check_shared(shared_server& at, const deed& what, const std::string& more) {
  CAPTURE(what.does.back());
  pg_session one(at.skein.words(app, more));
  pg_session other(at.skein.words(app));
  act(one, what);
  CHECK(difference(draw(other), at.as_new) == "");
  CHECK(answer(one, what.looks) == what.sees);
  CHECK(difference(draw(other), at.as_new) == "");
  CHECK(answer(one, what.looks) == what.sees);
}

void check_held(shared_server& at, const deed& what) {
  CAPTURE(what.does.back());
  auto one = std::make_unique<pg_session>(at.skein.words(app));
  pg_session other(at.skein.words(app));
  act(*one, what);
  other.send(picture_query);
  wait_until([&] { return at.skein.metric("skein_pool_waiting") == 1.0; }, 3s, "the other waits");
  CHECK(answer(*one, what.looks) == what.sees);
  one.reset();
  const auto told = other.finish();
  REQUIRE_MESSAGE(told.ok(), told.text);
  CHECK(difference(picture_of(told.lines), at.as_new) == "");
  CHECK(answer(other, "select 7") == "7");
}

}  // namespace skein::servers
