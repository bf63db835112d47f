// What the tests that are the same on every engine say in an engine's own words, and by which codes
// they hear what Skein or a server says there (as connection.hpp tells them).
#pragma once

#include <string>
#include <vector>

#include "tests/servers/cluster.hpp"

namespace skein::servers {

struct heard_codes {
  std::string unavailable;  // nobody leads
  std::string lost;         // the server was lost with what the session held there
  std::string rolled_back;  // ... in a transaction, of which nothing was committed
  std::string in_doubt;     // ... and something may have been
  std::string limit;        // too many clients, or no server connection was free in time
  std::string wrong_password;
  std::string refused;         // by a rule
  std::string late_statement;  // it ran for too long
  std::string shutdown;
  std::string only_reads;  // the server's: it writes where only reads may be
  std::string no_table;    // the server's
};

struct tongue {
  engine which;
  heard_codes heard;
  std::string sleep;   // the function that takes seconds
  std::string add_up;  // an aggregate that has it take them for each row
  std::string begin_read_only;
  std::vector<std::string> begin_serializable_read_only;
  std::string first_parameter;  // of a prepared statement
  std::string sessions;  // how many of app's there are, without who looks and reads definitions

  std::string sleep_for(const std::string& seconds) const {
    return "select " + sleep + "(" + seconds + ")";
  }
  // Reads 100 goods, and takes so long for each.
  std::string read_slowly(const std::string& seconds) const {
    return "select count(*), " + add_up + "(" + sleep + "(" + seconds + ")) from goods";
  }
  // How many of app's statements run that have this text in them; for whoever else asks.
  std::string running(const std::string& text) const;
};

const tongue& tongue_of(engine which);

// A table of 100 goods (id, n), each number its own n, which app owns and every member has. And who
// looks at members in app's name may see there what it needs.
void make_goods(cluster& shop);

// Each engine that is wanted in turn; what fails tells which it was.
void on_each_engine(void (*play)(const tongue& in));

}  // namespace skein::servers
