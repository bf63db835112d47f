#include "tests/servers/mariadb/server.hpp"

namespace skein::servers::mariadb {

mariadb_server::mariadb_server(std::string name, std::filesystem::path folder,
                               server_options options, const std::filesystem::path& data_to_copy)
    : family_server(std::move(name), std::move(folder), std::move(options), data_to_copy) {}

child_options mariadb_server::command() const {
  return {
      .command = {"/usr/sbin/mariadbd", "--defaults-file=" + (folder_ / "server.conf").string()},
      .folder = folder_};
}

std::string mariadb_server::own_settings() const {
  return "log_slave_updates = ON\n"
         "gtid_strict_mode = ON\n"
         "innodb_log_file_size = 16M\n";
}

void mariadb_server::point(bool was_leader) {
  query("stop slave");
  // A former leader goes on from what stands in its own binary log.
  query(
      "change master to master_host='127.0.0.1', master_port=" + std::to_string(upstream_.value()) +
      ", master_user='" + replicator.user + "', master_password='" + replicator.password +
      "', master_connect_retry=1, master_use_gtid=slave_pos" +
      (was_leader ? ", master_demote_to_slave=1" : ""));
  query("start slave");
}

void mariadb_server::stop_replicating() {
  query("stop slave");
  query("reset slave all");
}

void mariadb_server::stop_receiving() {
  query("stop slave io_thread");
}

bool mariadb_server::has_applied_all_received() {
  return has_applied(ask_status("show slave status")["Gtid_IO_Pos"]);
}

void mariadb_server::set_writable(bool writable) {
  query(writable ? "set global read_only = off" : "set global read_only = on");
}

bool mariadb_server::is_receiving() {
  auto status = ask_status("show slave status");
  return status["Slave_IO_Running"] == "Yes" && status["Slave_SQL_Running"] == "Yes";
}

std::string mariadb_server::position() {
  return value("select @@global.gtid_binlog_pos");
}

bool mariadb_server::has_applied(const std::string& leader_position) {
  return value("select master_gtid_wait('" + leader_position + "', 0)") == "0";
}

}  // namespace skein::servers::mariadb
