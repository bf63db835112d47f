// What only servers know is found out by `skein check --connect`, before anything relies on it.
#include <fstream>
#include <sstream>

#include "tests/servers/failover/flock.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// What is said of the flock's settings with these words in place of those.
finished_child check(const flock& at, const std::string& was = {}, const std::string& is = {}) {
  std::ostringstream text;
  text << std::ifstream(at.skein->settings_file()).rdbuf();
  std::string all = text.str();
  const auto from = all.find(was);
  REQUIRE_MESSAGE(from != all.npos, was, " is not in\n", all);
  const auto other = at.skein->settings_file().parent_path() / "checked.yaml";
  std::ofstream(other) << all.replace(from, was.size(), is);
  return at.skein->command({"check", "--connect", other.string()});
}

std::string place_of(flock& at, const std::string& member) {
  return std::to_string(at.members.member(member).port());
}

}  // namespace

TEST_CASE("what only servers know is found out before anything relies on it") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes", {}, {}, "mode: quorum, acks: 1");
    at.write(1);
    const auto well = check(at);
    CAPTURE(well.output);
    CAPTURE(well.errors);
    CHECK(well.exit_code == 0);
    CHECK(well.errors.find("wrong") == std::string::npos);
    CHECK(well.output.find(place_of(at, "a") + "  leads, version ") != std::string::npos);
    CHECK(well.output.find(place_of(at, "b") + "  follows a, version ") != std::string::npos);

    const auto more = check(at, "acks: 1", "acks: 2");
    CHECK(more.exit_code == (in.which == engine::mariadb ? 1 : 0));
    CHECK((more.errors.find("a is MariaDB, which waits for one follower at most: set "
                            "durability.acks to 1") != std::string::npos) ==
          (in.which == engine::mariadb));

    const auto twice =
        check(at, "127.0.0.1:" + place_of(at, "c"), "localhost:" + place_of(at, "b"));
    CHECK(twice.exit_code == 1);
    CHECK(twice.errors.find("one server") != std::string::npos);

    at.members.member("c").kill();
    const auto down = check(at);
    CHECK(down.exit_code == 1);
    CHECK(down.errors.find("wrong: cluster shop: c (127.0.0.1:" + place_of(at, "c") + "): ") !=
          std::string::npos);
    CHECK(down.output.find(place_of(at, "c") + "  out") != std::string::npos);
  });
}

TEST_CASE("a user who is not let in, or may not see what must be seen, is found out, too") {
  on_each_engine([](const tongue& in) {
    flock at(in, "automatic: yes");
    const std::string who = in.which == engine::postgres ? app.user : "nobody";
    const auto denied = check(at, moves_lead_as(), "user: " + who + ", password: " + app.password);
    CAPTURE(denied.errors);
    CHECK(denied.exit_code == 1);
    CHECK(denied.errors.find("takes no orders about the lead: ") != std::string::npos);
    CHECK(denied.errors.find("skein grants --feature failover") != std::string::npos);
  });
}
