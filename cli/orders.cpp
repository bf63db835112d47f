// skein switchover, skein drain: orders to a running Skein, given at its admin port.
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "conf/values.hpp"

namespace skein::cli {

namespace {

constexpr std::chrono::milliseconds look_every{100};
constexpr unsigned under_way = 202;

int problem(const std::string& text) {
  std::fprintf(stderr, "skein: %s\n", text.c_str());
  return exit_problem;
}

// What it says, or why it does not; a Skein that is older knows no orders.
std::expected<admin_answer, std::string> ask(const admin_target& target,
                                             const admin_question& asked) {
  auto said = ask_admin(target, asked);
  if (said && said->status == 404 && said->body.starts_with("there is no such path"))
    return std::unexpected("that Skein is of a version that takes no such order");
  return said;
}

std::string line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// On a terminal one line that changes, else one a step.
class progress {
 public:
  void show(const std::string& words) {
    if (words == last_) return;
    last_ = words;
    std::fprintf(stderr, on_terminal_ ? "\r\033[K%s" : "%s\n", words.c_str());
  }
  void end() const {
    if (on_terminal_ && !last_.empty()) std::fputs("\r\033[K", stderr);
  }

 private:
  const bool on_terminal_ = isatty(STDERR_FILENO) == 1;
  std::string last_ = {};
};

}  // namespace

int switchover(const arguments& how) {
  const auto target = find_admin(how);
  if (!target) return problem(target.error());
  std::string wait;
  if (!how.wait.empty()) {
    const auto read = conf::parse_duration(how.wait);
    if (!read) return problem("--wait " + how.wait + ": " + read.error());
    wait = std::to_string(read->count());
  }
  const auto begun = ask(*target, {.path = "/switchover",
                                   .parameters = {{"cluster", how.cluster},
                                                  {"to", how.member},
                                                  {"leave_outside", how.leave_outside ? "yes" : ""},
                                                  {"wait_ms", wait}},
                                   .body = "move the lead"});
  if (!begun) return problem(begun.error());
  if (begun->status != under_way) return problem(line(begun->body));
  progress shown;
  for (;;) {
    std::this_thread::sleep_for(look_every);
    const auto said = ask_admin(*target, {.path = how.json ? "/switchover.json" : "/switchover",
                                          .parameters = {{"cluster", how.cluster}}});
    if (!said) return problem("the move goes on, but Skein does not answer: " + said.error());
    if (said->status == under_way) {
      if (!how.json) shown.show(line(said->body));
      continue;
    }
    shown.end();
    if (!how.json && said->status != 200) return problem(line(said->body));
    std::fputs(said->body.c_str(), stdout);
    return said->status == 200 ? exit_ok : exit_problem;
  }
}

int drain(const arguments& how) {
  const auto target = find_admin(how);
  if (!target) return problem(target.error());
  const auto said = ask(*target, {.path = "/drain",
                                  .parameters = {{"cluster", how.cluster},
                                                 {"member", how.member},
                                                 {"back", how.back ? "yes" : ""}},
                                  .body = "drain"});
  if (!said) return problem(said.error());
  if (said->status != 200) return problem(line(said->body));
  std::fputs(said->body.c_str(), stdout);
  return exit_ok;
}

}  // namespace skein::cli
