// skein run: reads the file, composes the parts, serves until told to stop.
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "backends/registry/registry.hpp"
#include "cli/commands.hpp"
#include "cli/service.hpp"
#include "conf/load.hpp"

namespace skein::cli {

int run(const arguments& how) {
  const auto read = conf::load_file(how.file, {.engines = backend_names()});
  if (!read) {
    for (const auto& each : read.error()) {
      std::fprintf(stderr, "%s\n", conf::format(each, how.file).c_str());
    }
    return exit_problem;
  }
  auto made = compose(read->settings);
  if (!made) {
    std::fprintf(stderr, "skein: %s: %s\n", how.file.c_str(), made.error().c_str());
    return exit_problem;
  }
  made->proxy.console.settings = compose_settings_table(*read, how.file);
  metrics::log::configure(made->log);
  for (const auto& each : read->warnings) {
    metrics::log::write(metrics::log::level::warn, conf::format(each, how.file));
  }
  if (how.take_over && !made->takeover) {
    std::fprintf(stderr, "skein: %s: --take-over wants the key 'takeover.socket'\n",
                 how.file.c_str());
    return exit_problem;
  }
  // For hooks, which may call this program anew; no other thread runs yet.
  std::error_code unknown;
  const auto whole = std::filesystem::absolute(how.file, unknown);
  setenv("SKEIN_SETTINGS", unknown ? how.file.c_str() : whole.c_str(), 1);
  service running(std::move(*made), {how.file, *read});
  if (const auto started = running.start(how.take_over); !started) {
    std::fprintf(stderr, "skein: %s\n", started.error().c_str());
    return exit_problem;
  }
  running.serve();
  return exit_ok;
}

}  // namespace skein::cli
