#include "tests/servers/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/servers/process_tree.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

int memory_file(const char* name, int flags) {
  const int file = ::memfd_create(name, MFD_CLOEXEC);
  if (file < 0) fail("memfd_create");
  ::fcntl(file, F_SETFL, flags);
  return file;
}

int output_file(const std::filesystem::path& path) {
  if (path.empty()) return memory_file("output", O_APPEND);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) fail("cannot open " + path.string());
  return file;
}

int input_file(const std::string& text) {
  if (text.empty()) return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int file = memory_file("input", 0);
  if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail("write");
  ::lseek(file, 0, SEEK_SET);
  return file;
}

std::string read_whole(int file) {
  std::string text;
  char piece[16384];
  for (ssize_t size; file >= 0 && (size = ::pread(file, piece, sizeof piece,
                                                  static_cast<off_t>(text.size()))) > 0;)
    text.append(piece, static_cast<std::size_t>(size));
  return text;
}

// What replaces a variable must stand before it is looked up: ours first, the rest of environ
// after.
std::vector<char*> merged_environment(const std::vector<std::string>& added) {
  std::vector<char*> all;
  for (const auto& one : added) all.push_back(const_cast<char*>(one.c_str()));
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view name = std::string_view(*each).substr(0, std::strcspn(*each, "=") + 1);
    if (std::ranges::none_of(added, [&](const auto& one) { return one.starts_with(name); }))
      all.push_back(*each);
  }
  all.push_back(nullptr);
  return all;
}

}  // namespace

child_process::child_process(child_options options) {
  if (options.command.empty()) throw std::invalid_argument("child_process: no command");
  output_ = output_file(options.output);
  if (options.errors_apart) errors_ = memory_file("errors", O_APPEND);
  const int input = input_file(options.input);
  spawn(options, input);
  ::close(input);
  read_reports(std::chrono::seconds{30}, false);
  if (pid_ < 0) {
    finish();
    throw std::runtime_error("the keeper of " + options.command[0] + " did not start it");
  }
}

void child_process::spawn(const child_options& options, int input) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair");
  reports_ = ends[0];

  std::vector<std::string> words{SKEIN_TEST_KEEPER, options.user, options.folder.string()};
  words.insert(words.end(), options.command.begin(), options.command.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto environment = merged_environment(options.environment);

  // dup2 clears close-on-exec, except onto itself: so the targets are first moved out of the way.
  const int high = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output_, 1);
  ::posix_spawn_file_actions_adddup2(&actions, errors_ >= 0 ? errors_ : output_, 2);
  ::posix_spawn_file_actions_adddup2(&actions, high, 3);
  const int trouble = ::posix_spawn(&keeper_, SKEIN_TEST_KEEPER, &actions, nullptr,
                                    arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  ::close(high);
  if (trouble != 0) {
    keeper_ = -1;
    ::close(input);
    finish();
    errno = trouble;
    fail("cannot start " SKEIN_TEST_KEEPER);
  }
}

// Takes the keeper's lines ("pid 12", "exit 0") until the wanted one is there or time is up.
void child_process::read_reports(milliseconds deadline, bool until_exit) {
  const auto end = steady_clock::now() + deadline;
  while (reports_ >= 0 && !(until_exit ? exit_code_.has_value() : pid_ > 0)) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    pollfd watched{reports_, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return;
    char piece[256];
    const auto size = ::recv(reports_, piece, sizeof piece, 0);
    if (size <= 0) return;
    unread_.append(piece, static_cast<std::size_t>(size));
    for (std::size_t line; (line = unread_.find('\n')) != std::string::npos;) {
      const auto space = unread_.find(' ');
      int number = 0;
      std::from_chars(unread_.data() + space + 1, unread_.data() + line, number);
      if (unread_.starts_with("pid"))
        pid_ = number;
      else
        exit_code_ = number;
      unread_.erase(0, line + 1);
    }
  }
}

void child_process::finish() {
  if (reports_ >= 0) ::close(std::exchange(reports_, -1));
  if (keeper_ > 0)
    while (::waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {
    }
  keeper_ = -1;
  if (output_ >= 0) ::close(std::exchange(output_, -1));
  if (errors_ >= 0) ::close(std::exchange(errors_, -1));
}

child_process::~child_process() {
  finish();
}

child_process::child_process(child_process&& other) noexcept {
  *this = std::move(other);
}

child_process& child_process::operator=(child_process&& other) noexcept {
  if (this == &other) return *this;
  finish();
  keeper_ = std::exchange(other.keeper_, -1);
  pid_ = std::exchange(other.pid_, -1);
  reports_ = std::exchange(other.reports_, -1);
  output_ = std::exchange(other.output_, -1);
  errors_ = std::exchange(other.errors_, -1);
  unread_ = std::move(other.unread_);
  exit_code_ = other.exit_code_;
  return *this;
}

std::vector<pid_t> child_process::processes() const {
  // The keeper is a zombie, or reaped, once all is over; its pid is ours until finish().
  return keeper_ > 0 ? descendants(keeper_) : std::vector<pid_t>{};
}

bool child_process::is_running() {
  return !wait(milliseconds{0}).has_value();
}

std::optional<int> child_process::wait(milliseconds deadline) {
  read_reports(deadline, true);
  return exit_code_;
}

void child_process::signal(int number) const {
  // Only while the command is a child of the keeper: afterwards the pid may be another's.
  if (!exit_code_ && pid_ > 0 && process_state(pid_) != 'X') ::kill(pid_, number);
}

void child_process::kill() {
  wait_until(
      [&] {
        const auto all = processes();
        for (const pid_t one : all) ::kill(one, SIGKILL);
        return all.empty();
      },
      std::chrono::seconds{30}, "everything that was killed is gone");
  wait(std::chrono::seconds{5});
}

void child_process::freeze() {
  wait_until(
      [&] {
        const auto all = processes();
        for (const pid_t one : all) ::kill(one, SIGSTOP);
        return std::ranges::all_of(all, [](pid_t one) {
          const char state = process_state(one);
          return state == 'T' || state == 't' || state == 'X' || state == 'Z';
        });
      },
      std::chrono::seconds{10}, "every process of the frozen command stands still");
}

void child_process::thaw() {
  for (const pid_t one : processes()) ::kill(one, SIGCONT);
}

std::string child_process::output() const {
  return read_whole(output_);
}
std::string child_process::errors() const {
  return read_whole(errors_);
}

finished_child run(child_options options, milliseconds deadline) {
  const auto name = options.command.empty() ? std::string{} : options.command[0];
  child_process child(std::move(options));
  const auto code = child.wait(deadline);
  if (!code)
    throw std::runtime_error(name + " did not end within " + std::to_string(deadline.count()) +
                             " ms; it said: " + child.output() + child.errors());
  return {*code, child.output(), child.errors()};
}

std::string run_well(child_options options, milliseconds deadline) {
  const auto name = options.command.empty() ? std::string{} : options.command[0];
  auto done = run(std::move(options), deadline);
  if (done.exit_code != 0)
    throw std::runtime_error(name + " ended with code " + std::to_string(done.exit_code) + ": " +
                             done.output + done.errors);
  return std::move(done.output);
}

}  // namespace skein::servers
