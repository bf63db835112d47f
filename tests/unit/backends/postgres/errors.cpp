#include "backends/postgres/errors.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

TEST_CASE("each kind of error has a SQLSTATE that drivers know") {
  struct row {
    error_kind kind;
    const char* sqlstate;
  };
  for (const auto& [kind, sqlstate] : {row{error_kind::protocol, "08P01"},
                                       {error_kind::login, "28000"},
                                       {error_kind::unsupported, "0A000"},
                                       {error_kind::limit, "53300"},
                                       {error_kind::timeout, "57014"},
                                       {error_kind::unavailable, "57P03"},
                                       {error_kind::lost, "08006"},
                                       {error_kind::in_doubt, "08007"},
                                       {error_kind::rolled_back, "40001"},
                                       {error_kind::shutdown, "57P01"},
                                       {error_kind::internal, "XX000"}}) {
    CHECK(sqlstate_of({kind, fault::server, {}, {}, {}}) == sqlstate);
  }
  CHECK(sqlstate_of({error_kind::timeout, fault::client, {}, {}, {}}) == "08006");
  CHECK(sqlstate_of({error_kind::login, fault::client, "28P01", {}, {}}) == "28P01");
  CHECK(sqlstate_of({error_kind::login, fault::client, "odd", {}, {}}) == "28000");
}

TEST_CASE("a field of an error is found wherever it stands") {
  const std::string told = wire::text("SERROR\0C0A000\0Mno\0RRoutine\0\0");
  CHECK(field_of_error(wire::bytes(told), 'C') == "0A000");
  CHECK(field_of_error(wire::bytes(told), 'R') == "Routine");
  CHECK(field_of_error(wire::bytes(told), 'X').empty());
  CHECK(field_of_error(wire::bytes(std::string_view(told).substr(0, 20)), 'R').empty());
}

TEST_CASE("the client hears the text and none of the internals") {
  const error why{error_kind::limit, fault::us, {}, "too many clients: wait", "core 3, slot 17"};
  const auto response = error_response(why, {.detail = "500 are connected", .hint = "Use fewer."});
  CHECK(wire::error_field(response, 'S') == "FATAL");
  CHECK(wire::error_field(response, 'V') == "FATAL");
  CHECK(wire::error_field(response, 'C') == "53300");
  CHECK(wire::error_field(response, 'M') == "too many clients: wait");
  CHECK(wire::error_field(response, 'D') == "500 are connected");
  CHECK(wire::error_field(response, 'H') == "Use fewer.");
  CHECK(response.find("slot 17") == std::string::npos);
  CHECK(response.substr(1, 4) == wire::u32(static_cast<std::uint32_t>(response.size() - 1)));
  CHECK(response.ends_with(wire::text("\0\0")));
  CHECK(wire::error_field(error_response(why), 'H') == "(none)");
}

TEST_CASE("a server's error keeps its words and its SQLSTATE") {
  const auto body = wire::text(
      "SFATAL\0VFATAL\0C3D000\0Mdatabase \"x\" does not exist\0Dnone\0Hcreate it\0"
      "Fpostinit.c\0\0");
  const auto told = read_error_response(wire::bytes(body));
  CHECK(told.kind == error_kind::login);
  CHECK(told.sqlstate == "3D000");
  CHECK(told.text_for_client == "database \"x\" does not exist");
  CHECK(told.detail_for_log == "server: FATAL 3D000, detail: none, hint: create it");
  for (std::size_t size = 0; size < body.size(); ++size)
    CHECK_FALSE(read_error_response(wire::bytes(body).first(size)).text_for_client.empty());
}

TEST_CASE("a server's SQLSTATE decides the kind") {
  struct row {
    const char* sqlstate;
    error_kind kind;
  };
  for (const auto& [sqlstate, kind] : {row{"28P01", error_kind::login},
                                       {"28000", error_kind::login},
                                       {"53300", error_kind::limit},
                                       {"57P03", error_kind::unavailable},
                                       {"57P01", error_kind::unavailable},
                                       {"0A000", error_kind::unsupported},
                                       {"08P01", error_kind::protocol},
                                       {"XX000", error_kind::unavailable}}) {
    const auto body = "C" + std::string(sqlstate) + wire::text("\0Mno\0\0");
    CHECK(read_error_response(wire::bytes(body)).kind == kind);
  }
}
