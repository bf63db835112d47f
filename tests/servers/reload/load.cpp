// Reload after reload while clients query and come and go: nobody sees an error.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/servers/reload/reload.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

// Clients that stay and ask, and clients that come anew each time.
class crowd {
 public:
  explicit crowd(const std::string& words) {
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this, words] { stay(words); });
    for (int i = 0; i < 2; ++i) threads_.emplace_back([this, words] { come_and_go(words); });
  }
  ~crowd() { stop(); }
  void stop() {
    over_ = true;
    threads_.clear();
  }
  int answers() const { return answers_; }
  std::string trouble() const { return trouble_; }

 private:
  void hear(const pg_answer& said) {
    if (said.ok()) ++answers_;
    if (!said.ok() && !failed_.exchange(true)) trouble_ = said.sqlstate + ": " + said.text;
  }
  void stay(const std::string& words) {
    pg_session client(words);
    while (!over_ && !failed_) {
      hear(client.ask("select 1"));
      hear(client.ask("begin; select 2; commit"));
    }
  }
  void come_and_go(const std::string& words) {
    while (!over_ && !failed_) {
      try {
        pg_session client(words);
        hear(client.ask("select 3"));
      } catch (const pg_refusal& refused) {
        hear({{}, {}, refused.sqlstate, refused.what()});
      }
    }
  }

  std::atomic<bool> over_{false};
  std::atomic<bool> failed_{false};
  std::atomic<int> answers_{0};
  std::string trouble_ = {};
  std::vector<std::jthread> threads_ = {};
};

}  // namespace

TEST_CASE("forty reloads under load") {
  reload_stage at({.pool_size = 8});
  crowd clients(at.skein.words(app));
  wait_until([&] { return clients.answers() > 100; }, 10s, "they ask");
  const std::vector<std::pair<std::string, std::string>> steps = {
      {"size: 8", "size: 2"},
      {"timeouts: {}", "timeouts: {idle: 5m}"},
      {"mode: transaction", "mode: session"},
      {"interval: 100ms", "interval: 150ms"},
      {"size: 2", "size: 8"},
      {"timeouts: {idle: 5m}", "timeouts: {}"},
      {"mode: session", "mode: transaction"},
      {"interval: 150ms", "interval: 100ms"},
  };
  for (int round = 0; round < 5; ++round) {
    for (const auto& [was, is] : steps) {
      at.edit(was, is);
      const std::string told = at.reload();
      CHECK_MESSAGE(told.starts_with("clusters.shop."), told);
      const int before = clients.answers();
      wait_until([&] { return clients.answers() > before + 10 || !clients.trouble().empty(); }, 10s,
                 "they go on asking");
    }
  }
  clients.stop();
  CHECK(clients.trouble() == "");
  CHECK(at.skein.metric("skein_reloads_total", "applied") == 40);
}
