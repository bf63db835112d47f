// Reading what databases define with scripted readers: what is read when, by whom, and what those
// who hold the definitions see of it.
#include "proxy/catalogs.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/proxy/house.hpp"
#include "tests/unit/proxy/log_file.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

class numbered_catalog final : public catalog {
 public:
  explicit numbered_catalog(int number) : number_(number) {}
  std::string in_words() const override { return "number " + std::to_string(number_); }

 private:
  int number_;
};

// What all readers of a test share.
struct script {
  std::mutex mutex;
  std::condition_variable changed;
  bool open = true;                        // a reading begun ends
  bool reachable = true;                   // a reading ends well
  bool may_be_opened = true;               // else opening one throws
  bool counts = false;                     // each reading finds something else
  int number = 1;                          // of what is found
  std::vector<std::string> readings = {};  // as database@host, when they begin
  std::multiset<std::string> connected = {};
  std::size_t connected_most = 0;

  std::size_t count(const std::string& reading) {
    const std::lock_guard held(mutex);
    return static_cast<std::size_t>(std::ranges::count(readings, reading));
  }
  std::size_t connections() {
    const std::lock_guard held(mutex);
    return connected.size();
  }
  void set(bool script::* what, bool to) {
    const std::lock_guard held(mutex);
    this->*what = to;
    changed.notify_all();
  }
};

class scripted_reader final : public catalog_reader {
 public:
  scripted_reader(script& by, std::string name) : by_(by), name_(std::move(name)) {
    const std::lock_guard held(by_.mutex);
    if (!by_.may_be_opened) throw std::runtime_error("too many open files");
    by_.connected.insert(name_);
    by_.connected_most = std::max(by_.connected_most, by_.connected.size());
  }
  ~scripted_reader() override {
    const std::lock_guard held(by_.mutex);
    by_.connected.erase(by_.connected.find(name_));
  }
  result<std::shared_ptr<const catalog>> read(const catalog* before) override {
    std::unique_lock held(by_.mutex);
    by_.readings.push_back(name_);
    const int found = by_.counts ? ++by_.number : by_.number;
    by_.changed.wait(held, [&] { return by_.open || interrupted_; });
    if (interrupted_) return failure(error_kind::shutdown, fault::us, "interrupted");
    if (!by_.reachable) return failure(error_kind::unavailable, fault::server, "a is not there");
    const auto* const last = static_cast<const numbered_catalog*>(before);
    if (last && last->in_words() == numbered_catalog(found).in_words()) return nullptr;
    return std::make_shared<numbered_catalog>(found);
  }
  void interrupt() override {
    const std::lock_guard held(by_.mutex);
    interrupted_ = true;
    by_.changed.notify_all();
  }

 private:
  script& by_;
  std::string name_;
  bool interrupted_ = false;
};

routing::view led_by(const std::optional<std::string>& host) {
  routing::cluster_view view;
  view.members.push_back({.name = "a", .address = {host.value_or("a"), 1}});
  if (host) view.leader = 0;
  return std::make_shared<routing::cluster_view>(view);
}

// Nothing happens but what a test brings about.
constexpr catalog_pace calm{.look_again = 1h,
                            .rest_of_reading = 0,
                            .rest_min = 0ms,
                            .retry_first = 1ms,
                            .retry_max = 1ms,
                            .linger = 1ms};

catalog_pace restless(std::chrono::milliseconds look_again) {
  catalog_pace pace = calm;
  pace.look_again = look_again;
  return pace;
}

struct library {
  script says;
  catalogs readers;

  explicit library(catalog_pace pace = calm) : readers({"shop", "watcher", pace}, way(says)) {
    readers.see(led_by("a"));
    readers.start();
  }
  static catalogs::open_reader way(script& says) {
    return [&says](const member_address& at, const std::string& database) {
      return std::make_unique<scripted_reader>(says, database + "@" + at.host);
    };
  }
  std::shared_ptr<definitions> in_use(const std::string& database) {
    auto what = readers.of(database);
    what->want();
    return what;
  }
};

std::string known(const std::shared_ptr<definitions>& what) {
  const auto now = what->now();
  return now.known ? now.known->in_words() : "unknown";
}

bool comes_to(const std::shared_ptr<definitions>& what, const std::string& words) {
  return eventually([&] { return known(what) == words; });
}

// `holds` for as long as a reading would take many times over.
bool stays(const std::function<bool()>& holds) {
  for (const auto end = std::chrono::steady_clock::now() + 50ms;
       std::chrono::steady_clock::now() < end;) {
    if (!holds()) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace

TEST_CASE("what is wanted is read once, for all who hold it; what is only held is not") {
  library at;
  const auto one = at.readers.of("app");
  CHECK(at.readers.of("app") == one);
  CHECK(stays([&] { return at.says.connections() == 0; }));
  one->want();
  CHECK(comes_to(one, "number 1"));
  CHECK(at.says.count("app@a") == 1);
}

TEST_CASE("a change has it read anew; one during a reading, once more") {
  library at;
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  at.says.set(&script::counts, true);
  app->change();
  CHECK(comes_to(app, "number 2"));

  at.says.set(&script::open, false);
  app->change();
  REQUIRE(eventually([&] { return at.says.count("app@a") == 3; }));
  app->change();
  at.says.set(&script::open, true);
  CHECK(comes_to(app, "number 4"));
  CHECK(at.says.count("app@a") == 4);
}

TEST_CASE("a change that changed nothing has what was given before published again") {
  library at;
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  const auto before = app->now();
  app->change();
  CHECK(known(app) == "unknown");
  CHECK(comes_to(app, "number 1"));
  CHECK(app->now().known == before.known);
  CHECK(app->edition() > before.edition);
}

TEST_CASE("what was overtaken is given again when nothing has changed since") {
  library at;
  at.says.set(&script::open, false);
  const auto app = at.in_use("app");
  REQUIRE(eventually([&] { return at.says.count("app@a") == 1; }));
  app->change();
  at.says.set(&script::open, true);
  CHECK(comes_to(app, "number 1"));
  CHECK(at.says.count("app@a") == 2);
}

TEST_CASE("changes that came by other ways are seen; as long as there are none nothing moves") {
  library at(restless(5ms));
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  const auto edition = app->edition();
  const auto looked = at.says.count("app@a");
  CHECK(eventually([&] { return at.says.count("app@a") > looked + 3; }));
  CHECK(app->edition() == edition);
  {
    const std::lock_guard held(at.says.mutex);
    at.says.number = 7;
  }
  CHECK(comes_to(app, "number 7"));
}

TEST_CASE("one that changes all the time is read now and then") {
  catalog_pace pace = calm;
  pace.rest_min = 20ms;
  library at(pace);
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  const auto began = std::chrono::steady_clock::now();
  CHECK(eventually([&] {
    app->change();
    return at.says.count("app@a") >= 5;
  }));
  // The first rest may have been over before.
  CHECK(std::chrono::steady_clock::now() - began > 3 * pace.rest_min);
}

TEST_CASE("what cannot be read is tried again, and told once; what was known holds for a while") {
  log_file log;
  catalog_pace pace = restless(2ms);
  pace.believed = 40ms;
  library at(pace);
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  REQUIRE(eventually([&] { return log.lines() == 1; }));
  CHECK(log.text().contains("cluster=shop database=app found=\"number 1\""));

  at.says.set(&script::reachable, false);
  const auto before = at.says.count("app@a");
  REQUIRE(eventually([&] { return at.says.count("app@a") > before + 2; }));
  CHECK(comes_to(app, "unknown"));
  CHECK(log.lines() == 2);
  CHECK(log.text().contains("what a database defines cannot be read"));
  CHECK(log.text().contains("user=watcher error=\"a is not there\""));

  at.says.set(&script::reachable, true);
  CHECK(comes_to(app, "number 1"));
  CHECK(eventually([&] { return log.lines() == 3; }));
  CHECK(log.text().contains("can be read again"));
}

TEST_CASE("a reader that cannot be opened is tried again") {
  log_file log;
  library at;
  at.says.set(&script::may_be_opened, false);
  const auto app = at.in_use("app");
  CHECK(eventually([&] { return log.text().contains("too many open files"); }));
  at.says.set(&script::may_be_opened, true);
  CHECK(comes_to(app, "number 1"));
}

TEST_CASE("more databases than connections take turns") {
  library at(restless(5ms));
  std::vector<std::shared_ptr<definitions>> all;
  all.reserve(9);
  for (int i = 0; i < 9; ++i) all.push_back(at.in_use("app" + std::to_string(i)));
  for (int i = 0; i < 9; ++i) {
    CAPTURE(i);
    CHECK(comes_to(all[i], "number 1"));
    CHECK(eventually([&] { return at.says.count("app" + std::to_string(i) + "@a") > 5; }));
  }
  const std::lock_guard held(at.says.mutex);
  CHECK(at.says.connected_most == 8);
}

TEST_CASE("the last to leave has the connection closed; who comes back soon finds what is known") {
  library at;
  auto app = at.in_use("app");
  auto other = at.readers.of("app");
  REQUIRE(comes_to(app, "number 1"));
  app.reset();
  CHECK(stays([&] { return at.says.connections() == 1; }));
  other.reset();
  CHECK(eventually([&] { return at.says.connections() == 0; }));
  CHECK(known(at.readers.of("app")) == "number 1");
  CHECK(at.says.count("app@a") == 1);
}

TEST_CASE("who comes back late finds nothing known until it has been read") {
  library at(restless(20ms));
  auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  app.reset();
  REQUIRE(eventually([&] { return at.says.connections() == 0; }));
  std::this_thread::sleep_for(25ms);
  at.says.set(&script::open, false);
  app = at.readers.of("app");
  CHECK(known(app) == "unknown");
  at.says.set(&script::open, true);
  CHECK(comes_to(app, "number 1"));
}

TEST_CASE("what nobody has used for long is forgotten") {
  catalog_pace pace = calm;
  pace.keep = 10ms;
  library at(pace);
  auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  const std::weak_ptr<definitions> was = app;
  app.reset();
  CHECK(was.expired());
  REQUIRE(eventually([&] { return at.says.connections() == 0; }));
  for (auto wait = 2 * pace.keep; wait < 10s; wait *= 2) {
    std::this_thread::sleep_for(wait);
    app = at.readers.of("app");
    if (!app->wanted()) break;
    app.reset();
  }
  REQUIRE(app);
  CHECK_FALSE(app->wanted());
  CHECK(known(app) == "unknown");
}

TEST_CASE("without a leader nothing is read and all stays known; another is asked at once") {
  library at;
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  at.readers.see(led_by(std::nullopt));
  const auto later = at.in_use("later");
  CHECK(stays([&] { return known(later) == "unknown" && known(app) == "number 1"; }));
  at.readers.see(led_by("b"));
  CHECK(comes_to(later, "number 1"));
  CHECK(eventually([&] { return at.says.count("app@b") == 1; }));
  CHECK(at.says.count("later@b") == 1);
  CHECK(known(app) == "number 1");
  CHECK(eventually([&] {
    const std::lock_guard held(at.says.mutex);
    return at.says.connected == std::multiset<std::string>{"app@b", "later@b"};
  }));
}

TEST_CASE("a reading that hangs does not outlive the lead of who is asked") {
  library at;
  at.says.set(&script::open, false);
  const auto app = at.in_use("app");
  REQUIRE(eventually([&] { return at.says.count("app@a") == 1; }));
  at.readers.see(led_by("b"));
  REQUIRE(eventually([&] { return at.says.count("app@b") == 1; }));
  at.says.set(&script::open, true);
  CHECK(comes_to(app, "number 1"));
}

TEST_CASE("a stop ends a reading under way; the definitions outlive who read them") {
  std::shared_ptr<definitions> app;
  {
    library at;
    at.says.set(&script::open, false);
    app = at.in_use("app");
    REQUIRE(eventually([&] { return at.says.count("app@a") == 1; }));
    at.readers.stop();
    CHECK(at.says.connections() == 0);
    CHECK(known(at.readers.of("later")) == "unknown");
  }
  app->change();
  CHECK(known(app) == "unknown");
}

TEST_CASE("another way to read holds at once, and leaves known what is") {
  script anew;  // outlives who reads by it
  anew.number = 2;
  anew.open = false;
  library at;
  const auto app = at.in_use("app");
  REQUIRE(comes_to(app, "number 1"));
  at.readers.adopt({"shop", "watcher", calm}, library::way(anew));
  REQUIRE(eventually([&] { return anew.count("app@a") == 1; }));
  CHECK(at.says.connections() == 0);
  CHECK(known(app) == "number 1");
  anew.set(&script::open, true);
  CHECK(comes_to(app, "number 2"));
}
