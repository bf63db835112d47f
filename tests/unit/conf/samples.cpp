// The samples are loaded, described, and found in the reference of keys.
#include <doctest/doctest.h>

#include "conf/describe.hpp"
#include "conf/reference.hpp"
#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

TEST_CASE("every sample loads, without a warning") {
  const scratch here;
  std::size_t seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(samples)) {
    CAPTURE(file.path());
    ++seen;
    CHECK(outcome(load_text(slurp(file.path()), here.options())) == "good\n");
  }
  CHECK(seen >= 6);
}

// The sample promises every key, and defaults unless it says otherwise.
TEST_CASE("the complete sample names every key") {
  const std::string text = slurp(samples / "complete.yaml");
  const std::string keys = reference({"postgres", "mysql"});
  std::istringstream in(keys);
  std::size_t seen = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(' ')) continue;
    const std::string path = line.substr(0, line.find_first_of(": "));
    const std::string key = path.substr(path.find_last_of('.') + 1);
    CHECK_MESSAGE(text.contains(key + ":"), path);
    ++seen;
  }
  CHECK(seen > 38);
}

TEST_CASE("what the complete sample calls a default is one") {
  const scratch here;
  const settings what = load_text(slurp(samples / "complete.yaml"), here.options())->settings;
  CHECK(what.listeners[0].bind == listener_settings{}.bind);
  CHECK(what.clusters[0].pool == pool_settings{});
  routing_settings routing = what.clusters[0].routing;
  CHECK(routing.rules[1].name == "rule 2");
  CHECK(routing.rules[1].limit.burst == routing.rules[1].limit.rate);
  routing.rules.clear();  // by default there are none, and no zone
  routing.zone.clear();
  CHECK(routing == routing_settings{});
  CHECK(what.clusters[0].members[0].weight == share{});
  CHECK(what.clusters[0].health.interval == health_settings{}.interval);
  CHECK(what.clusters[0].health.timeout == health_settings{}.timeout);
  CHECK(what.admin.bind == admin_settings{}.bind);
  CHECK(what.log == log_settings{});
  CHECK(what.threads == thread_count{});
  CHECK(what.limits == limit_settings{});
}
