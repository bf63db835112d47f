#include "backends/placement.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace skein {

placement unsure_placement(std::string why) {
  return {.why = std::move(why)};
}

placement place_of_long_one() {
  return unsure_placement("it is too long to be read");
}

placement place_of_broken_one() {
  return unsure_placement("it cannot be parsed");
}

void conclude(placement& made, statement_deeds& done, bool begins_anywhere) {
  made.where = made.why.empty() ? place::any : place::leader;
  if (begins_anywhere) {
    made.where = place::transaction;
    made.why.clear();
  }
  made.relations = std::move(done.relations);
  std::ranges::sort(made.relations);
  const auto repeated = std::ranges::unique(made.relations);
  made.relations.erase(repeated.begin(), repeated.end());
}

void take_placement(statement_facts& facts, placement placed, std::uint64_t number) {
  facts.where = placed.where;
  facts.may_write = placed.may_write;
  facts.why = std::move(placed.why);
  facts.fingerprint = number;
  facts.form = std::move(placed.form);
  facts.relations = std::move(placed.relations);
}

std::uint64_t number_of_form(std::string_view digest) {
  std::uint64_t number = 0;
  for (const char each : digest.substr(0, sizeof number))
    number = number << 8 | static_cast<unsigned char>(each);
  return std::max<std::uint64_t>(number, 1);
}

fingerprint_seed seed_of(std::string_view random) {
  fingerprint_seed seed;
  std::memcpy(&seed, random.data(), std::min(random.size(), sizeof seed));
  return seed;
}

}  // namespace skein
