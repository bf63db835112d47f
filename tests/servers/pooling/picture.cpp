#include "tests/servers/pooling/picture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>

namespace skein::servers {

picture picture_of(const rows& told) {
  picture lines;
  for (const auto& line : told) lines.push_back(line[0].value_or("(null)"));
  std::ranges::sort(lines);
  return lines;
}

picture draw(pg_session& session) {
  const auto told = session.ask(picture_query);
  REQUIRE_MESSAGE(told.ok(), told.sqlstate, " ", told.text);
  return picture_of(told.lines);
}

std::string difference(const picture& one, const picture& other) {
  picture differs;
  std::ranges::set_symmetric_difference(one, other, std::back_inserter(differs));
  std::string told;
  for (const auto& line : differs) told += line + "; ";
  return told;
}

std::string direct_words(const server& at, const login& who, const std::string& more) {
  return "host=127.0.0.1 port=" + std::to_string(at.port()) + " user=" + who.user +
         " password=" + who.password + " dbname=app sslmode=disable " + more;
}

}  // namespace skein::servers
