// Plays scenarios, round after round, and prints what came of it. As a test: a short round with
// each engine. For people: tests/faults/run, which says by SKEIN_FAULTS_* what is to be played.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>

#include "tests/faults/scenarios.hpp"
#include "tests/faults/several_scenarios.hpp"

using namespace skein::servers;
using namespace skein::servers::faults;

namespace {

std::string word_from(const char* name) {
  const char* said = std::getenv(name);
  return said == nullptr ? "" : said;
}

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const auto said = word_from(name);
  return said.empty() ? otherwise : std::strtoull(said.c_str(), nullptr, 10);
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

// What is played, whoever plays in it.
struct piece {
  std::string name;
  std::string about;
  promise wants;
  std::function<round_result(engine on, int round, std::uint64_t seed)> play;
  bool can_be_played = true;
  bool lasts = false;
};

template <typename Scene>
round_result judge(Scene& at, const promise& wants) {
  round_result out;
  const evidence all = at.gather();
  out.made = check(all);
  if (at.struck)
    out.first_write = wants.no_errors ? longest_silence(all, *at.struck)
                                      : first_write_again(all, "a", *at.struck);
  out.detected = at.detected();
  out.moves = at.moves_of_lead();
  out.load_share = at.load_share();
  out.wrong_reads = at.wrong_reads();
  for (const auto& [code, error] : at.errors()) {
    out.errors += error.times;
    say("    heard " + code + " " + std::to_string(error.times) + " times: " + error.text);
  }
  for (const auto& each : out.made.findings) say("    finding: " + each);
  // While the scene stands, so that logs of what went wrong are kept.
  const auto broken = broken_by(out, wants);
  const std::string first = broken.empty() ? "" : broken.front();
  CHECK_MESSAGE(broken.empty(), first);
  return out;
}

piece piece_of(const scenario& which) {
  const auto play = [&which](engine on, int round, std::uint64_t seed) {
    scene at(on, which.set(round), seed);
    which.play(at, round);
    return judge(at, which.wants);
  };
  return {.name = std::string(which.name),
          .about = std::string(which.about),
          .wants = which.wants,
          .play = play,
          .can_be_played = !which.set(0).small_disk || may_have_small_disks(),
          .lasts = which.lasts};
}

piece piece_of(const several_scenario& which) {
  const auto play = [&which](engine on, int round, std::uint64_t seed) {
    several at(on, which.how, seed);
    which.play(at, round);
    return judge(at, which.wants);
  };
  return {.name = std::string(which.name),
          .about = std::string(which.about),
          .wants = which.wants,
          .play = play};
}

std::vector<piece> all_pieces() {
  std::vector<piece> all;
  for (const auto& each : all_scenarios()) all.push_back(piece_of(each));
  for (const auto& each : several_scenarios()) all.push_back(piece_of(each));
  return all;
}

// By its name, or `several` for all that have several Skeins.
std::vector<piece> pieces_called(const std::string& name) {
  auto all = all_pieces();
  std::erase_if(all, [&](const piece& each) {
    const bool one_of_them = name == "several" && each.name.starts_with("several_");
    return !name.empty() && each.name != name && !one_of_them;
  });
  return all;
}

round_result play(const piece& which, engine on, int round, std::uint64_t seed) {
  CAPTURE(which.name);
  CAPTURE(to_string(on));
  CAPTURE(round);
  try {
    return which.play(on, round, seed + static_cast<std::uint64_t>(round));
  } catch (const std::exception& trouble) {
    round_result out;
    out.trouble.emplace_back(trouble.what());
    FAIL_CHECK(out.trouble.front());
    return out;
  }
}

std::vector<round_result> play_rounds(const piece& which, engine on, int rounds,
                                      std::uint64_t seed) {
  std::vector<round_result> all;
  for (int round = 0; round < rounds; ++round) {
    all.push_back(play(which, on, round, seed));
    const auto& last = all.back();
    say("  " + std::string(to_string(on)) + " " + which.name + " " + std::to_string(round + 1) +
        "/" + std::to_string(rounds) + ": first write after " +
        (last.first_write ? std::to_string(last.first_write->count()) + " ms" : "-") + ", " +
        std::to_string(last.made.acknowledged) + " acknowledged, " +
        std::to_string(last.made.lost) + " lost (" + std::to_string(last.made.lost_nowhere) +
        " nowhere), " + std::to_string(last.made.in_doubt) + " in doubt, " +
        std::to_string(last.made.refused) + " refused" +
        (last.trouble.empty() ? "" : "; " + last.trouble.front()));
  }
  return all;
}

// Whatever a machine that is busy with other tests makes of times, no word may be broken.
void play_short(engine on, std::initializer_list<const char*> names) {
  if (!is_wanted(on)) return;
  const auto seed = number_from("SKEIN_FAULTS_SEED", 1);
  for (const char* name : names) {
    const auto found = pieces_called(name);
    REQUIRE(found.size() == 1);
    say(table_line(std::string(to_string(on)), name, play_rounds(found[0], on, 1, seed)));
  }
}

constexpr auto alone = {"killed", "quorum", "unfenced"};

}  // namespace

TEST_CASE("short postgres") {
  play_short(engine::postgres, alone);
}
TEST_CASE("short mariadb") {
  play_short(engine::mariadb, alone);
}
TEST_CASE("short mysql") {
  play_short(engine::mysql, alone);
}
TEST_CASE("several") {
  play_short(engine::postgres, {"several_killed", "several_paused"});
}

TEST_CASE("list") {
  for (const piece& each : all_pieces())
    std::printf("  %-24s %s\n", each.name.c_str(), each.about.c_str());
}

TEST_CASE("rounds") {
  const auto seed = number_from("SKEIN_FAULTS_SEED", std::random_device{}());
  const auto rounds = static_cast<int>(number_from("SKEIN_FAULTS_ROUNDS", 30));
  const auto only = word_from("SKEIN_FAULTS_SCENARIO");
  if (const auto minutes = word_from("SKEIN_FAULTS_MINUTES"); !minutes.empty())
    set_minutes(std::atof(minutes.c_str()));
  say("seed " + std::to_string(seed) + " repeats this");
  const auto wanted = pieces_called(only);
  REQUIRE_MESSAGE(!wanted.empty(), "no scenario ", only);
  std::vector<std::string> lines;
  for (const engine on : {engine::postgres, engine::mariadb, engine::mysql}) {
    if (!is_wanted(on)) continue;
    for (const piece& each : wanted) {
      if (!each.can_be_played) {
        say("  " + each.name + " is left out: only root may make small disks");
        continue;
      }
      const auto all = play_rounds(each, on, each.lasts ? 1 : rounds, seed);
      lines.push_back(table_line(std::string(to_string(on)), each.name, all));
      for (const auto& late : broken_by(all, each.wants)) {
        lines.push_back("    " + late);
        FAIL_CHECK(each.name, " on ", to_string(on), ": ", late);
      }
    }
  }
  say("\n" + table_head());
  for (const auto& line : lines) say(line);
}
