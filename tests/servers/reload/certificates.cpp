// Certificates are read again with a reload, under the same name too: the next handshake uses them.
#include "tests/servers/certificates.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/servers/reload/reload.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What Skein shows to who begins TLS.
bool shows(const reload_stage& at, const fs::path& certificate) {
  const auto said = run({.command = {"openssl", "s_client", "-starttls", "postgres", "-connect",
                                     "127.0.0.1:" + std::to_string(at.skein.port())},
                         .input = ""});
  return said.output.contains(text_of(certificate));
}

void put(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to, fs::copy_options::overwrite_existing);
}

}  // namespace

TEST_CASE("a certificate is replaced under who is connected") {
  const auto& files = test_certificates();
  reload_stage at;
  const fs::path certificate = at.skein.folder() / "own.crt";
  const fs::path key = at.skein.folder() / "own.key";
  put(files.server_certificate, certificate);
  put(files.server_key, key);
  at.edit(files.server_certificate.string(), certificate.string());
  at.edit(files.server_key.string(), key.string());
  CHECK(at.reload().contains(".tls.certificate: "));
  pg_session before(at.skein.words(app, "sslmode=require"));
  CHECK(shows(at, files.server_certificate));
  CHECK(at.reload().empty());

  put(files.client_certificate, certificate);
  const std::string half = at.reload();  // its key is not there yet
  CHECK(half.starts_with("F0000: "));
  CHECK(half.contains("does not belong to the certificate"));
  CHECK(shows(at, files.server_certificate));

  put(files.client_key, key);
  const std::string whole = at.reload();
  CHECK(whole.contains(".tls.certificate: its file has changed\n"));
  CHECK(whole.contains(".tls.key: its file has changed\n"));
  CHECK(shows(at, files.client_certificate));
  CHECK(before.value("select 1") == "1");
  CHECK(pg_session(at.skein.words(app, "sslmode=require")).value("select 1") == "1");
}

TEST_CASE("towards servers: what was opened without TLS is used up, and new ones have it") {
  cluster shop = cluster::start(engine::postgres, {.followers = 0, .server = {.tls = true}});
  skein_process skein(shop, {.server_tls = "disable", .lines = {"console: {users: [app]}"}});
  pg_session console(skein.words(app, "dbname=skein"));
  pg_session client(skein.words(app));
  pg_session busy(skein.words(app));
  const std::string is_tls = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
  REQUIRE(busy.ask("begin").ok());
  CHECK(client.value(is_tls) == "f");
  std::string all = text_of(skein.settings_file());
  const std::string off = "    tls: {mode: disable}\n";
  all.replace(all.find(off), off.size(), "    tls: {mode: require}\n");
  std::ofstream(skein.settings_file()) << all;
  const auto told = console.ask("reload");
  REQUIRE_MESSAGE(told.ok(), told.text);
  CHECK(client.value(is_tls) == "t");
  CHECK(busy.value(is_tls) == "f");  // its transaction goes on
  CHECK(busy.ask("commit").ok());
  wait_until([&] { return busy.value(is_tls) == "t"; }, 5s, "the older connection has gone");
}
