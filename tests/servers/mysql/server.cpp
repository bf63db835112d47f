#include "tests/servers/mysql/server.hpp"

#include "tests/servers/mysql/tree.hpp"

namespace skein::servers::mysql {

mysql_server::mysql_server(std::string name, std::filesystem::path folder, server_options options,
                           const std::filesystem::path& data_to_copy)
    : family_server(std::move(name), std::move(folder), std::move(options), data_to_copy) {}

child_options mysql_server::command() const {
  auto words = tree_command("mysqld");
  words.push_back("--defaults-file=" + (folder_ / "server.conf").string());
  return {.command = words, .folder = folder_};
}

std::string mysql_server::own_settings() const {
  std::string text = "basedir = " + (tree() / "usr").string() + "\n" +
                     "mysqlx = OFF\n"
                     "secure_file_priv = NULL\n"
                     "gtid_mode = ON\n"
                     "enforce_gtid_consistency = ON\n"
                     "innodb_redo_log_capacity = 16M\n"
                     "super_read_only = " +
                     (upstream_ ? "ON\n" : "OFF\n");
  // The server would make certificates of its own and offer them.
  if (!options_.tls) text += "auto_generate_certs = OFF\ntls_version =\n";
  return text;
}

void mysql_server::point(bool) {
  query("stop replica");
  query("change replication source to source_host='127.0.0.1', source_port=" +
        std::to_string(upstream_.value()) + ", source_user='" + replicator.user +
        "', source_password='" + replicator.password +
        "', source_auto_position=1, source_connect_retry=1, source_retry_count=1000000, "
        "get_source_public_key=1, source_ssl=" +
        (options_.tls ? "1" : "0"));
  query("start replica");
}

void mysql_server::stop_replicating() {
  query("stop replica");
  query("reset replica all");
}

void mysql_server::stop_receiving() {
  query("stop replica io_thread");
}

bool mysql_server::has_applied_all_received() {
  return has_applied(ask_status("show replica status")["Retrieved_Gtid_Set"]);
}

void mysql_server::set_writable(bool writable) {
  // Turning super_read_only on turns read_only on; read_only off turns both off.
  query(writable ? "set global read_only = off" : "set global super_read_only = on");
}

bool mysql_server::is_receiving() {
  auto status = ask_status("show replica status");
  return status["Replica_IO_Running"] == "Yes" && status["Replica_SQL_Running"] == "Yes";
}

std::string mysql_server::position() {
  return value("select @@global.gtid_executed");
}

bool mysql_server::has_applied(const std::string& leader_position) {
  return value("select gtid_subset('" + leader_position + "', @@global.gtid_executed)") == "1";
}

}  // namespace skein::servers::mysql
