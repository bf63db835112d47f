#include "tests/servers/mariadb/template.hpp"

#include <unistd.h>

#include <fstream>

#include "tests/servers/child_process.hpp"
#include "tests/servers/mysql/family.hpp"
#include "tests/servers/template_cache.hpp"
#include "tests/servers/test_folder.hpp"

namespace skein::servers::mariadb {

namespace fs = std::filesystem;

namespace {

// Roots of particular hosts, without a password, would take precedence over root@'%'.
constexpr auto one_root = R"(
delete from mysql.global_priv where user = 'root' and host not in ('localhost', '%');
delete from mysql.proxies_priv where host <> 'localhost';
flush privileges;
)";

}  // namespace

void make_data(const fs::path& data) {
  const test_folder work;
  const auto fresh = work / "fresh";
  fs::create_directory(fresh);
  // The first start knows no grant tables until it is told to read them.
  std::ofstream(fresh / "first.sql") << "flush privileges;\n"
                                     << mysql::first_statements() << one_root;
  std::vector<std::string> command{"mariadb-install-db",
                                   "--no-defaults",
                                   "--datadir=" + (fresh / "data").string(),
                                   "--auth-root-authentication-method=normal",
                                   "--skip-test-db",
                                   "--skip-name-resolve",
                                   "--innodb-flush-method=nosync",
                                   "--innodb-log-file-size=16M",
                                   "--extra-file=" + (fresh / "first.sql").string()};
  if (::geteuid() == 0) command.push_back("--user=root");
  run_well({.command = command});
  copy_folder(fresh / "data", data);
}

fs::path data_template() {
  return cached_template("mariadb-10.11-template-2", make_data);
}

}  // namespace skein::servers::mariadb
