// From rounds to a table: how soon writes were taken again, what was lost, and whether that is
// within what is promised. Pure; rounds.cpp collects and prints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/faults/checker.hpp"

namespace skein::servers::faults {

struct round_result {
  verdict made;
  std::optional<milliseconds> first_write;  // taken again, since the strike
  std::optional<milliseconds> detected;     // Skein's first step, since the strike
  std::size_t moves = 0;                    // of the lead
  std::size_t errors = 0;                   // that clients heard
  std::size_t wrong_reads = 0;
  double load_share = 0;                  // of the peak, until the strike
  std::vector<std::string> trouble = {};  // why it could not be played, or is no good besides
};

// What a scenario promises, whatever the engine.
struct promise {
  std::optional<milliseconds> first_write_median = {};
  std::optional<milliseconds> first_write_worst = {};
  std::optional<std::size_t> moves = 1;  // of the lead: no more, no fewer
  bool no_errors = false;      // and of first writes the silence counts: nobody waits for longer
  bool checker_fails = false;  // it is a proof that it can
};

// Until a write was taken by another than who led, or, where nobody else took any, the end of the
// longest time after the strike in which none was acknowledged.
std::optional<milliseconds> first_write_again(const evidence& all, const std::string& led,
                                              milliseconds struck);

// How long nothing was acknowledged, at most, from then on.
std::optional<milliseconds> longest_silence(const evidence& all, milliseconds struck);

// What of this round breaks the promise; times are of all rounds, and looked at apart.
std::vector<std::string> broken_by(const round_result& one, const promise& wants);
std::vector<std::string> broken_by(const std::vector<round_result>& all, const promise& wants);

std::string table_head();
std::string table_line(const std::string& engine, const std::string& scenario,
                       const std::vector<round_result>& all);

}  // namespace skein::servers::faults
