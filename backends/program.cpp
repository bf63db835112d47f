#include "backends/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <system_error>
#include <thread>

extern char** environ;

namespace skein {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds pace{20};  // between two looks at whether it has ended

std::string_view name_of(std::string_view setting) {
  return setting.substr(0, setting.find('='));
}

std::vector<std::string> environment_of(const program& what) {
  std::vector<std::string> all = what.environment;
  for (char** each = environ; *each; ++each) {
    const auto name = name_of(*each);
    const auto same = [&](const std::string& other) { return name_of(other) == name; };
    if (std::ranges::none_of(what.environment, same)) all.emplace_back(*each);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& each : texts) out.push_back(each.data());
  out.push_back(nullptr);
  return out;
}

// The settings of a spawn; their destructors want them to have been made.
struct spawn_settings {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t how;
  spawn_settings() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
  }
  ~spawn_settings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
  }
  spawn_settings(const spawn_settings&) = delete;
};

class running_program {
 public:
  explicit running_program(const program& what) : what_(what) {}
  ~running_program() {
    if (hears_ >= 0) close(hears_);
  }
  running_program(const running_program&) = delete;

  // An errno.
  int start();
  program_end wait(const std::atomic<bool>* stop);

 private:
  bool has_ended();
  void listen(milliseconds at_most);
  void listen_to_the_end();
  bool take();
  void end_group(program_end::why how);

  const program& what_;
  pid_t pid_ = -1;
  int hears_ = -1;
  int status_ = 0;
  program_end out_ = {};
};

int running_program::start() {
  std::array<int, 2> pipe{-1, -1};
  if (pipe2(pipe.data(), O_CLOEXEC) != 0) return errno;
  spawn_settings made;
  posix_spawn_file_actions_addopen(&made.files, 0, "/dev/null", O_RDONLY, 0);
  for (const int each : {1, 2}) posix_spawn_file_actions_adddup2(&made.files, pipe[1], each);
  posix_spawn_file_actions_addclosefrom_np(&made.files, 3);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&made.how, &none);
  posix_spawnattr_setsigdefault(&made.how, &all);
  posix_spawnattr_setpgroup(&made.how, 0);
  posix_spawnattr_setflags(&made.how,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> words = what_.words;
  std::vector<std::string> environment = environment_of(what_);
  const int failed = posix_spawnp(&pid_, words[0].c_str(), &made.files, &made.how,
                                  pointers(words).data(), pointers(environment).data());
  close(pipe[1]);
  hears_ = pipe[0];
  fcntl(hears_, F_SETFL, O_NONBLOCK);
  return failed;
}

bool running_program::has_ended() {
  if (pid_ < 0) return true;
  const pid_t said = waitpid(pid_, &status_, WNOHANG);
  if (said == 0 || (said < 0 && errno == EINTR)) return false;
  pid_ = -1;
  return true;
}

// False: there is nothing more at present, or for good.
bool running_program::take() {
  std::array<char, 4096> chunk{};
  const ssize_t count = read(hears_, chunk.data(), chunk.size());
  if (count < 0) return errno == EINTR;
  if (count == 0) {
    close(hears_);
    hears_ = -1;
    return false;
  }
  const std::string_view said(chunk.data(), static_cast<std::size_t>(count));
  if (what_.hears) what_.hears(said);
  out_.output += said;
  if (out_.output.size() > 2 * what_.output_max)
    out_.output.erase(0, out_.output.size() - what_.output_max);
  return true;
}

void running_program::listen(milliseconds at_most) {
  if (hears_ < 0) {
    std::this_thread::sleep_for(at_most);
    return;
  }
  pollfd watched{hears_, POLLIN, 0};
  if (poll(&watched, 1, static_cast<int>(at_most.count())) > 0) take();
}

// What it has left behind may hold on to its output for ever.
void running_program::listen_to_the_end() {
  constexpr int enough = 1000;
  for (int i = 0; i < enough && hears_ >= 0 && take(); ++i) continue;
}

void running_program::end_group(program_end::why how) {
  out_.how = how;
  const pid_t group = pid_;
  kill(-group, SIGTERM);
  const auto end = steady_clock::now() + what_.grace;
  // Those that it has started may take longer than itself.
  while (steady_clock::now() < end && (!has_ended() || kill(-group, 0) == 0)) listen(pace);
  kill(-group, SIGKILL);
  while (!has_ended()) listen(pace);
}

program_end running_program::wait(const std::atomic<bool>* stop) {
  const auto begun = steady_clock::now();
  while (!has_ended()) {
    if (stop && *stop) {
      end_group(program_end::why::interrupted);
    } else if (what_.patience.count() > 0 && steady_clock::now() - begun > what_.patience) {
      end_group(program_end::why::too_long);
    } else {
      listen(pace);
    }
  }
  listen_to_the_end();
  if (out_.how == program_end::why::ended)
    out_.code = WIFSIGNALED(status_) ? 128 + WTERMSIG(status_) : WEXITSTATUS(status_);
  if (out_.output.size() > what_.output_max)
    out_.output.erase(0, out_.output.size() - what_.output_max);
  return std::move(out_);
}

// The last line that says something.
std::string last_line(std::string_view text) {
  constexpr std::size_t enough = 300;
  const auto last = text.find_last_not_of(" \t\r\n");
  if (last == text.npos) return {};
  text = text.substr(0, last + 1);
  std::string line(text.substr(text.find_last_of("\r\n") + 1));
  for (char& each : line)
    if (static_cast<unsigned char>(each) < ' ') each = ' ';
  return line.size() > enough ? line.substr(0, enough) + "..." : line;
}

std::string time_in_words(milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

}  // namespace

program_end run_program(const program& what, const std::atomic<bool>* stop) {
  running_program one(what);
  if (const int failed = one.start(); failed != 0) {
    return {.how = program_end::why::not_started,
            .trouble = std::generic_category().message(failed)};
  }
  return one.wait(stop);
}

std::string in_words(const program_end& end, milliseconds patience) {
  std::string text;
  switch (end.how) {
    case program_end::why::not_started:
      return "cannot be started: " + end.trouble;
    case program_end::why::too_long:
      text = "was ended, since it took longer than " + time_in_words(patience);
      break;
    case program_end::why::interrupted:
      text = "was interrupted";
      break;
    case program_end::why::ended:
      text = end.code > 128 ? "was ended by signal " + std::to_string(end.code - 128)
                            : "ended with " + std::to_string(end.code);
      break;
  }
  const std::string said = last_line(end.output);
  return said.empty() ? text : text + ": " + said;
}

}  // namespace skein
