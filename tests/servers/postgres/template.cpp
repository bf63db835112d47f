#include "tests/servers/postgres/template.hpp"

#include <unistd.h>

#include <fstream>

#include "tests/servers/child_process.hpp"
#include "tests/servers/template_cache.hpp"
#include "tests/servers/test_folder.hpp"

namespace skein::servers::postgres {
namespace {

namespace fs = std::filesystem;

// One statement a line: what the single-user server reads.
constexpr auto first_statements = R"(
create role app login password 'app-secret'
create role replicator login replication password 'replicator-secret'
set password_encryption = 'md5'
create role app_md5 login password 'app-secret'
grant app to app_md5
create database app owner app
)";

}  // namespace

std::string server_user() {
  return ::geteuid() == 0 ? "postgres" : "";
}

void make_data(const fs::path& data) {
  const auto program = [](const char* name) { return std::string(binaries) + "/" + name; };
  // Not in the cache: the server's user may not be let into the folder of the sources.
  const test_folder work;
  const auto fresh = work / "fresh";
  fs::create_directory(fresh);
  std::ofstream(fresh / "password") << superuser_password << "\n";
  give_to(fresh, server_user());
  run_well({.command = {program("initdb"), "-D", "data", "-U", "postgres", "--pwfile=password",
                        "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8",
                        "--locale=C.UTF-8", "--data-checksums", "--no-sync"},
            .folder = fresh,
            .user = server_user()});
  run_well({.command = {program("postgres"), "--single", "-F", "-D", "data", "postgres"},
            .folder = fresh,
            .user = server_user(),
            .input = first_statements});
  copy_folder(fresh / "data", data);
}

fs::path data_template() {
  return cached_template("postgres-15-template-1", make_data);
}

}  // namespace skein::servers::postgres
