// A Skein that takes another's place: the same settings, or with some words of them changed.
#pragma once

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <iostream>

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

using changes = std::vector<std::pair<std::string, std::string>>;

class heir {
 public:
  explicit heir(const skein_process& after, const changes& words = {}, std::string user = {})
      : file_(fresh_name(after.folder())),
        process_({.command = {skein_program(), "run", "--take-over", write(after, words)},
                  .user = std::move(user)}) {}
  ~heir() {
    process_.signal(SIGTERM);
    if (!process_.wait(milliseconds{500})) process_.signal(SIGTERM);
    process_.wait(std::chrono::seconds{8});
    if (test_has_failed()) std::cerr << "---- an heir's log\n" << process_.output();
  }

  child_process& process() { return process_; }
  std::string log() const { return process_.output(); }
  bool says(const std::string& words) const { return log().contains(words); }
  void wait_until_it_says(const std::string& words,
                          milliseconds deadline = std::chrono::seconds{15}) {
    wait_until([&] { return says(words) || !process_.is_running(); }, deadline,
               "the heir says: " + words);
    INFO(log());
    REQUIRE(says(words));
  }

 private:
  static std::filesystem::path fresh_name(const std::filesystem::path& folder) {
    for (int number = 2;; ++number) {
      auto file = folder / ("heir" + std::to_string(number) + ".yaml");
      if (!std::filesystem::exists(file)) return file;
    }
  }
  std::string write(const skein_process& after, const changes& words) const {
    std::ifstream in(after.settings_file());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const auto& [from, to] : words) {
      const auto at = text.find(from);
      REQUIRE_MESSAGE(at != text.npos, from);
      text.replace(at, from.size(), to);
    }
    std::ofstream(file_) << text;
    return file_.string();
  }

  std::filesystem::path file_;
  child_process process_;
};

}  // namespace skein::servers
