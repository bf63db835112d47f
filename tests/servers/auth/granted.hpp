// What `skein grants` prints, run by psql: for tests of the roles that it makes.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/servers/skein_process.hpp"

namespace skein::servers {

// `words` go behind `skein grants`. REQUIREs that it and psql end well.
inline void run_grants(cluster& shop, std::vector<std::string> words, const login& as) {
  words.insert(words.begin(), {skein_program(), "grants"});
  const auto printed = run({.command = std::move(words), .errors_apart = true});
  REQUIRE_MESSAGE(printed.exit_code == 0, printed.errors);
  auto& leader = shop.leader();
  const auto pasted =
      run({.command = {"psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", leader.socket().string(), "-p",
                       std::to_string(leader.port()), "-U", as.user, "-d", "postgres"},
           .environment = {"PGPASSWORD=" + as.password},
           .input = printed.output});
  REQUIRE_MESSAGE(pasted.exit_code == 0, pasted.output, "\nof:\n", printed.output);
}

inline void run_grants(cluster& shop, std::vector<std::string> words) {
  run_grants(shop, std::move(words), shop.leader().admin());
}

}  // namespace skein::servers
