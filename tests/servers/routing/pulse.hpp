// A neighbour's `select 1`, again and again in the background, and the longest that it has waited
// for one: what others do to the core that serves it.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tests/servers/postgres/client.hpp"

namespace skein::servers {

class pulse {
 public:
  using milliseconds = std::chrono::milliseconds;

  explicit pulse(std::string words) : thread_([this, words] { beat(words); }) {}
  ~pulse() {
    over_ = true;
    thread_.join();
  }
  // Since the last call; with the beat that is under way.
  milliseconds take_longest() {
    const auto beats = beats_.load();
    while (beats_ == beats && !ended_) std::this_thread::sleep_for(milliseconds{1});
    return milliseconds(longest_ms_.exchange(0));
  }
  std::string trouble() {
    over_ = true;
    while (!ended_) std::this_thread::sleep_for(milliseconds{1});
    return trouble_;
  }

 private:
  void beat(const std::string& words) {
    try {
      pg_session session(words);
      while (!over_) {
        const auto start = std::chrono::steady_clock::now();
        if (session.value("select 1") != "1") trouble_ = "a wrong answer";
        const auto waited =
            std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - start).count();
        if (waited > longest_ms_) longest_ms_ = waited;
        ++beats_;
        std::this_thread::sleep_for(milliseconds{1});
      }
    } catch (const std::exception& failure) {
      trouble_ = failure.what();
    }
    ended_ = true;
  }

  std::atomic<bool> over_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<milliseconds::rep> longest_ms_ = 0;
  std::atomic<std::size_t> beats_ = 0;
  std::string trouble_;
  std::thread thread_;
};

}  // namespace skein::servers
