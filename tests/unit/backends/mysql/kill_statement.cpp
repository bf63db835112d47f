// Texts, and what of KILL is read in them.
#include "backends/mysql/kill_statement.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "backends/mysql/message.hpp"
#include "backends/mysql/replies.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

// "connection 5", "query 5", "refused", "none"
std::string told(const kill_reading& read) {
  if (!read) return "none";
  if (!*read) return "refused";
  return ((*read)->for_good ? "connection " : "query ") + std::to_string((*read)->id);
}

struct row {
  const char* text;
  const char* by_mysql;
  const char* by_mariadb;
};

}  // namespace

TEST_CASE("KILL is read in its own forms, and refused in others") {
  for (const auto& [text, by_mysql, by_mariadb] : std::vector<row>{
           {"kill 5", "connection 5", "connection 5"},
           {"KILL CONNECTION 5", "connection 5", "connection 5"},
           {"Kill Query 4294967295", "query 4294967295", "query 4294967295"},
           {"KILL QUERY 5;", "query 5", "query 5"},
           {" /* why */ kill -- that\n query # one\n 5 /* now */ ", "query 5", "query 5"},
           {"/*! kill 5 */", "connection 5", "connection 5"},
           {"kill hard query 5", "refused", "query 5"},
           {"KILL SOFT 5", "refused", "connection 5"},
           {"kill 99999999999999999999999", "connection 18446744073709551615",
            "connection 18446744073709551615"},
           {"kill", "refused", "refused"},
           {"kill query", "refused", "refused"},
           {"kill 0x5", "refused", "refused"},
           {"kill 5.0", "refused", "refused"},
           {"kill -5", "refused", "refused"},
           {"kill 5 6", "refused", "refused"},
           {"kill (5)", "refused", "refused"},
           {"kill '5'", "refused", "refused"},
           {"kill @other", "refused", "refused"},
           {"kill connection_id()", "refused", "refused"},
           {"kill ?", "refused", "refused"},
           {"kill query id 5", "refused", "refused"},
           {"kill user 'app'@'%'", "refused", "refused"},
           {"kill 5; select 1", "refused", "refused"},
           {"select 1; kill 5", "refused", "refused"},
           {"select 1;;Kill 5", "refused", "refused"},
           {"", "none", "none"},
           {"select 'kill 5'", "none", "none"},
           {"select kill from t", "none", "none"},
           {"# kill 5\nselect 1", "none", "none"},
           {"select `kill`; select 2 kill", "none", "none"},
           {"`kill` 5", "none", "none"},
           {"killer 5", "none", "none"}}) {
    CAPTURE(text);
    CHECK(told(read_kill(text, flavour::mysql)) == by_mysql);
    CHECK(told(read_kill(text, flavour::mariadb)) == by_mariadb);
    const bool has_one = std::string_view(by_mysql) != "none";
    CHECK(told(refuse_kill(text, flavour::mysql)) == (has_one ? "refused" : "none"));
  }
}

TEST_CASE("COM_PROCESS_KILL has four bytes, the lowest first") {
  CHECK(told(read_process_kill("\x01\x02\x03\x84")) == "connection 2214789633");
  CHECK(told(read_process_kill("\x01\x02\x03")) == "refused");
  CHECK(told(read_process_kill("\x01\x02\x03\x04\x05")) == "refused");
}

TEST_CASE("who is not there, who is another's, and what went wrong otherwise") {
  const auto told_of = [](error_kind kind) {
    const auto packet = kill_refused(1, {kind, fault::client, {}, "words", {}}, 7);
    return read_error(as_bytes(std::string_view(packet).substr(header_bytes))).value();
  };
  CHECK(told_of(error_kind::lost).code == 1094);
  CHECK(told_of(error_kind::lost).text.starts_with("Unknown thread id: 7 (KILL here wants the id"));
  CHECK(told_of(error_kind::login).code == 1095);
  CHECK(told_of(error_kind::login).text == "You are not owner of thread 7");
  CHECK(told_of(error_kind::timeout).text == "words");
}
