// What `skein explain` asks the admin port for, and what is answered there.
#include <doctest/doctest.h>

#include "cli/admin_client.hpp"
#include "cli/explain_page.hpp"
#include "console/command.hpp"

using namespace skein;
using namespace skein::cli;

namespace {

console::table told() {
  console::table out{console::columns_of(console::verb::explain_route)};
  out.rows = {{"shop", "app", "to leader \"a\": it locks rows (FOR UPDATE)", "0123456789abcdef",
               "select n from goods for update", "goods"},
              {"archive", "app", "to leader \"z\": its text cannot be read", console::cell(),
               console::cell(), console::cell()}};
  return out;
}

}  // namespace

TEST_CASE("a statement is posted, with what has been said of it") {
  CHECK(request_text({.path = "/status"}, "") ==
        "GET /status HTTP/1.1\r\nHost: skein\r\nConnection: close\r\n\r\n");
  CHECK(
      request_text({.path = "/explain",
                    .parameters = {{"cluster", ""}, {"database", "a&b=\xc3\xa4 %"}, {"user", "u"}},
                    .body = "select 1"},
                   "secret") ==
      "POST /explain?database=a%26b%3D%C3%A4%20%25&user=u HTTP/1.1\r\nHost: skein\r\n"
      "Connection: close\r\nAuthorization: Bearer secret\r\nContent-Length: 8\r\n\r\nselect 1");
}

TEST_CASE("the answer for people: the sentence first, and nothing of what is not known") {
  CHECK(explain_text(told()) ==
        "to leader \"a\": it locks rows (FOR UPDATE)\n"
        "  cluster: shop\n"
        "  database: app\n"
        "  fingerprint: 0123456789abcdef\n"
        "  statement: select n from goods for update\n"
        "  tables: goods\n"
        "to leader \"z\": its text cannot be read\n"
        "  cluster: archive\n"
        "  database: app\n");
}

TEST_CASE("the answer for machines: the console's columns") {
  CHECK(explain_json(told()) ==
        "{\"routes\":[{\"cluster\":\"shop\",\"database\":\"app\","
        "\"route\":\"to leader \\\"a\\\": it locks rows (FOR UPDATE)\","
        "\"fingerprint\":\"0123456789abcdef\",\"statement\":\"select n from goods for update\","
        "\"tables\":\"goods\"},"
        "{\"cluster\":\"archive\",\"database\":\"app\","
        "\"route\":\"to leader \\\"z\\\": its text cannot be read\",\"fingerprint\":null,"
        "\"statement\":null,\"tables\":null}]}\n");
}
