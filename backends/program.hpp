// Runs one program of the machine to its end: a hook of the settings, or a tool that a database
// brings along. It has a process group of its own, none of our descriptors, and a deadline, by
// which the whole group is ended. Blocking: on a thread of its own, never on a proxy core.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein {

struct program {
  std::vector<std::string> words = {};        // the first is looked up in PATH
  std::vector<std::string> environment = {};  // "NAME=value", in place of ours or besides
  std::chrono::milliseconds patience{0};      // 0: without end
  std::chrono::milliseconds grace{5000};      // between SIGTERM and SIGKILL
  std::size_t output_max = 16384;             // of what it says, its end is kept
  // All that it says, as it comes, on both of its outputs.
  std::function<void(std::string_view)> hears = {};
};

struct program_end {
  enum class why : std::uint8_t { ended, not_started, too_long, interrupted };
  why how = why::ended;
  int code = 0;              // where it ended: what it returned, or 128 + the signal
  std::string output = {};   // the end of what it said
  std::string trouble = {};  // why it could not be started
  bool well() const { return how == why::ended && code == 0; }
};

// Ends it when `stop` becomes true. What it leaves behind when it ends by itself, like a server
// that it has started, is left alone.
program_end run_program(const program& what, const std::atomic<bool>* stop = nullptr);

// What became of one that did not do well, as the end of a sentence that begins with its name:
// "ended with 1: pg_ctl: no server running".
std::string in_words(const program_end& end, std::chrono::milliseconds patience);

}  // namespace skein
