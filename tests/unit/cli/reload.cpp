// A reload: the file as it is now against the one in force; all of it, or every reason why not.
#include "cli/reload.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "backends/registry/registry.hpp"

using namespace skein;
using namespace skein::cli;

namespace {

struct folder {
  folder() {
    std::string name = (std::filesystem::temp_directory_path() / "skein-reload-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root = name;
  }
  ~folder() { std::filesystem::remove_all(root); }
  folder(const folder&) = delete;

  void write(const std::string& more) const {
    std::ofstream(file()) << "clusters:\n  main:\n    members: [127.0.0.1:5432]\n"
                             "    users: [{name: app, password: honk}]\n"
                          << more;
  }
  std::string file() const { return (root / "skein.yaml").string(); }
  settings_source load() const {
    return {file(), conf::load_file(file(), {.engines = backend_names()}).value()};
  }

  std::filesystem::path root;
};

using changes = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("what has changed comes with the parts made of it, in the order of those that run") {
  const folder at;
  at.write(
      "  other: {members: [127.0.0.1:5433], users: [{name: app, password: honk}]}\n"
      "listeners:\n  - {bind: 127.0.0.1:1, cluster: main}\n"
      "  - {bind: 127.0.0.1:2, cluster: other}\n");
  const auto running = at.load();
  const auto same = prepare_reload(running);
  REQUIRE_MESSAGE(same, same.error());
  CHECK(same->changes.empty());
  at.write(
      "    pool: {size: 7}\n"
      "  other: {members: [127.0.0.1:5433], users: [{name: app, password: honk}]}\n"
      "listeners:\n  - {bind: 127.0.0.1:2, cluster: other}\n"
      "  - {bind: 127.0.0.1:1, cluster: main}\n");
  const auto made = prepare_reload(running);
  REQUIRE_MESSAGE(made, made.error());
  CHECK(made->changes == changes{{"clusters.main.pool.size", "100 -> 7"}});
  CHECK(made->parts.proxy.clusters.at(0).pool.size == 7);
  CHECK(made->parts.proxy.listeners.at(0).bind.port == 1);
  CHECK(made->parts.proxy.console.settings.rows.size() > 50);
}

TEST_CASE("every mistake is told, and every change that wants a restart") {
  const folder at;
  at.write("");
  const auto running = at.load();
  at.write("    pool: {size: none}\nlog: {level: loud}\n");
  const auto mistaken = prepare_reload(running);
  REQUIRE_FALSE(mistaken);
  CHECK(mistaken.error().contains("clusters.main.pool.size"));
  CHECK(mistaken.error().contains("\n" + at.file() + ":6:"));
  at.write("    pool: {size: 7}\nthreads: 1\nadmin: {bind: 127.0.0.1:1}\n");
  const auto refused = prepare_reload(running);
  REQUIRE_FALSE(refused);
  CHECK(refused.error() ==
        "admin.bind: 127.0.0.1:9187 -> 127.0.0.1:1: only a restart takes this over\n"
        "threads: auto -> 1: only a restart takes this over");
  at.write("listeners: [{tls: {mode: require, certificate: skein.yaml, key: skein.yaml}}]\n");
  const auto broken = prepare_reload(running);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().contains("there is no certificate in PEM form in it"));
  std::filesystem::remove(at.file());
  CHECK(prepare_reload(running).error().contains("cannot read"));
}

TEST_CASE("one after the other, each against what the one before has put in force") {
  const folder at;
  at.write("");
  std::vector<std::size_t> applied;
  reloads all(at.load(),
              [&](parts next) { applied.push_back(next.proxy.clusters.at(0).pool.size); });
  all.start();
  const auto ask = [&] {
    std::promise<proxy::reload_answer> told;
    all.ask("a test", [&](proxy::reload_answer said) { told.set_value(std::move(said)); });
    return told.get_future().get();
  };
  CHECK(ask().value().empty());
  at.write("    pool: {size: 7}\n");
  CHECK(ask().value() == changes{{"clusters.main.pool.size", "100 -> 7"}});
  CHECK(ask().value().empty());
  at.write("    pool: {size: 0}\n");
  const auto refused = ask();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().sqlstate == "F0000");
  at.write("    pool: {size: 8}\n");
  CHECK(ask().value() == changes{{"clusters.main.pool.size", "7 -> 8"}});
  CHECK(applied == std::vector<std::size_t>{7, 8});
  const auto counted = all.so_far();
  CHECK(counted.applied == 2);
  CHECK(counted.unchanged == 2);
  CHECK(counted.refused == 1);
  all.stop();
  CHECK(ask().error().kind == error_kind::shutdown);
}
