#include "tests/servers/postgres/server.hpp"

#include <csignal>
#include <stdexcept>

#include "tests/servers/certificates.hpp"
#include "tests/servers/postgres/session.hpp"
#include "tests/servers/postgres/shared_memory.hpp"
#include "tests/servers/postgres/template.hpp"
#include "tests/servers/template_cache.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers::postgres {

namespace fs = std::filesystem;
using std::chrono::seconds;

postgres_server::postgres_server(std::string name, fs::path folder, server_options options,
                                 const fs::path& data_to_copy)
    : server(std::move(name), std::move(folder), std::move(options)) {
  fs::create_directory(folder_);
  copy_folder(data_to_copy, data());
  fs::permissions(data(), fs::perms(0700));
  if (options_.tls) {
    fs::copy_file(test_certificates().server_certificate, folder_ / "server.crt");
    fs::copy_file(test_certificates().server_key, folder_ / "server.key");
    fs::copy_file(test_certificates().authority, folder_ / "ca.crt");
  }
  give_to(folder_, server_user());
}

// An immediate stop lets the server give back its shared memory; one that was killed cannot.
postgres_server::~postgres_server() {
  if (is_running()) {
    process_->thaw();
    process_->signal(SIGQUIT);
    process_->wait(seconds{3});
  }
  process_.reset();
  release_shared_memory(data());
}

login postgres_server::admin() const {
  return {"postgres", superuser_password};
}

child_options postgres_server::command() const {
  return {.command = {std::string(binaries) + "/postgres", "-D", data().string(), "-c",
                      "config_file=" + (folder_ / "server.conf").string()},
          .folder = folder_,
          .user = server_user()};
}

int postgres_server::stop_signal(stop_mode mode) const {
  return mode == stop_mode::fast ? SIGINT : SIGQUIT;
}

std::string postgres_server::upstream_words(const login& who) const {
  return "host=127.0.0.1 port=" + std::to_string(upstream_.value()) + " user=" + who.user +
         " password=" + who.password + " application_name=" + name_;
}

std::string postgres_server::access_lines() const {
  std::string access;
  for (const auto& line : options_.hba) access += line + "\n";
  access +=
      "local all all trust\n"
      "host replication replicator 127.0.0.1/32 scram-sha-256\n"
      "host all app_md5 127.0.0.1/32 md5\n"
      "host all all 127.0.0.1/32 scram-sha-256\n";
  return access;
}

void postgres_server::configure() {
  const auto quoted = [](const std::string& text) { return "'" + text + "'"; };
  std::string text = "# Written anew before every start.\n";
  const auto set = [&](const std::string& name, const std::string& setting) {
    text += name + " = " + setting + "\n";
  };
  set("data_directory", quoted(data()));
  set("hba_file", quoted(folder_ / "hba.conf"));
  set("ident_file", quoted(data() / "pg_ident.conf"));
  set("listen_addresses", "'127.0.0.1'");
  set("port", std::to_string(port_));
  set("unix_socket_directories", quoted(folder_));
  set("cluster_name", quoted(name_));
  set("max_connections", std::to_string(options_.connections_max));
  set("fsync", options_.durable ? "on" : "off");
  set("shared_buffers", "32MB");
  // Files in the data directory, so that even a killed server leaves nothing in /dev/shm.
  set("dynamic_shared_memory_type", "mmap");
  set("wal_level", "logical");
  set("max_wal_senders", "32");
  set("max_replication_slots", "32");
  set("wal_keep_size", "512MB");
  set("wal_retrieve_retry_interval", "100ms");
  set("wal_receiver_status_interval", "1s");
  set("max_worker_processes", "16");
  set("log_line_prefix", "'%m [%p] %a %u@%d '");
  set("timezone", "'UTC'");
  set("log_timezone", "'UTC'");
  if (upstream_) set("primary_conninfo", quoted(upstream_words(replicator)));
  if (options_.tls) {
    set("ssl", "on");
    set("ssl_cert_file", quoted(folder_ / "server.crt"));
    set("ssl_key_file", quoted(folder_ / "server.key"));
    set("ssl_ca_file", quoted(folder_ / "ca.crt"));
  }
  for (const auto& line : options_.settings) text += line + "\n";
  text += "include_if_exists '" + (data() / "postgresql.auto.conf").string() + "'\n";
  write_file(folder_ / "server.conf", text);

  write_file(folder_ / "hba.conf", access_lines());
  if (upstream_) write_file(data() / "standby.signal", "");
}

rows postgres_server::ask(const login* who, std::string_view sql) {
  const auto where = who == nullptr
                         ? "host=" + folder_.string() + " user=postgres"
                         : "host=127.0.0.1 user=" + who->user + " password=" + who->password;
  return postgres::ask(where + " dbname=app port=" + std::to_string(port_), sql);
}

bool postgres_server::is_follower() {
  return value("select pg_is_in_recovery()") == "t";
}

bool postgres_server::is_receiving() {
  return value("select count(*) from pg_stat_wal_receiver where status = 'streaming'") == "1";
}

void postgres_server::promote() {
  if (value("select pg_promote(true, 60)") != "t")
    throw std::runtime_error("member " + name_ + " was not promoted within a minute");
  upstream_.reset();
  configure();
}

void postgres_server::follow(std::uint16_t upstream_port) {
  upstream_ = upstream_port;
  if (is_running() && is_follower()) {
    configure();
    query("select pg_reload_conf()");
    return;
  }
  stop();
  if (!fs::exists(data() / "standby.signal")) rewind();
  start();
}

// Undoes what only a former leader had. pg_rewind compares the control files, so the new leader
// must have written its new timeline there: hence the checkpoint.
void postgres_server::rewind() {
  const auto source = upstream_words(admin()) + " dbname=postgres";
  postgres::ask(source, "checkpoint");
  run_well({.command = {std::string(binaries) + "/pg_rewind", "--no-sync",
                        "--target-pgdata=" + data().string(), "--source-server=" + source,
                        "--config-file=" + (folder_ / "server.conf").string()},
            .folder = folder_,
            .user = server_user()});
}

std::string postgres_server::position() {
  return value(
      "select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() "
      "else pg_current_wal_flush_lsn() end");
}

bool postgres_server::has_applied(const std::string& leader_position) {
  return value("select coalesce(pg_last_wal_replay_lsn() >= '" + leader_position + "', false)") ==
         "t";
}

}  // namespace skein::servers::postgres
