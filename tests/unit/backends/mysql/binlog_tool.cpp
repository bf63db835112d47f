#include "backends/mysql/binlog_tool.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace skein;
using namespace skein::mysql;

namespace {

const std::string one = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

log_source source(flavour of, tls_mode mode = tls_mode::disable) {
  return {.of = of,
          .address = {"db-a", 3307},
          .tls = {.mode = mode, .ca_file = "/etc/ca.pem"},
          .who = {.user = "mover", .password = "p#\"w\\ x"}};
}

log_range range(const std::string& set, const std::string& after) {
  log_range out{.files = {"binlog.000007", "binlog.000008"}};
  out.wanted.set = gtid_set::parse(set).value();
  out.wanted.after = after;
  return out;
}

}  // namespace

TEST_CASE("a tool for the log is known by its options") {
  CHECK(flavour_of_tool("  --include-gtids=name \n  --gtid-purged") == flavour::mysql);
  CHECK(flavour_of_tool("  --gtid-strict-mode  Process binlog") == flavour::mariadb);
  CHECK_FALSE(flavour_of_tool("  -j, --start-position=#  \n").has_value());  // before 10.8
}

TEST_CASE("the tool's options file has the password, as a line that it reads") {
  CHECK(options_file(source(flavour::mysql)) ==
        "[client]\nprotocol=\"TCP\"\nhost=\"db-a\"\nport=\"3307\"\nuser=\"mover\"\n"
        "ssl-mode=\"DISABLED\"\nloose-get-server-public-key\npassword=\"p#\\\"w\\\\ x\"\n");
  CHECK(options_file(source(flavour::mysql, tls_mode::verify_full)) ==
        "[client]\nprotocol=\"TCP\"\nhost=\"db-a\"\nport=\"3307\"\nuser=\"mover\"\n"
        "ssl-mode=\"VERIFY_IDENTITY\"\nssl-ca=\"/etc/ca.pem\"\npassword=\"p#\\\"w\\\\ x\"\n");
  CHECK(options_file(source(flavour::mariadb)) ==
        "[client]\nprotocol=\"TCP\"\nhost=\"db-a\"\nport=\"3307\"\nuser=\"mover\"\n"
        "skip-ssl\npassword=\"p#\\\"w\\\\ x\"\n");
  CHECK(options_file(source(flavour::mariadb, tls_mode::verify_full)) ==
        "[client]\nprotocol=\"TCP\"\nhost=\"db-a\"\nport=\"3307\"\nuser=\"mover\"\n"
        "ssl\nssl-verify-server-cert=\"1\"\nssl-ca=\"/etc/ca.pem\"\npassword=\"p#\\\"w\\\\ x\"\n");
  log_source local = source(flavour::mariadb, tls_mode::require);
  local.address = {"/run/mysqld", 0};
  CHECK(options_file(local) ==
        "[client]\nsocket=\"/run/mysqld/mysqld.sock\"\nuser=\"mover\"\n"
        "password=\"p#\\\"w\\\\ x\"\n");
}

TEST_CASE("what a person is told to run asks for the password") {
  CHECK(command_for_person(source(flavour::mysql, tls_mode::require), range(one + ":4-5", "")) ==
        "mysqlbinlog --protocol=TCP --host=db-a --port=3307 --user=mover --ssl-mode=REQUIRED "
        "--password --read-from-remote-server -vv --base64-output=DECODE-ROWS --include-gtids=" +
            one + ":4-5 binlog.000007 binlog.000008");
  log_source odd = source(flavour::mariadb);
  odd.who.user = "it's";
  CHECK(command_for_person(odd, range("", "0-1-103,7-1-3")) ==
        "mariadb-binlog --protocol=TCP --host=db-a --port=3307 '--user=it'\\''s' --skip-ssl "
        "--password --read-from-remote-server -vv --base64-output=DECODE-ROWS "
        "--skip-gtid-strict-mode --to-last-log --start-position=0-1-103,7-1-3 binlog.000007");
}
