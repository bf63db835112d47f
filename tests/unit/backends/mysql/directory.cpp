// What is asked of a server about a user, and what is made of its answers.
#include "backends/mysql/directory.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/stored_password.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

const std::string native = native_verifier("geese");
const std::string sha2 = "$A$005$" + std::string(20, '\x01') + std::string(43, 'x');

struct account {
  std::string host;
  std::string plugin;
  std::optional<std::string> stored;
  std::string barred = "0";
  std::string name = "ann";
};
wire_result told(const std::vector<account>& all) {
  wire_result out;
  for (const auto& each : all)
    out.rows.push_back({{"name", each.name},
                        {"host", each.host},
                        {"plugin", each.plugin},
                        {"secret", each.stored},
                        {"barred", each.barred},
                        {"place", "10.0.0.7"}});
  return out;
}
std::string verifier_of(const std::vector<account>& all) {
  const auto known = read_accounts("ann", told(all));
  return known ? known->verifier : "none";
}

}  // namespace

TEST_CASE("the user stands in the question as bytes, where a parameter stands") {
  const auto ann = "_utf8mb4 x'616e6e'";
  CHECK(with_user("select 1 where a = ?", "ann", flavour::mysql) ==
        std::string("select 1 where a = ") + ann);
  CHECK(with_user("? '?' `?` /* ? */ ?;", "ann", flavour::mysql) ==
        std::string(ann) + " '?' `?` /* ? */ " + ann + ";");
  CHECK(with_user("?", "' or '1", flavour::mariadb) == "_utf8mb4 x'27206f72202731'");
  CHECK(with_user("?", "", flavour::mariadb) == "_utf8mb4 x''");
  CHECK(with_user("select 1", "ann", flavour::mysql) == "select 1");
}

TEST_CASE("the account by which Skein would be let in says what is stored") {
  CHECK(verifier_of({}) == "none");
  CHECK(verifier_of({{"%", "mysql_native_password", native}}) == native);
  CHECK(verifier_of({{"%", "caching_sha2_password", sha2}}) == sha2);
  CHECK(verifier_of({{"%", "mysql_native_password", native},
                     {"10.0.0.%", "caching_sha2_password", sha2}}) == sha2);
  CHECK(verifier_of({{"10.0.0.8", "mysql_native_password", native},
                     {"10.0.0.9", "caching_sha2_password", sha2}}) == "none");
  CHECK(read_accounts("ann", told({{"%", "mysql_native_password", native}}))->user == "ann");
}

TEST_CASE("who has no password that Skein can check is nobody") {
  CHECK(verifier_of({{"%", "mysql_native_password", ""}}) == "none");
  CHECK(verifier_of({{"%", "mysql_native_password", std::nullopt}}) == "none");
  CHECK(verifier_of({{"%", "mysql_native_password", "invalid"}}) == "none");
  CHECK(verifier_of({{"%", "unix_socket", ""}}) == "none");
  CHECK(verifier_of({{"%", "parsec", "P0lvTw1U3dmPUPKsIFB1Ae2Kqh2ygS/LtDe1wMZ2hI1OTC"}}) == "none");
  CHECK(verifier_of({{"%", "sha256_password", native}}) == "none");
  CHECK(verifier_of({{"%", "mysql_native_password", native, "1"}}) == "none");
  CHECK(verifier_of({{"%", "mysql_native_password", native, "0", "Ann"}}) == "none");
}

TEST_CASE("a query of the settings gives one row of a user and what is stored") {
  const auto read = [](wire_result what) -> std::string {
    const auto known = read_user("ann", what);
    if (!known) return "mistake: " + known.error();
    return *known ? (*known)->verifier : "none";
  };
  const std::vector<std::string> columns = {"who", "auth"};
  CHECK(read({}) == "none");
  CHECK(read({{{{"who", "ann"}, {"auth", native}}}, columns}) == native);
  CHECK(read({{{{"who", "ann"}, {"auth", std::nullopt}}}, columns}) == "none");
  CHECK(read({{{{"who", "ann"}, {"auth", ""}}}, columns}) == "none");
  CHECK(read({{{{"who", "bob"}, {"auth", native}}}, columns}) ==
        "mistake: asked for user \"ann\", the query gave \"bob\"");
  CHECK(read({{{{"who", "ann"}, {"auth", "*****"}}}, columns})
            .starts_with("mistake: what the query gives for user \"ann\" is neither"));
  CHECK(read({{{{"who", "ann"}}}, {"who"}}).starts_with("mistake: the query must give one row"));
  CHECK(read({{{{"who", "ann"}, {"auth", native}}, {{"who", "ann"}, {"auth", native}}}, columns})
            .starts_with("mistake: the query must give one row"));
}
