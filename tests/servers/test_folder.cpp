#include "tests/servers/test_folder.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "tests/servers/postgres/shared_memory.hpp"

namespace skein::servers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "skein-test-";
std::atomic<bool> failed = false;

struct failure_listener : doctest::IReporter {
  explicit failure_listener(const doctest::ContextOptions&) {}
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override { failed = false; }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats&) override {}
  void test_case_exception(const doctest::TestCaseException&) override { failed = true; }
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& assertion) override {
    if (assertion.m_failed) failed = true;
  }
  void log_message(const doctest::MessageData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("failure", 1, failure_listener);

fs::path parent_folder() {
  const char* chosen = std::getenv("SKEIN_TEST_FOLDER");
  return chosen != nullptr && *chosen != 0 ? fs::path(chosen) : fs::path("/tmp");
}

// A folder whose lock can be had belongs to a test that was killed; a kept one is swept in a day.
void sweep(const fs::path& parent) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored)) {
    if (!entry.path().filename().string().starts_with(prefix)) continue;
    const auto lock = entry.path() / "lock";
    // A minute, because a folder is made a moment before its lock is held.
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(lock, ignored);
    const bool kept = fs::exists(entry.path() / "kept", ignored);
    if (age < (kept ? std::chrono::minutes{24 * 60} : std::chrono::minutes{1})) continue;
    const int file = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) continue;
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) {
      for (const auto& member : fs::directory_iterator(entry.path(), ignored))
        postgres::release_shared_memory(member.path() / "data");
      fs::remove_all(entry.path(), ignored);
    }
    ::close(file);
  }
}

void print_tail(const fs::path& log) {
  std::ifstream text(log);
  std::deque<std::string> last;
  for (std::string line; std::getline(text, line);) {
    last.push_back(line);
    if (last.size() > 15) last.pop_front();
  }
  std::cerr << "---- end of " << log.string() << "\n";
  for (const auto& line : last) std::cerr << line << "\n";
}

}  // namespace

bool test_has_failed() {
  return failed;
}

test_folder::test_folder() : exceptions_before_(std::uncaught_exceptions()) {
  const auto parent = parent_folder();
  sweep(parent);
  auto pattern = (parent / prefix).string() + "XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a folder for the test in " + parent.string());
  path_ = pattern;
  // Other users' servers live in it.
  fs::permissions(path_, fs::perms(0755));
  lock_ = ::open((path_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ::flock(lock_, LOCK_EX);
}

test_folder::~test_folder() {
  std::error_code ignored;
  if (test_has_failed() || std::uncaught_exceptions() > exceptions_before_) {
    std::ofstream(path_ / "kept") << "a failed test's\n";
    const bool keep_data = std::getenv("SKEIN_TEST_KEEP") != nullptr;
    std::cerr << "the test failed; its servers' logs are kept in " << path_.string()
              << (keep_data ? "" : " (SKEIN_TEST_KEEP=1 keeps their data too)") << "\n";
    for (const auto& member : fs::directory_iterator(path_, ignored)) {
      if (!keep_data) fs::remove_all(member.path() / "data", ignored);
      if (fs::exists(member.path() / "server.log", ignored))
        print_tail(member.path() / "server.log");
    }
  } else {
    fs::remove_all(path_, ignored);
  }
  ::close(lock_);
}

fs::path cache_folder() {
  const char* chosen = std::getenv("SKEIN_TEST_CACHE");
  fs::path folder = chosen != nullptr && *chosen != 0 ? chosen : SKEIN_TEST_CACHE_DEFAULT;
  fs::create_directories(folder);
  return folder;
}

}  // namespace skein::servers
