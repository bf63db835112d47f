// Real commands: what they say, how they end, and that nothing is left of them.
#include "backends/program.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <thread>

using namespace skein;
using namespace std::chrono_literals;

namespace {

program shell(const std::string& text) {
  return {.words = {"/bin/sh", "-c", text}};
}

bool has_no_children() {
  return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

}  // namespace

TEST_CASE("what a program says and returns is heard") {
  std::string heard;
  program what = shell("echo one; echo two >&2; exit 3");
  what.hears = [&](std::string_view said) { heard += said; };
  const auto end = run_program(what);
  CHECK(end.how == program_end::why::ended);
  CHECK(end.code == 3);
  CHECK_FALSE(end.well());
  CHECK(end.output == "one\ntwo\n");
  CHECK(heard == end.output);
  CHECK(in_words(end, 1s) == "ended with 3: two");
  CHECK(run_program(shell("true")).well());
  CHECK(in_words(run_program(shell("kill -9 $$")), 1s) == "was ended by signal 9");
  CHECK(has_no_children());
}

TEST_CASE("one that is not there is told of") {
  const auto end = run_program({.words = {"/no/such/program"}});
  CHECK(end.how == program_end::why::not_started);
  CHECK(in_words(end, 1s) == "cannot be started: No such file or directory");
}

TEST_CASE("a program has its environment, and none of our descriptors, masks and input") {
  setenv("SKEIN_TEST_WORD", "ours", 1);
  program what = shell("echo $SKEIN_TEST_WORD $SKEIN_TEST_OTHER; cat; ls /proc/self/fd | wc -l");
  what.environment = {"SKEIN_TEST_WORD=theirs", "SKEIN_TEST_OTHER=too"};
  const int open_here = open("/dev/null", O_RDONLY);  // NOLINT: it is to be inherited
  REQUIRE(open_here >= 0);
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto end = run_program(what);
  const auto killed = run_program(shell("kill -TERM $$; sleep 20"));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(open_here);
  CHECK(end.output == "theirs too\n4\n");  // three, and the folder that is listed
  CHECK(killed.code == 128 + SIGTERM);
  unsetenv("SKEIN_TEST_WORD");
}

TEST_CASE("the end of what is said is kept") {
  program what = shell("seq 1 100000");
  what.output_max = 12;
  const auto end = run_program(what);
  CHECK(end.output == "9999\n100000\n");
}

TEST_CASE("one that hangs is ended with all that it has started, by force if it must be") {
  const std::string file = "/tmp/skein-program-" + std::to_string(getpid());
  program what = shell("trap '' TERM; (trap '' TERM; sleep 300 & echo $! > " + file +
                       "; wait; sleep 300) & echo begun; while true; do sleep 300; done");
  what.patience = 300ms;
  what.grace = 200ms;
  const auto begun = std::chrono::steady_clock::now();
  const auto end = run_program(what);
  CHECK(std::chrono::steady_clock::now() - begun < 20s);
  CHECK(end.how == program_end::why::too_long);
  CHECK(in_words(end, what.patience) == "was ended, since it took longer than 300 ms: begun");
  int grandchild = 0;
  std::ifstream(file) >> grandchild;
  REQUIRE(grandchild > 0);
  const auto gone = [&] {
    std::string state;
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string pid;
    std::string name;
    stat >> pid >> name >> state;
    return state.empty() || state == "Z";
  };
  for (int i = 0; i < 500 && !gone(); ++i) std::this_thread::sleep_for(20ms);
  CHECK(gone());
  CHECK(has_no_children());
  unlink(file.c_str());
}

TEST_CASE("one that starts a server is not waited for longer than it runs itself") {
  const auto begun = std::chrono::steady_clock::now();
  const auto end = run_program(shell("setsid sleep 4 & echo started"));
  CHECK(std::chrono::steady_clock::now() - begun < 3s);
  CHECK(end.well());
  CHECK(end.output == "started\n");
}

TEST_CASE("it can be interrupted") {
  std::atomic<bool> stop{false};
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    stop = true;
  });
  const auto end = run_program(shell("sleep 300"), &stop);
  other.join();
  CHECK(end.how == program_end::why::interrupted);
  CHECK(has_no_children());
}
