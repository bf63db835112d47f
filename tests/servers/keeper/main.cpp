// The keeper: ancestor of one command under test and of all that it starts. Being a subreaper it
// inherits daemons too. Descriptor 3 leads to the test; when it closes, whatever the reason, every
// descendant is killed. Usage: skein_test_keeper USER FOLDER COMMAND...  ("" means unchanged)
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/servers/process_tree.hpp"

namespace {

constexpr int test_end = 3;

[[noreturn]] void refuse(const char* what, const char* which) {
  std::fprintf(stderr, "%s %s: %s\n", what, which, std::strerror(errno));
  std::fflush(stderr);
  ::_exit(127);
}

void become(const char* user) {
  if (*user == 0) return;
  const passwd* entry = ::getpwnam(user);
  if (entry == nullptr) refuse("no such user", user);
  if (entry->pw_uid == ::geteuid()) return;
  if (::initgroups(user, entry->pw_gid) != 0 || ::setgid(entry->pw_gid) != 0 ||
      ::setuid(entry->pw_uid) != 0)
    refuse("cannot become", user);
}

[[noreturn]] void run_command(char** arguments, const sigset_t& signals_before, pid_t keeper) {
  ::close(test_end);
  ::setpgid(0, 0);
  become(arguments[1]);
  if (*arguments[2] != 0 && ::chdir(arguments[2]) != 0) refuse("cannot enter", arguments[2]);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // should the keeper itself be killed
  if (::getppid() != keeper) ::_exit(127);
  ::sigprocmask(SIG_SETMASK, &signals_before, nullptr);
  ::execvp(arguments[3], arguments + 3);
  refuse("cannot run", arguments[3]);
}

void report(const char* word, int number) {
  const auto line = std::string(word) + " " + std::to_string(number) + "\n";
  // The test may be gone: then nobody needs to know.
  if (::send(test_end, line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
}

// False when no child is left.
bool reap(pid_t command) {
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(-1, &status, WNOHANG);
    if (ended < 0) return errno != ECHILD;
    if (ended == 0) return true;
    if (ended == command)
      report("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
}

void end_everything(pid_t command) {
  while (reap(command)) {
    for (const pid_t one : skein::servers::descendants(::getpid())) ::kill(one, SIGKILL);
    ::usleep(1000);
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  ::setsid();
  ::close_range(4, ~0U, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t child_ended, before;
  ::sigemptyset(&child_ended);
  ::sigaddset(&child_ended, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_ended, &before);
  const int signals = ::signalfd(-1, &child_ended, SFD_NONBLOCK | SFD_CLOEXEC);

  const pid_t keeper = ::getpid();
  const pid_t command = ::fork();
  if (command < 0) return 2;
  if (command == 0) run_command(arguments, before, keeper);
  report("pid", command);
  for (;;) {
    pollfd watched[2] = {{test_end, POLLIN, 0}, {signals, POLLIN, 0}};
    ::poll(watched, 2, -1);
    if (watched[0].revents != 0) {
      end_everything(command);
      return 0;
    }
    signalfd_siginfo drained;
    while (::read(signals, &drained, sizeof drained) > 0) {
    }
    if (!reap(command)) return 0;
  }
}
