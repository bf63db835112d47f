// Texts made to hurt the loader: each is refused in bounded time and memory.
#include <doctest/doctest.h>

#include <ctime>
#include <random>

#include "tests/unit/conf/scratch.hpp"

using namespace skein::conf;
using namespace skein::conf::testing;

namespace {

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j == 0 ? "" : ", ") + before;
    text += "]\n";
  }
  return text;
}

}  // namespace

TEST_CASE("depth, aliases and noise are refused quickly") {
  const scratch here;
  const std::pair<std::string, std::string> table[] = {
      {repeated("[", 500'000), "is nested deeper than 32 levels"},
      {repeated("{a: ", 100'000), "is nested deeper than 32 levels"},
      {repeated("- ", 100'000), "is nested deeper than 32 levels"},
      {bomb(), "holds more than 200000 values once its aliases are unfolded"},
      {"a: &a [*a]\n", "this alias stands inside of what it refers to"},
      {"clusters: " + repeated("? ", 1000), ""},
      {repeated("]", 1000), ""},
      {repeated("\xff\xfe\x00\x01", 1000), ""},
      {std::string(1000, '\0'), ""},
      {repeated("a: 1\n", 90'000), "stands here twice"},
      {"clusters: [" + repeated("1,", 90'000) + "]\n", "wants a map of keys"},
      {"!!binary aaaa\n", "tags such as '!!str' are not used here"},
      {"a: 1\n---\nb: 2\n", "begins a second document"},
  };
  for (const auto& [text, why] : table) {
    CAPTURE(text.substr(0, 40));
    const auto start = std::clock();  // of this process: the machine may be busy
    const load_result result = load_text(text, here.options());
    REQUIRE_FALSE(result);
    CHECK(result.error().size() <= 101);
    CHECK_MESSAGE(outcome(result).contains(why), outcome(result));
    CHECK(std::clock() - start < 10 * CLOCKS_PER_SEC);
  }
}

// Each sample cut and bent at random: any answer will do, as long as there is one.
TEST_CASE("bent samples never break the loader") {
  const scratch here;
  std::mt19937 random(20240607);
  for (const auto& file : std::filesystem::directory_iterator(samples)) {
    const std::string text = slurp(file.path());
    for (int round = 0; round < 300; ++round) {
      std::string bent = text;
      for (int i = 0; i < 3; ++i) {
        const std::size_t at = random() % bent.size();
        switch (random() % 3) {
          case 0:
            bent[at] = static_cast<char>(random());
            break;
          case 1:
            bent.erase(at, 1 + random() % 10);
            break;
          default:
            bent.insert(at, 1, "{}[]:,&*!|>'\"%@`#- \n\t"[random() % 21]);
        }
        if (bent.empty()) bent = " ";
      }
      const load_result result = load_text(bent, here.options());
      if (!result) {
        CHECK_FALSE(result.error().empty());
        for (const char* hidden : {"wild", "geese", "formation", "honk"}) {
          CHECK_FALSE(lines(result.error()).contains(hidden));
        }
      }
    }
  }
}
