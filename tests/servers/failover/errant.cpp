// An old leader of MySQL or MariaDB has rows that nobody else has: they are written out, by a
// person's command and before hooks, and nothing is where there are none.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/servers/failover/flock.hpp"
#include "tests/servers/mysql/tree.hpp"
#include "tests/servers/test_folder.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed))
    found.push_back(at->path());
  return found;
}

// Where `mysqlbinlog` is MySQL's own, as where its server was installed; Debian's is MariaDB's.
struct tools {
  tools() {
    const fs::path program = folder.path() / "mysqlbinlog";
    std::ofstream file(program);
    file << "#!/bin/sh\nexec";
    for (const auto& each : mysql::tree_command("mysqlbinlog")) file << " '" << each << "'";
    file << " \"$@\"\n";
    file.close();
    fs::permissions(program, fs::perms(0755));
  }
  std::string path() const { return "PATH=" + folder.path().string() + ":" + getenv("PATH"); }
  test_folder folder = {};
};

std::vector<std::string> environment_for(engine which, std::optional<tools>& ours) {
  if (which != engine::mysql) return {};
  if (!ours) ours.emplace();
  return {ours->path()};
}

finished_child rejoin(flock& at, const std::string& member, std::vector<std::string> environment,
                      std::vector<std::string> more = {}) {
  std::vector<std::string> words = {"rejoin", member, at.skein->settings_file().string()};
  words.insert(words.end(), more.begin(), more.end());
  return at.skein->command(words, std::move(environment));
}

// Writes 2 and 20 are on a alone; 1 and those from 3 on are everywhere else.
void part_from_the_others(flock& at) {
  at.write(1);
  at.members.wait_until_caught_up();
  at.members.isolate("a");
  at.write(2);
  at.members.member("a").query("flush binary logs");
  at.write(20);
  at.members.member("a").kill();
  // As many as are on a alone, and more: by their numbers they look like the same ones.
  for (int n = 3; n <= 6; ++n) at.write(n);
  at.members.heal();
  at.members.member("a").start();
}

// By those that read numbers.
void wait_until_all_say_so(flock& at) {
  at.skein->wait_until_status_says("a stays outside: it has written what", 30s);
  const auto says = [&](const char* member) {
    return at.skein->metric("skein_member_has_orphans", "member=\"" + std::string(member) + "\"");
  };
  wait_until([&] { return says("a") == 1 && says("b") == 0 && says("c") == 0; }, 20s,
             "the metric tells of it");
  const auto json = at.skein->get("/status.json").body;
  const auto of_a = json.find("\"name\":\"a\"");
  const auto told = json.find("\"has_orphans\":", of_a);
  REQUIRE(told != std::string::npos);
  CHECK(json.substr(told, 19) == "\"has_orphans\":true,");
}

bool has_row(const std::string& rows, int number) {
  return rows.find("@1=" + std::to_string(number) + " ") != std::string::npos;
}

void check_kept(const fs::path& kept) {
  const auto about = text_of(kept / "README.txt");
  const auto rows = text_of(kept / "rows.txt");
  CAPTURE(about);
  CAPTURE(rows);
  CHECK(about.find("transactions were committed on a alone") != std::string::npos);
  CHECK(about.find(lead_mover.password) == std::string::npos);
  CHECK(rows.find("### INSERT INTO `app`.`ledger`") != std::string::npos);
  CHECK(has_row(rows, 2));
  CHECK(has_row(rows, 20));
  for (const int other : {1, 3, 4, 5, 6}) CHECK_FALSE(has_row(rows, other));
  // Rows are secrets as much as where they came from.
  CHECK((fs::status(kept).permissions() & fs::perms(077)) == fs::perms::none);
}

}  // namespace

TEST_CASE("the rows that only an old leader has are written out, once") {
  for (const engine which : {engine::mysql, engine::mariadb}) {
    if (!is_wanted(which)) continue;
    CAPTURE(to_string(which));
    std::optional<tools> ours;
    const auto environment = environment_for(which, ours);
    flock at(tongue_of(which), "automatic: yes", {.relayed = true});
    const std::string data = at.members.member("a").data().string();

    auto told = rejoin(at, "b", environment, {"--keep-only"});
    CAPTURE(told.errors);
    CHECK(told.output == "no transaction is on b alone\n");
    CHECK(told.exit_code == 0);
    CHECK(entries_of(at.members.member("b").data().string() + ".orphans").empty());

    CHECK(at.skein->metric("skein_member_has_orphans", "member=\"a\"").value_or(0) == 0);
    part_from_the_others(at);
    wait_until_all_say_so(at);
    for (int times = 0; times < 2; ++times) {
      told = rejoin(at, "a", environment);
      CAPTURE(told.output);
      CAPTURE(told.errors);
      CHECK(told.exit_code == 1);
      CHECK(told.errors.find("a stays outside, since it has written what") != std::string::npos);
      CHECK(told.output.find("are on a alone (") != std::string::npos);
      CHECK(told.output.find("what its log says of them is kept in " + data + ".orphans/a-") !=
            std::string::npos);
      const auto kept = entries_of(data + ".orphans");
      REQUIRE(kept.size() == 1);
      check_kept(kept.front());
    }
    // From another machine: where that is to be, the settings or the command say.
    const test_folder elsewhere;
    told = rejoin(at, "a", environment,
                  {"--keep-only", "--data-directory", (elsewhere.path() / "data").string()});
    CHECK(told.exit_code == 0);
    const auto kept = entries_of(elsewhere.path() / "data.orphans");
    REQUIRE(kept.size() == 1);
    check_kept(kept.front());
  }
}

TEST_CASE("without the tool a person hears what there is, and how to read it") {
  if (!is_wanted(engine::mysql)) return;
  flock at(tongue_of(engine::mysql), "automatic: yes", {.relayed = true});
  part_from_the_others(at);
  wait_until_all_say_so(at);
  const std::string data = at.members.member("a").data().string();
  const test_folder nothing;
  const auto told = rejoin(at, "a", {"PATH=" + nothing.path().string()}, {"--keep-only"});
  CAPTURE(told.errors);
  CHECK(told.exit_code == 1);
  CHECK(told.errors.find("is on a alone, and its rows are not written out: there is no mysqlbinlog "
                         "of MySQL on this machine") != std::string::npos);
  CHECK(told.errors.find(lead_mover.password) == std::string::npos);
  CHECK(entries_of(data + ".orphans").empty());
  // What it says to run is what can be run.
  const auto begins = told.errors.find("mysqlbinlog --");
  REQUIRE(begins != std::string::npos);
  std::string command = told.errors.substr(begins);
  const auto asks = command.find("--password ");
  REQUIRE(asks != std::string::npos);
  command.replace(asks, 11, "--password='" + lead_mover.password + "' ");
  const tools ours;
  const auto printed = run(
      {.command = {"/bin/sh", "-c", command}, .environment = {ours.path()}, .errors_apart = true},
      20s);
  CAPTURE(printed.errors);
  CHECK(printed.exit_code == 0);
  CHECK(has_row(printed.output, 2));
  CHECK(has_row(printed.output, 20));
  CHECK_FALSE(has_row(printed.output, 3));
}

TEST_CASE("hooks do not run before what only an old leader has is written out") {
  if (!is_wanted(engine::mariadb)) return;
  const test_folder notes;
  const std::string seen = (notes.path() / "seen").string();
  // What a copy of the leader's data would take away is looked for by the first that runs.
  flock at(tongue_of(engine::mariadb), "automatic: yes", {.relayed = true}, {}, {},
           {{"a", "hooks: {stop: \"cat %data.orphans/*/rows.txt > " + seen +
                      "\", rejoin: \"true\", start: \"true\"}"}});
  part_from_the_others(at);
  wait_until([&] { return has_row(text_of(seen), 20); }, 30s, "the hook has found the rows");
  CHECK(has_row(text_of(seen), 2));
}
