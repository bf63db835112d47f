#include "backends/mysql/capabilities.hpp"

#include <doctest/doctest.h>

using namespace skein;
using namespace skein::mysql;

TEST_CASE("what is offered to clients, and what is not yet") {
  for (const auto which : {flavour::mysql, flavour::mariadb}) {
    for (const bool tls : {false, true}) {
      const auto offered = offered_to_clients(which, tls);
      CHECK(((offered & capability::ssl) != 0) == tls);
      CHECK((offered & capability::deprecate_eof) != 0);
      CHECK((offered & capability::plugin_auth_lenenc) != 0);
      CHECK((offered & capability::compress) != 0);
      CHECK((offered & capability::zstd) != 0);
      const auto missing = capability::query_attributes | capability::multi_factor |
                           capability::cache_metadata | capability::optional_metadata |
                           capability::com_multi | capability::remember_options;
      CHECK((offered & missing) == 0);
      const bool mysql = which == flavour::mysql;
      CHECK(((offered & capability::long_password) != 0) == mysql);
      CHECK(((offered & capability::of_mariadb) == 0) == mysql);
    }
  }
}

TEST_CASE("what is MariaDB's own is offered where the server has it") {
  using namespace capability;
  const auto offered = [](const char* version) {
    return offered_before(version, false) & of_mariadb;
  };
  CHECK(offered("9.7.4") == 0);
  CHECK(offered("") == 0);
  CHECK(offered("10.1.48-MariaDB") == 0);
  CHECK(offered("10.4.3-MariaDB-log") == bulk_operations);
  CHECK(offered("10.11.19-MariaDB-0+deb12u1-log") == (bulk_operations | extended_metadata));
  CHECK(offered("11.8.2-MariaDB") == (bulk_operations | extended_metadata | bulk_unit_results));
}

TEST_CASE("what holds with a client is what both have") {
  const auto offered = offered_to_clients(flavour::mariadb, false);
  const auto agreed = agreed_with_client(
      offered, capability::found_rows | capability::query_attributes | capability::bulk_operations);
  CHECK(agreed == (capability::found_rows | capability::bulk_operations));
  CHECK(agreed_with_client(offered, capability::long_password | capability::bulk_operations) == 0);
  CHECK(agreed_with_client(offered, capability::multi_statements) ==
        (capability::multi_statements | capability::multi_results));
}

TEST_CASE("a server is asked for what the client has, as far as it has it itself") {
  const auto shaped = shaping(capability::found_rows | capability::deprecate_eof | capability::ssl |
                              capability::plugin_auth);
  CHECK(shaped == (capability::found_rows | capability::deprecate_eof));
  const auto old_server = capability::found_rows | capability::plugin_auth |
                          capability::protocol_41 | capability::secure_connection |
                          capability::interactive | capability::connect_with_db;
  const auto asked = asked_of_server(old_server, shaped, true);
  CHECK((asked & capability::found_rows) != 0);
  CHECK((asked & capability::deprecate_eof) == 0);
  CHECK((asked & capability::interactive) == 0);
  CHECK((asked & capability::connect_with_db) != 0);
  CHECK((asked & capability::ssl) == 0);
  CHECK((asked & capability::long_password) != 0);
  CHECK((asked_of_server(old_server, shaped, false) & capability::connect_with_db) == 0);

  const auto mariadb =
      asked_of_server(old_server | capability::bulk_operations, capability::bulk_operations, false);
  CHECK((mariadb & capability::bulk_operations) != 0);
  CHECK((mariadb & capability::long_password) == 0);
  CHECK((asked_of_server(0, 0, true) & capability::protocol_41) != 0);
}

TEST_CASE("traits travel in a request and come back") {
  login_request request{"ann", "shop", {{"other", "1"}}};
  write_traits({capability::bulk_operations | 2, 255, {{"_os", "Linux"}, {"", ""}}}, request);
  const std::vector<std::pair<std::string, std::string>> told = {{"other", "1"},
                                                                 {"capabilities", "17179869186"},
                                                                 {"collation", "255"},
                                                                 {"attribute._os", "Linux"},
                                                                 {"attribute.", ""}};
  CHECK(request.parameters == told);
  const auto back = read_traits(request);
  CHECK(back.shaped == (capability::bulk_operations | 2));
  CHECK(back.collation == 255);
  CHECK(back.attributes.size() == 2);
  CHECK(back.attributes.front().second == "Linux");

  const auto none = read_traits({"ann", "", {{"capabilities", "x"}, {"collation", "256"}}});
  CHECK_FALSE(none.shaped);
  CHECK_FALSE(none.collation);
}
