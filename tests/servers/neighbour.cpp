#include "tests/servers/neighbour.hpp"

#include <doctest/doctest.h>

#include "tests/servers/waiting.hpp"

namespace skein::servers {

using clock = std::chrono::steady_clock;

neighbour::neighbour(const std::string& words)
    : session_(std::make_unique<pg_session>(words)), thread_([this] { work(); }) {}

neighbour::~neighbour() {
  over_ = true;
  if (thread_.joinable()) thread_.join();
}

void neighbour::work() {
  while (!over_ && trouble_.empty()) {
    const auto start = clock::now();
    const auto wanted = std::to_string(asked_.load());
    const auto got = session_->ask("begin; select " + wanted + "; select " + wanted);
    const auto end = session_->ask("commit");
    if (!got.ok()) {
      trouble_ = got.sqlstate + " " + got.text;
    } else if (!end.ok()) {
      trouble_ = end.sqlstate + " " + end.text;
    } else if (got.lines != rows{{wanted}}) {
      trouble_ = "a wrong answer to select " + wanted;
    }
    slowest_ =
        std::max(slowest_, std::chrono::ceil<std::chrono::milliseconds>(clock::now() - start));
    ++asked_;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

void neighbour::check_unharmed(std::chrono::milliseconds slowest_allowed) {
  wait_until([this] { return asked_ > 1; }, std::chrono::seconds{5}, "the neighbour has asked");
  over_ = true;
  thread_.join();
  session_.reset();
  CHECK(trouble_ == "");
  CHECK(slowest_.count() <= slowest_allowed.count());
}

}  // namespace skein::servers
