// A leader, Skein before it with user `app` at its console, and ways to ask there.
#pragma once

#include "tests/servers/postgres/client.hpp"
#include "tests/servers/skein_process.hpp"

namespace skein::servers {

struct console_stage {
  using line = std::map<std::string, std::string>;  // by column; null is empty

  explicit console_stage(skein_options how = {})
      : shop(cluster::start(engine::postgres, {.followers = 0})),
        skein(shop, named(std::move(how))) {}

  std::string words() const { return skein.words(app, "dbname=skein"); }

  finished_child psql(std::vector<std::string> arguments, const std::string& input = {}) const {
    std::vector<std::string> command{"psql", "-X", "-d", words()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run({.command = command, .input = input});
  }

  // The rows of an answer that have this value in this column.
  std::vector<line> rows(pg_session& asker, const std::string& what, const std::string& column,
                         const std::string& value) const {
    const std::unique_ptr<PGresult, decltype(&PQclear)> told(PQexec(asker.raw(), what.c_str()),
                                                             &PQclear);
    std::vector<line> found;
    for (int row = 0; row < PQntuples(told.get()); ++row) {
      line one;
      for (int i = 0; i < PQnfields(told.get()); ++i)
        one[PQfname(told.get(), i)] = PQgetvalue(told.get(), row, i);
      if (one.at(column) == value) found.push_back(one);
    }
    return found;
  }

  cluster shop;
  skein_process skein;

 private:
  static skein_options named(skein_options how) {
    how.lines.emplace_back("console: {users: [app]}");
    return how;
  }
};

}  // namespace skein::servers
