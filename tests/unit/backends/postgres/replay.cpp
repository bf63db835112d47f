#include "backends/postgres/replay.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/own_messages.hpp"

using namespace skein::postgres;

TEST_CASE("a setting is set, a null resets it, and set_config is prepared once") {
  own_statements there;
  std::string out;
  const auto replay = [&](const std::vector<setting_change>& changes) {
    out.clear();
    return wire::letters(append_replay(out, changes, there));
  };
  const std::string set_a =
      wire::run("skein_set", wire::text("\0\2") + wire::sized("a") + wire::sized("1"));
  const std::string reset_b =
      wire::run("skein_set", wire::text("\0\2") + wire::sized("app.b") + wire::u32(0xffffffff));
  CHECK(replay({{"a", "1"}, {"app.b", {}}}) == "PBEBE");
  CHECK(out.ends_with(set_a + reset_b));
  CHECK(replay({{"a", "1"}}) == "BE");
  CHECK(out == set_a);
  there.doubt();
  CHECK(replay({{"a", "1"}}) == "CPBE");
  CHECK(out.starts_with(wire::message('C', wire::text("Sskein_set\0"))));
  CHECK(replay({}).empty());
  CHECK(out.empty());
}

TEST_CASE("what a transaction takes over at its beginning cannot share it with the client") {
  CHECK_FALSE(must_stand_alone({}));
  CHECK_FALSE(must_stand_alone({{"work_mem", "1MB"}, {"transaction_timeout", "1"}}));
  for (const auto* name : {"default_transaction_isolation", "default_transaction_read_only",
                           "default_transaction_deferrable"})
    CHECK(must_stand_alone({{"a", "1"}, {name, {}}}));
  own_statements there;
  std::string out;
  CHECK(wire::letters(append_replay(out, {{"default_transaction_read_only", "on"}}, there)) ==
        "PBEPBE");
  CHECK(out.starts_with(wire::message(
      'P', wire::text("skein_calm\0set transaction_isolation to 'read committed'\0\0\0"))));
}

TEST_CASE("a clean-up leaves our statements and closes the others by name") {
  own_statements there;
  std::string out;
  append_clean(out, {}, there);
  CHECK(out.find("deallocate") == std::string::npos);
  CHECK(out.find("discard all") == std::string::npos);
  out.clear();
  CHECK(wire::letters(append_clean(out, {"a", "B c"}, there)) == "BEBEBEBEBEBEBEBEBECC");
  CHECK(out.starts_with(wire::run("skein_calm") + wire::run("skein_reset_settings")));
  CHECK(out.ends_with(wire::message('C', wire::text("Sa\0")) +
                      wire::message('C', wire::text("SB c\0"))));
}
