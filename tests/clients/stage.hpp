// Where every client suite plays: a PostgreSQL leader, Skein before it, and the words that tell a
// driver's script how to reach either.
#pragma once

#include "tests/servers/skein_process.hpp"

namespace skein::servers {

enum class pins { few, some };

// So few that the clients of a suite share them.
inline constexpr int few_servers = 4;

struct stage {
  explicit stage(skein_options how = {}, server_options of_servers = {});

  // SKEIN_PORT, SERVER_PORT, AUTHORITY, STRANGER; PGPASSWORD of `app`.
  std::vector<std::string> environment() const;
  // tests/clients/NAME by that interpreter; CHECKs that it ends well, shows what it said if not,
  // and returns it.
  std::string play(std::vector<std::string> interpreter, const std::string& name,
                   const std::vector<std::string>& arguments = {}) const;
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
};

}  // namespace skein::servers
