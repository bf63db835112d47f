// skein status: what a running Skein says of itself, asked at its admin port.
#include <cstdio>

#include "cli/admin_client.hpp"
#include "cli/commands.hpp"

namespace skein::cli {

namespace {

int problem(const std::string& text) {
  std::fprintf(stderr, "skein: %s\n", text.c_str());
  return exit_problem;
}

}  // namespace

int status(const arguments& how) {
  const auto target = find_admin(how);
  if (!target) return problem(target.error());
  const auto said = ask_admin(*target, {.path = how.json ? "/status.json" : "/status"});
  if (!said) return problem(said.error());
  if (said->status != 200 && said->status != 503) {
    return problem("the admin port answered " + std::to_string(said->status) + ": " + said->body);
  }
  std::fputs(said->body.c_str(), stdout);
  return said->status == 200 ? exit_ok : exit_problem;
}

}  // namespace skein::cli
