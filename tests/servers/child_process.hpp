// Any command as a child that cannot outlive the test: servers, Skein itself, psql, python.
// Between the test and the command stands a keeper (keeper/main.cpp), the ancestor of everything
// the command starts. When the test ends, even by SIGKILL, the keeper ends all of it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace skein::servers {

using std::chrono::milliseconds;

struct child_options {
  std::vector<std::string> command;           // command[0] is looked up in PATH
  std::vector<std::string> environment = {};  // "NAME=value", added to our own
  std::filesystem::path folder = {};          // working directory; empty: ours
  std::string user = {};                      // run as this user; empty: as ourselves
  std::string input = {};                     // what it reads as standard input
  std::filesystem::path output = {};          // appended to; empty: kept in memory
  bool errors_apart = false;                  // stderr to errors() instead of output()
};

class child_process {
 public:
  // Throws when the keeper cannot be started; an unknown command shows as exit code 127.
  explicit child_process(child_options options);
  ~child_process();  // SIGKILL to all that is left of it
  child_process(child_process&&) noexcept;
  child_process& operator=(child_process&&) noexcept;

  pid_t pid() const { return pid_; }
  std::vector<pid_t> processes() const;  // the command and all its descendants, now
  bool is_running();                     // the command itself has not ended

  // The exit code, 128 + n for death by signal n, or nothing when the deadline passes first.
  std::optional<int> wait(milliseconds deadline);

  void signal(int number) const;  // to the command alone
  void kill();                    // SIGKILL to it and its descendants; returns when they are gone
  void freeze();                  // SIGSTOP to all of them; returns when all stand still
  void thaw();                    // SIGCONT

  std::string output() const;  // stdout (and stderr unless apart) so far
  std::string errors() const;

 private:
  void spawn(const child_options& options, int input);
  void read_reports(milliseconds deadline, bool until_exit);
  void finish();

  pid_t keeper_ = -1;
  pid_t pid_ = -1;
  int reports_ = -1;  // socket to the keeper; closing it ends everything
  int output_ = -1;
  int errors_ = -1;
  std::string unread_;
  std::optional<int> exit_code_;
};

struct finished_child {
  int exit_code;
  std::string output;
  std::string errors;
};

// Runs to the end; throws, with the output so far, when the deadline passes.
finished_child run(child_options options, milliseconds deadline = std::chrono::seconds{60});

// The same, and throws with its output when the exit code is not 0. Returns the output.
std::string run_well(child_options options, milliseconds deadline = std::chrono::seconds{60});

}  // namespace skein::servers
