#include "backends/postgres/look.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/own_messages.hpp"

using namespace skein::postgres;

namespace {

const std::string one_value = wire::text("\0\1");
const std::string sync_message = wire::message('S');

// The look of a connection on which every statement is prepared.
std::string warm_look(const std::vector<std::string>& touched, const session_state& on_server,
                      look_depth depth) {
  std::string cold;
  std::string warm;
  own_statements there;
  append_look(cold, touched, on_server, depth, there);
  append_look(warm, touched, on_server, depth, there);
  return warm;
}

std::string row(const std::vector<std::optional<std::string>>& values) {
  std::string body = wire::u32(static_cast<std::uint32_t>(values.size())).substr(2);
  for (const auto& value : values) body += value ? wire::sized(*value) : wire::u32(0xffffffff);
  return body;
}

}  // namespace

TEST_CASE("names are asked for folded, once, and only those that can be carried") {
  const auto array = [](std::uint32_t dimensions) {
    return wire::u32(dimensions) + wire::u32(0) + wire::u32(17);
  };
  CHECK(warm_look({"TimeZone", "seed", "app.user", "timezone", "transaction_isolation"}, {},
                  look_depth::names) ==
        wire::run("skein_calm") +
            wire::run("skein_look_names",
                      one_value + wire::sized(array(1) + wire::u32(2) + wire::u32(1) +
                                              wire::sized("app.user") + wire::sized("timezone"))) +
            sync_message);
  CHECK(warm_look({}, {}, look_depth::names) ==
        wire::run("skein_calm") + wire::run("skein_look_names", one_value + wire::sized(array(0))) +
            sync_message);
}

TEST_CASE("a look at everything asks for what the server does not list") {
  const session_state on_server(
      {{"app.user", "ann"}, {"role", "r"}, {"timezone", "UTC"}, {"work_mem", "1MB"}});
  CHECK(
      warm_look({"app.other"}, on_server, look_depth::whole) ==
      wire::run("skein_calm") +
          wire::run("skein_look_settings",
                    one_value + wire::sized(wire::u32(1) + wire::u32(0) + wire::u32(17) +
                                            wire::u32(3) + wire::u32(1) + wire::sized("app.other") +
                                            wire::sized("app.user") + wire::sized("role"))) +
          wire::run("skein_look_held") + wire::run("skein_look_prepared") + sync_message);
}

TEST_CASE("each statement of ours is prepared once, and anew behind a doubt") {
  own_statements there;
  std::string out;
  const auto look = [&](look_depth depth) {
    out.clear();
    return wire::letters(append_look(out, {"a"}, {}, depth, there));
  };
  CHECK(look(look_depth::names) == "PBEPBES");
  CHECK(out.starts_with(wire::message(
      'P', wire::text("skein_calm\0set transaction_isolation to 'read committed'\0\0\0"))));
  CHECK(look(look_depth::names) == "BEBES");
  CHECK(look(look_depth::held) == "BEBEPBEPBES");
  there.doubt();
  CHECK(look(look_depth::names) == "CPBECPBES");
  CHECK(out.starts_with(wire::message('C', wire::text("Sskein_calm\0"))));
  CHECK(look(look_depth::whole) == "BEPBECPBECPBES");
}

TEST_CASE("what a look's rows tell") {
  look_reader reader(look_depth::whole);
  for (const auto& one :
       {row({"work_mem", "64MB"}), row({"app.user", ""}), row({"app.none", {}}),
        row({"transaction_isolation", "serializable"}),
        row({"\1", std::string(1, '\0'), "\1", "\1"}), row({"prepared one"}), row({"two"})})
    reader.data_row(wire::bytes(one));
  REQUIRE_FALSE(reader.failed());
  const auto held = reader.take();
  CHECK(held.depth == look_depth::whole);
  CHECK(held.settings == settings_map{{"app.user", ""}, {"work_mem", "64MB"}});
  CHECK(held.temporary_objects);
  CHECK_FALSE(held.advisory_locks);
  CHECK(held.held_cursors);
  CHECK(held.listening);
  CHECK(held.prepared_in_sql == std::vector<std::string>{"prepared one", "two"});
}

TEST_CASE("a reason for each thing that holds a connection") {
  CHECK(held_state().pin_reason().empty());
  held_state held;
  held.listening = true;
  CHECK(held.pin_reason() == "it listens to a channel");
  held.prepared_in_sql = {"a"};
  CHECK(held.pin_reason() == "it has a statement made by PREPARE");
  held.held_cursors = true;
  CHECK(held.pin_reason() == "it has a cursor WITH HOLD open");
  held.advisory_locks = true;
  CHECK(held.pin_reason() == "it holds an advisory lock");
  held.temporary_objects = true;
  CHECK(held.pin_reason() == "it has temporary tables or other temporary objects");
}

TEST_CASE("a row that is none of ours, or cut anywhere, is a failed look") {
  const auto failed = [](std::string_view body) {
    look_reader reader(look_depth::names);
    reader.data_row(wire::bytes(body));
    return reader.failed();
  };
  const auto whole = row({"work_mem", "64MB"});
  CHECK_FALSE(failed(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(failed(whole.substr(0, size)));
  CHECK(failed(whole + "x"));
  CHECK(failed(row({{}, "value"})));
  CHECK(failed(row({std::optional<std::string>()})));
  CHECK(failed(row({"a", "b", "c"})));
  CHECK(failed(row({})));
  CHECK(failed(wire::text("\xff\xff\0\0\0\0")));
  look_reader reader(look_depth::names);
  reader.error();
  CHECK(reader.failed());
}
