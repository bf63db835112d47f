// Goldens: mistakes/NAME.yaml is a file with mistakes, mistakes/NAME.txt what a person is told.
// SKEIN_GOLDEN=write makes the .txt files anew, to be read before they are committed.
#include <doctest/doctest.h>

#include <cstdlib>
#include <set>

#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

TEST_CASE("each golden file is answered word for word") {
  const scratch here;
  std::size_t seen = 0;
  for (const auto& file : std::filesystem::directory_iterator(goldens)) {
    if (file.path().extension() != ".yaml") continue;
    ++seen;
    std::filesystem::path golden = file.path();
    golden.replace_extension(".txt");
    // The files that settings name stand in the scratch directory, whose name is nobody's business.
    std::string told = outcome(load_text(slurp(file.path()), here.options()));
    const std::string root = here.root().string() + "/";
    for (auto at = told.find(root); at != told.npos; at = told.find(root)) {
      told.erase(at, root.size());
    }
    if (std::getenv("SKEIN_GOLDEN") != nullptr) std::ofstream(golden, std::ios::binary) << told;
    CAPTURE(file.path());
    CHECK(told == slurp(golden));
    CHECK_FALSE(told.contains("topsecret"));
  }
  CHECK(seen >= 10);
}

TEST_CASE("more mistakes than a person reads are cut short") {
  const scratch here;
  std::string text;
  for (int i = 0; i < 150; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const load_result result = load_text(text, here.options());
  REQUIRE_FALSE(result);
  REQUIRE(result.error().size() == 101);
  CHECK(format(result.error().back(), "skein.yaml") == "skein.yaml: and 51 more");
}
