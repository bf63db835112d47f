#include "tests/servers/mysql/template.hpp"

#include <unistd.h>

#include <fstream>

#include "tests/servers/child_process.hpp"
#include "tests/servers/mysql/family.hpp"
#include "tests/servers/mysql/tree.hpp"
#include "tests/servers/template_cache.hpp"
#include "tests/servers/test_folder.hpp"

namespace skein::servers::mysql {

namespace fs = std::filesystem;

void make_data(const fs::path& data) {
  const test_folder work;
  const auto fresh = work / "fresh";
  fs::create_directory(fresh);
  std::ofstream(fresh / "first.sql") << first_statements();
  auto command = tree_command("mysqld");
  command.insert(
      command.end(),
      {"--no-defaults", "--initialize-insecure", "--basedir=" + (tree() / "usr").string(),
       "--datadir=" + (fresh / "data").string(), "--mysqlx=OFF", "--secure-file-priv=NULL",
       "--skip-log-bin", "--innodb-flush-method=nosync", "--innodb-redo-log-capacity=16M",
       "--init-file=" + (fresh / "first.sql").string()});
  if (::geteuid() == 0) command.push_back("--user=root");
  run_well({.command = command});
  // Each copy makes up a server UUID of its own when it finds none.
  fs::remove(fresh / "data" / "auto.cnf");
  copy_folder(fresh / "data", data);
}

fs::path data_template() {
  return cached_template("mysql-9-template-1", make_data);
}

}  // namespace skein::servers::mysql
