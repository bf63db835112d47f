#include "tests/servers/mysql/family.hpp"

#include <unistd.h>

#include <csignal>

#include "tests/servers/certificates.hpp"
#include "tests/servers/template_cache.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::mysql {

namespace fs = std::filesystem;

std::string first_statements() {
  const auto user = [](const login& who, const std::string& rights) {
    const auto name = "'" + who.user + "'@'%'";
    return "create user " + name + " identified by '" + who.password + "';\ngrant " + rights +
           " to " + name + ";\n";
  };
  return "create database app character set utf8mb4;\n" + user(app, "all on app.*") +
         user(replicator, "replication slave, replication client on *.*") +
         "create user 'root'@'%' identified by '" + superuser_password +
         "';\ngrant all on *.* to 'root'@'%' with grant option;\n";
}

family_server::family_server(std::string name, fs::path folder, server_options options,
                             const fs::path& data_to_copy)
    : server(std::move(name), std::move(folder), std::move(options)) {
  fs::create_directory(folder_);
  copy_folder(data_to_copy, data());
}

family_server::~family_server() {
  process_.reset();
}

login family_server::admin() const {
  return {"root", superuser_password};
}

target family_server::socket_target() const {
  return {"unix://" + socket().string(), {"root", ""}};
}

rows family_server::ask(const login* who, std::string_view sql) {
  if (who == nullptr) return mysql::ask(socket_target(), sql);
  return mysql::ask({"tcp://127.0.0.1:" + std::to_string(port_), *who}, sql);
}

std::map<std::string, std::string> family_server::ask_status(std::string_view sql) {
  return ask_named(socket_target(), sql);
}

int family_server::stop_signal(stop_mode mode) const {
  // These engines know no stop between clean and crash.
  return mode == stop_mode::fast ? SIGTERM : SIGKILL;
}

void family_server::configure() {
  std::string text = "# Written anew before every start.\n[mysqld]\n";
  const auto set = [&](const std::string& name, const std::string& setting) {
    text += name + " = " + setting + "\n";
  };
  // Nothing here belongs to anybody else, so root may run it as it is.
  if (::geteuid() == 0) set("user", "root");
  set("datadir", data());
  set("socket", socket());
  set("pid_file", folder_ / "server.pid");
  // A server that starts removes what it takes for its own from before, also its neighbours'.
  std::filesystem::create_directories(folder_ / "tmp");
  set("tmpdir", folder_ / "tmp");
  set("bind_address", "127.0.0.1");
  set("port", std::to_string(port_));
  set("server_id", std::to_string(port_));
  set("report_host", "127.0.0.1");
  set("report_port", std::to_string(port_));
  set("max_connections", std::to_string(options_.connections_max));
  set("skip_name_resolve", "ON");
  set("character_set_server", "utf8mb4");
  set("innodb_buffer_pool_size", "64M");
  // With 2 and 0 the kernel has every commit: a killed server loses nothing, a killed machine may.
  set("innodb_flush_log_at_trx_commit", options_.durable ? "1" : "2");
  set("sync_binlog", options_.durable ? "1" : "0");
  if (!options_.durable) set("innodb_flush_method", "nosync");
  set("log_bin", "binlog");
  set("relay_log", "relay");
  set("binlog_format", "ROW");
  set("binlog_row_metadata", "FULL");
  set("read_only", upstream_ ? "ON" : "OFF");
  if (options_.tls) {
    set("ssl_ca", test_certificates().authority);
    set("ssl_cert", test_certificates().server_certificate);
    set("ssl_key", test_certificates().server_key);
  }
  text += own_settings();
  for (const auto& line : options_.settings) text += line + "\n";
  write_file(folder_ / "server.conf", text);
}

void family_server::settle() {
  if (!upstream_) {
    was_leader_ = true;
    return;
  }
  if (pointed_at_ == upstream_) return;  // it remembers by itself
  point(was_leader_);
  pointed_at_ = upstream_;
  was_leader_ = false;
}

bool family_server::is_follower() {
  return value("select @@global.read_only") == "1";
}

void family_server::promote() {
  stop_receiving();
  wait_until([&] { return has_applied_all_received(); }, std::chrono::seconds{30},
             "member " + name_ + " has applied what it received");
  stop_replicating();
  upstream_.reset();
  pointed_at_.reset();
  was_leader_ = true;
  set_writable(true);
}

void family_server::follow(std::uint16_t upstream_port) {
  upstream_ = upstream_port;
  if (!is_running()) return start();
  set_writable(false);
  settle();
}

}  // namespace skein::servers::mysql
