// Clients of the command line before servers of either kind, each by the compression that it is
// told, and what the servers say of how Skein's own connections to them are compressed.
#pragma once

#include <algorithm>

#include "tests/servers/mysql/scene.hpp"
#include "tests/servers/mysql/tree.hpp"

namespace skein::servers::compression {

using mysql::scene;

// How a client is to be compressed; MariaDB's knows zlib alone, and names no algorithm.
struct way {
  std::string name;
  bool of_mysql;
  std::vector<std::string> words;
};

inline std::vector<way> every_way() {
  std::vector<way> all = {{"mariadb zlib", false, {"--compress"}}, {"mariadb plain", false, {}}};
  if (!is_wanted(engine::mysql)) return all;
  const auto by = [](const std::string& name) { return "--compression-algorithms=" + name; };
  all.push_back({"mysql zlib", true, {by("zlib")}});
  all.push_back({"mysql zstd", true, {by("zstd")}});
  all.push_back({"mysql zstd 19", true, {by("zstd"), "--zstd-compression-level=19"}});
  all.push_back({"mysql any", true, {by("zlib,zstd,uncompressed")}});
  return all;
}

// What it prints, errors too; a column a tab, a row a line.
inline std::string ask(const scene& on, const way& how, const std::string& statements,
                       const std::vector<std::string>& more = {},
                       const std::string& database = "app") {
  std::vector<std::string> command =
      how.of_mysql ? mysql::tree_command("mysql") : std::vector<std::string>{"mariadb"};
  const std::vector<std::string> usual = {"--no-defaults",
                                          "-N",
                                          "-B",
                                          "--host=127.0.0.1",
                                          "--port=" + std::to_string(on.skein->port()),
                                          "--user=" + app.user};
  command.insert(command.end(), usual.begin(), usual.end());
  // Its usual collation is none of MariaDB's.
  if (how.of_mysql) {
    command.push_back("--get-server-public-key");
    command.push_back("--default-character-set=latin1");
  }
  command.insert(command.end(), how.words.begin(), how.words.end());
  command.insert(command.end(), more.begin(), more.end());
  if (!database.empty()) command.push_back(database);
  child_process client(
      {.command = command, .environment = {"MYSQL_PWD=" + app.password}, .input = statements});
  REQUIRE(client.wait(std::chrono::seconds{120}).has_value());
  return client.output();
}

inline void on_each(void (*play)(scene&), const skein_options& how) {
  mysql::on_each_server(how, 0, play);
}

// Of servers that are to be compressed, the way to them; of two of these one knows zlib alone.
inline std::string known_to(const scene& on, const std::string& wanted) {
  return on.is_mariadb() && wanted == "zstd" ? "none" : wanted;
}

}  // namespace skein::servers::compression
