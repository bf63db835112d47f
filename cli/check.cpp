// skein check: what a file says, in plain words, and every mistake in it.
#include <cstdio>

#include "backends/registry/registry.hpp"
#include "cli/commands.hpp"
#include "cli/compose.hpp"
#include "conf/describe.hpp"
#include "conf/load.hpp"
#include "conf/reference.hpp"
#include "conf/schema.hpp"

namespace skein::cli {

namespace {

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return exit_ok;
}

}  // namespace

int check(const arguments& how) {
  if (how.keys) return print(conf::reference(backend_names()));
  if (how.schema) return print(conf::schema(backend_names()));
  const auto read = conf::load_file(how.file, {.engines = backend_names()});
  const auto& said = read ? read->warnings : read.error();
  for (const auto& each : said) {
    std::fprintf(stderr, "%s%s\n", read ? "warning: " : "", conf::format(each, how.file).c_str());
  }
  if (!read) return exit_problem;
  if (const auto made = compose(read->settings); !made) {
    std::fprintf(stderr, "%s: %s\n", how.file.c_str(), made.error().c_str());
    return exit_problem;
  }
  return print(conf::describe(read->settings));
}

}  // namespace skein::cli
