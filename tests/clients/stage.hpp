// Where every client suite plays: servers, Skein before them, and the words that tell a driver's
// script how to reach either. A PostgreSQL leader alone; or three members that speak MySQL's wire,
// with reads at the followers.
#pragma once

#include "tests/servers/skein_process.hpp"

namespace skein::servers {

// Few once what was defined on the way is known, which pins a session for a moment. Any: only told,
// where moments decide.
enum class pins { few, few_once_known, some, any };

// So few that the clients of a suite share them.
inline constexpr int few_servers = 4;

struct stage {
  explicit stage(skein_options how = {}, server_options of_servers = {});

  // ENGINE, SKEIN_PORT, SERVER_PORT (the leader's), AUTHORITY, STRANGER; PGPASSWORD and MYSQL_PWD
  // of `app`.
  std::vector<std::string> environment() const;
  // tests/clients/NAME by that interpreter; CHECKs that it ends well, shows what it said if not,
  // and returns it.
  std::string play(std::vector<std::string> interpreter, const std::string& name,
                   const std::vector<std::string>& arguments = {}) const;
  // The same of any command.
  std::string carry_out(std::vector<std::string> command) const;
  // Says how many of the sessions so far kept their server between transactions, and why. CHECKs
  // that they are few, as they are where an application does nothing unusual; or, where the suite
  // is about them, that they are counted.
  void check_pins(const std::string& suite, pins wanted = pins::few) const;
  // psql of user app, through Skein or straight at the server.
  finished_child psql(const std::string& words, std::vector<std::string> arguments,
                      const std::string& input = {}) const;
  std::string through_skein(const std::string& more = {}) const;
  std::string direct(const std::string& more = {}) const;

  cluster shop;
  skein_process skein;
  std::uint16_t server_port;

 protected:
  stage(cluster members, skein_options how);
};

// With a table of two rows, `standing`, a second database, `other`, that is app's too, and LOAD
// DATA LOCAL.
struct split_stage : stage {
  explicit split_stage(engine which, skein_options how = {}, server_options of_servers = {});

  double served_by_followers() const;
  // CHECKs that they have served some of what was asked.
  void check_split() const;
  // One of the programs of MySQL 9 or MariaDB, as user app of database app where it takes one, at
  // Skein or straight at the leader.
  finished_child run_client(const std::vector<std::string>& program, std::uint16_t port,
                            const std::vector<std::string>& arguments,
                            const std::string& input = {}) const;
};

// Each suite once an engine that speaks this wire.
void on_each_split(void (*play)(engine which));

}  // namespace skein::servers
