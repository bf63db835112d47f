// A Skein whose settings file a test edits while it serves, and a console to ask it to read that.
#pragma once

#include <fstream>
#include <sstream>

#include "tests/servers/console/console.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

struct reload_stage : console_stage {
  explicit reload_stage(skein_options how = {}) : console_stage(std::move(how)), console(words()) {}

  // The first of these words becomes others.
  void edit(const std::string& was, const std::string& is) const {
    std::ostringstream text;
    text << std::ifstream(skein.settings_file()).rdbuf();
    std::string all = text.str();
    const auto at = all.find(was);
    REQUIRE_MESSAGE(at != all.npos, was, " is not in\n", all);
    std::ofstream(skein.settings_file()) << all.replace(at, was.size(), is);
  }

  // What has changed, a line each; or what was said instead.
  std::string reload() {
    const pg_answer said = console.ask("reload");
    if (!said.ok()) return said.sqlstate + ": " + said.text;
    std::string told;
    for (const row& each : said.lines) told += *each[0] + ": " + *each[1] + "\n";
    return told;
  }

  std::string in_pools(const std::string& column) {
    return rows(console, "show pools", "cluster", "shop").at(0).at(column);
  }

  pg_session console;
};

}  // namespace skein::servers
