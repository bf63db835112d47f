// skein explain: where a running Skein would send a statement now, and why, asked at its admin
// port.
#include <cstdio>

#include "cli/admin_client.hpp"
#include "cli/commands.hpp"

namespace skein::cli {

namespace {

int problem(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  std::fprintf(stderr, "skein: %s\n", text.c_str());
  return exit_problem;
}

}  // namespace

int explain(const arguments& how) {
  const auto target = find_admin(how);
  if (!target) return problem(target.error());
  const auto said = ask_admin(
      *target,
      {.path = how.json ? "/explain.json" : "/explain",
       .parameters = {{"cluster", how.cluster}, {"database", how.database}, {"user", how.user}},
       .body = how.statement});
  if (!said) return problem(said.error());
  if (said->status == 404) return problem("that Skein is of a version that cannot tell");
  if (said->status != 200) return problem(said->body);
  std::fputs(said->body.c_str(), stdout);
  return exit_ok;
}

}  // namespace skein::cli
