// The clients `mysql` of MySQL 9 and `mariadb` of MariaDB 10.11, each before servers of either
// kind: what they print through Skein is what they print straight at the server. And what else
// people run in a shell: dumps, imports, the administrators' tools.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "tests/clients/stage.hpp"
#include "tests/servers/certificates.hpp"
#include "tests/servers/mysql/tree.hpp"
#include "tests/servers/waiting.hpp"

using namespace skein::servers;
using namespace std::chrono_literals;

namespace {

struct command_line {
  std::string name;
  std::string dump;
  std::string admin;
  std::string import;
  bool of_mysql;
  std::vector<std::string> program(const std::string& called) const {
    return of_mysql ? mysql::tree_command(called) : std::vector{called};
  }
};

const command_line of_mysql{"mysql", "mysqldump", "mysqladmin", "mysqlimport", true};
const command_line of_mariadb{"mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", false};

// MySQL 9's clients cannot sign in at MariaDB itself, for they have forgotten how passwords are
// proved there; Skein asks them in another way. What they should say is then what MariaDB's client
// says.
const command_line& who_asks_directly(engine which, const command_line& client) {
  return which == engine::mariadb ? of_mariadb : client;
}

// MySQL's programs stand beside its servers.
void with_each_client(void (*play)(engine which, const command_line& client)) {
  static void (*playing)(engine, const command_line&);
  playing = play;
  on_each_split([](engine which) {
    playing(which, of_mariadb);
    if (is_wanted(engine::mysql)) playing(which, of_mysql);
  });
}

std::string text_of(const std::string& name) {
  std::ifstream in(std::string(SKEIN_SOURCE_ROOT) + "/tests/clients/" + name);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// Without what takes its own time each time.
std::string without_times(const std::string& text) {
  return std::regex_replace(text, std::regex(R"( \(([0-9]+ (min|hours?) )?[0-9.]+ sec\))"), "");
}

// Where two texts part, with the lines before it.
std::string first_difference(const std::string& one, const std::string& other) {
  const auto part = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first;
  const auto at = static_cast<std::size_t>(part - one.begin());
  const auto start = at < 300 ? 0 : at - 300;
  return "\n---- here\n" + one.substr(start, at - start + 300) + "\n---- there\n" +
         other.substr(start, at - start + 300);
}

// Some repeat the statement besides.
std::string errors_of(const std::string& text) {
  std::string all;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.contains("ERROR") || line.contains("rror:")) all += line + "\n";
  return all;
}

void check_same(const finished_child& through, const finished_child& direct) {
  CHECK(through.exit_code == direct.exit_code);
  const auto told = without_times(through.output);
  const auto wanted = without_times(direct.output);
  CHECK_MESSAGE(told == wanted, first_difference(told, wanted));
  const auto errors = errors_of(through.errors);
  const auto should_be = errors_of(direct.errors);
  CHECK_MESSAGE(errors == should_be, first_difference(errors, should_be));
}

std::string many_lines(const split_stage& at) {
  const auto file = at.skein.folder() / "lines.txt";
  std::ofstream out(file);
  for (int n = 1000; n < 31000; ++n) out << n << ",word " << n << "\n";
  return file;
}

}  // namespace

TEST_CASE("a long script gives the same output as a direct connection") {
  with_each_client([](engine which, const command_line& client) {
    CAPTURE(client.name);
    const split_stage at(which, {.pool_size = few_servers});
    const auto script = replaced(text_of("command_line.sql"), "FILE", many_lines(at));
    const auto& directly = who_asks_directly(which, client);
    std::vector<std::vector<std::string>> ways = {{"-v", "-v", "-v", "--table"},
                                                  {"--quick", "--batch"}};
    if (directly.name == client.name) {
      ways.push_back({"--show-warnings", "--column-type-info", "--binary-as-hex"});
      ways.push_back({"--table", client.of_mysql ? "--ssl-mode=REQUIRED" : "--ssl"});
    }
    for (const auto& way : ways) {
      CAPTURE(way.front());
      const auto words = [&](const command_line& of) {
        std::vector<std::string> all{"--force", "--local-infile=1", "--named-commands",
                                     "--comments", "--default-character-set=utf8mb4"};
        if (of.of_mysql) all.emplace_back("--commands");
        all.insert(all.end(), way.begin(), way.end());
        all.emplace_back("app");
        return all;
      };
      const auto direct =
          at.run_client(directly.program(directly.name), at.server_port, words(directly), script);
      CHECK(direct.errors.contains("on purpose"));
      check_same(at.run_client(client.program(client.name), at.skein.port(), words(client), script),
                 direct);
    }
    // What it has defined it used at once, which was the leader's.
    wait_until(
        [&] {
          const auto told = at.run_client(client.program(client.name), at.skein.port(),
                                          {"app", "-e", "select count(*) from standing"});
          CHECK(told.output == "count(*)\n2\n");
          return at.served_by_followers() > 0;
        },
        20s, "a follower was asked");
  });
}

TEST_CASE("settings of the clients: safe updates, a first statement, no database, formats") {
  with_each_client([](engine which, const command_line& client) {
    CAPTURE(client.name);
    if (who_asks_directly(which, client).name != client.name) return;
    split_stage at(which, {.pool_size = few_servers});
    at.shop.leader().query_as(app, "create table t (n int primary key, w text)");
    at.shop.leader().query_as(app, "insert into t values (1, 'a <b>'), (2, null)");
    at.shop.wait_until_caught_up();
    const std::vector<std::pair<std::vector<std::string>, std::string>> all = {
        {{"--safe-updates", "app"}, "delete from t; select @@sql_safe_updates; select * from t;"},
        {{"--init-command=set @x = 5, time_zone = '+01:00'", "app"}, "select @x, @@time_zone;"},
        {{}, "select database(); select * from t; use app; select * from t;"},
        {{"--xml", "app"}, "select * from t;"},
        {{"--html", "app"}, "select * from t;"},
        {{"--vertical", "app"}, "select * from t;"},
        {{"-e", "select * from t; select * from nowhere; select 1", "app"}, ""},
        {{"--skip-column-names", "--raw", "app"}, "select 'a\\tb\\n', 5;"},
        {{"--default-character-set=latin1", "app"}, "select hex('\xe4'), '\xe4';"},
        {{"--max-allowed-packet=64M", "app"},
         "select length('" + std::string(17U << 20, 'x') + "');"},
        {{"--max-allowed-packet=64M", "--quick", "app"}, "select repeat('0123456789', 1800000);"},
        {{"app", "--password=wrong"}, "select 1;"},
        {{"--user=nobody", "app"}, "select 1;"},
        {{"nowhere"}, "select 1;"},
        {{"mysql"}, "select 1;"},
    };
    for (const auto& [words, input] : all) {
      CAPTURE(words.empty() ? "" : words.front());
      const auto program = client.program(client.name);
      const auto direct = at.run_client(program, at.server_port, words, input);
      check_same(at.run_client(program, at.skein.port(), words, input), direct);
    }
  });
}

TEST_CASE("TLS, in all the ways of the clients") {
  with_each_client([](engine which, const command_line& client) {
    CAPTURE(client.name);
    const split_stage at(which);
    const auto& files = test_certificates();
    const auto uses = [&](const std::vector<std::string>& words) {
      auto all = words;
      if (client.of_mysql) all.emplace_back("--commands");
      all.insert(all.end(), {"app", "-e", "\\s"});
      const auto done = at.run_client(client.program(client.name), at.skein.port(), all);
      if (done.exit_code != 0) return "failed: " + done.errors;
      return std::string(done.output.contains("Cipher in use") ? "TLS" : "plain");
    };
    const std::string ours = "--ssl-ca=" + files.authority.string();
    const std::string strangers = "--ssl-ca=" + files.stranger_authority.string();
    if (client.of_mysql) {
      CHECK(uses({"--ssl-mode=DISABLED"}) == "plain");
      CHECK(uses({"--ssl-mode=PREFERRED"}) == "TLS");
      CHECK(uses({"--ssl-mode=REQUIRED"}) == "TLS");
      CHECK(uses({"--ssl-mode=VERIFY_CA", ours}) == "TLS");
      CHECK(uses({"--ssl-mode=VERIFY_IDENTITY", ours}) == "TLS");
      CHECK(uses({"--ssl-mode=REQUIRED", "--tls-version=TLSv1.2"}) == "TLS");
      CHECK(uses({"--ssl-mode=REQUIRED", "--tls-version=TLSv1.3"}) == "TLS");
      CHECK(uses({"--ssl-mode=VERIFY_CA", strangers}).starts_with("failed"));
    } else {
      CHECK(uses({"--skip-ssl"}) == "plain");
      CHECK(uses({"--ssl"}) == "TLS");
      CHECK(uses({"--ssl-verify-server-cert", ours}) == "TLS");
      CHECK(uses({"--ssl", "--tls-version=TLSv1.2"}) == "TLS");
      CHECK(uses({"--ssl-verify-server-cert", strangers}).starts_with("failed"));
    }
  });
}

TEST_CASE("a dump is the same, and is read back through Skein") {
  with_each_client([](engine which, const command_line& client) {
    CAPTURE(client.name);
    // Each reads what its own servers define.
    if (client.of_mysql != (which == engine::mysql)) return;
    split_stage at(which, {.pool_size = few_servers});
    auto& leader = at.shop.leader();
    for (const auto* sql : {
             "create table a (n int primary key auto_increment, w text, b blob, key (w(10)))",
             "create table b (n int, constraint of_a foreign key (n) references a (n))",
             "insert into a values (1, 'plätze \\' \\n', x'00ff5c27'), (2, null, null)",
             "insert into b values (1), (2)",
             "create view v as select n from a",
             "create procedure p() select 1",
             "create trigger t before insert on b for each row set new.n = 1",
         })
      leader.query_as(app, sql);
    at.shop.wait_until_caught_up();
    const std::vector<std::string> words{"--single-transaction", "--no-tablespaces", "--routines",
                                         "--skip-dump-date", "app"};
    auto all = words;
    if (client.of_mysql) all.insert(all.begin(), "--set-gtid-purged=OFF");
    const auto dump = client.program(client.dump);
    const auto direct = at.run_client(dump, at.server_port, all);
    const auto through = at.run_client(dump, at.skein.port(), all);
    check_same(through, direct);
    CHECK(direct.output.contains("INSERT INTO `b`"));
    const auto program = client.program(client.name);
    const auto back = at.run_client(program, at.skein.port(), {"other"}, through.output);
    CHECK_MESSAGE(back.exit_code == 0, back.errors);
    all.back() = "other";
    const auto copy = at.run_client(dump, at.server_port, all);
    auto copied = replaced(copy.output, "Database: other", "Database: app");
    copied = replaced(copied, "database 'other'", "database 'app'");
    CHECK_MESSAGE(copied == direct.output, first_difference(copied, direct.output));
  });
}

TEST_CASE("files are imported, and the administrator's tool asks as it does at a server") {
  with_each_client([](engine which, const command_line& client) {
    CAPTURE(client.name);
    split_stage at(which, {.pool_size = few_servers});
    at.shop.leader().query_as(app, "create table big (n int primary key, w text)");
    // The tool wants it of its server, for a setting.
    if (which == engine::mysql)
      at.shop.leader().query("grant session_variables_admin on *.* to app");
    at.shop.wait_until_caught_up();
    const auto file = at.skein.folder() / "big.txt";
    std::ofstream out(file);
    for (int n = 0; n < 200'000; ++n) out << n << "\t" << std::string(n % 100, 'x') << "\n";
    out.close();
    const auto done = at.run_client(client.program(client.import), at.skein.port(),
                                    {"--local", "app", file.string()});
    CHECK_MESSAGE(done.exit_code == 0, done.output, done.errors);
    CHECK(done.output.contains("Records: 200000"));
    CHECK(at.shop.leader().value("select concat(count(*), ' ', sum(length(w))) from big") ==
          "200000 9900000");
    const auto admin = [&](const std::string& word) {
      return at.run_client(client.program(client.admin), at.skein.port(), {word});
    };
    CHECK(admin("ping").output.contains("is alive"));
    CHECK(admin("status").output.contains("Threads:"));
    CHECK(admin("version").output.contains("Server version"));
    CHECK(admin("processlist").output.contains("app"));
    CHECK(admin("shutdown").exit_code != 0);
    CHECK(admin("ping").output.contains("is alive"));
  });
}
