// A user known by the secret that servers store: how it is read, and the way of a client's proof
// through Skein to a server that stores the same.
#include "backends/postgres/scram_secret.hpp"

#include <doctest/doctest.h>

#include "backends/postgres/backend.hpp"
#include "backends/postgres/client_login.hpp"
#include "backends/postgres/server_login.hpp"
#include "tests/unit/backends/postgres/bytes.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

// Of the password "pencil", with the salt of RFC 7677; computed elsewhere.
const std::string salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
const std::string stored_key = "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=";
const std::string server_key = "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
const std::string client_key = "pg/JI9Z+hkSpLRa5btpe9GVrDHJcSEN0viVTVXaZbos=";
const std::string pencil = "SCRAM-SHA-256$4096:" + salt + "$" + stored_key + ":" + server_key;

std::string secret_of(std::string_view password, std::string_view salted_with,
                      std::uint32_t iterations) {
  const auto keys = derive_scram_keys(password, salted_with, iterations);
  return "SCRAM-SHA-256$" + std::to_string(iterations) + ":" + base64(salted_with) + "$" +
         base64(as_text(keys.stored_key)) + ":" + base64(as_text(keys.server_key));
}

// A login from one end to the other, Skein being both. What was proved, or why it failed.
struct outcome {
  bool admitted = false;
  wiped proven = {};
  error near_failure = {};
  error far_failure = {};
};

outcome meet(scram_shared& shared, const std::optional<credentials>& verified_by,
             const credentials& signs_in_with) {
  postgres::client_login near({}, shared);
  postgres::server_login far({.tls = tls_mode::disable,
                              .who = signs_in_with,
                              .request = {"ann", "shop", {}},
                              .member = "b"},
                             shared);
  std::string to_near;
  std::string to_far;
  byte_view nothing;
  auto far_want = far.advance(nothing);
  auto near_want = near.advance(nothing);
  for (int turn = 0; turn < 20; ++turn) {
    to_near += far.take_output();
    to_far += near.take_output();
    if (near_want == login_want::secret) {
      near_want = near.credential(verified_by);
    } else if (near_want == login_want::input && !to_near.empty()) {
      near_want = wire::feed(near, std::exchange(to_near, {}), to_near);
    } else if (far_want == login_want::input && !to_far.empty()) {
      far_want = wire::feed(far, std::exchange(to_far, {}), to_far);
    }
  }
  return {near_want == login_want::admitted, near.take_proven(), near.failure(), far.failure()};
}

}  // namespace

TEST_CASE("a secret is read as PostgreSQL writes it") {
  const auto read = read_scram_secret(pencil);
  REQUIRE(read);
  CHECK(read->iterations == 4096);
  CHECK(base64(read->salt) == salt);
  CHECK(base64(as_text(read->stored_key)) == stored_key);
  CHECK(base64(as_text(read->server_key)) == server_key);
}

TEST_CASE("what begins like a secret and is none") {
  const std::string keys = stored_key + ":" + server_key;
  for (const auto& text :
       {std::string(), std::string("pencil"), std::string("SCRAM-SHA-256$"),
        "SCRAM-SHA-1$4096:" + salt + "$" + keys, "SCRAM-SHA-256$0:" + salt + "$" + keys,
        "SCRAM-SHA-256$-1:" + salt + "$" + keys, "SCRAM-SHA-256$x:" + salt + "$" + keys,
        "SCRAM-SHA-256$:" + salt + "$" + keys, "SCRAM-SHA-256$99999999999:" + salt + "$" + keys,
        "SCRAM-SHA-256$4096:$" + keys, "SCRAM-SHA-256$4096:!$" + keys,
        "SCRAM-SHA-256$4096:" + salt + "$" + stored_key,
        "SCRAM-SHA-256$4096:" + salt + "$" + stored_key + ":",
        "SCRAM-SHA-256$4096:" + salt + "$" + keys + "=", pencil + " ",
        "SCRAM-SHA-256$4096:" + salt + "$" + base64("short") + ":" + server_key}) {
    CAPTURE(text);
    CHECK_FALSE(read_scram_secret(text));
  }
  for (std::size_t size = 0; size < pencil.size(); ++size)
    CHECK_FALSE(read_scram_secret(std::string_view(pencil).substr(0, size)));
}

TEST_CASE("what stands in the settings for a password") {
  const postgres::backend database;
  CHECK(database.credentials_of("ann", "pencil").value().password == "pencil");
  CHECK(database.credentials_of("ann", "md5 is no secret").value().password == "md5 is no secret");
  const auto secret = database.credentials_of("ann", pencil).value();
  CHECK(secret.user == "ann");
  CHECK(secret.password.empty());
  CHECK(secret.verifier == pencil);
  const auto wrong = database.credentials_of("ann", pencil + "x");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().find("SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey") !=
        std::string::npos);
}

TEST_CASE("a client is verified against the secret, and its key comes out of its proof") {
  scram_shared shared;
  const auto done = meet(shared, credentials{.user = "ann", .verifier = pencil}, {"ann", "pencil"});
  CHECK(done.admitted);
  CHECK(base64(done.proven.view()) == client_key);
}

TEST_CASE("a wrong password proves nothing against a secret") {
  scram_shared shared;
  const auto done = meet(shared, credentials{.user = "ann", .verifier = pencil}, {"ann", "pen"});
  CHECK_FALSE(done.admitted);
  CHECK(done.proven.empty());
  CHECK(done.near_failure.sqlstate == "28P01");
  CHECK(done.near_failure.text_for_client == "password authentication failed for user \"ann\"");
}

TEST_CASE("a verified password gives no key away: it is not needed") {
  scram_shared shared;
  const auto done = meet(shared, credentials{"ann", "pencil"}, {"ann", "pencil"});
  CHECK(done.admitted);
  CHECK(done.proven.empty());
}

TEST_CASE("what a client proved signs in to servers that store the same secret") {
  scram_shared shared;
  const auto known = secret_of("pencil", "salt", 10);
  const auto client =
      meet(shared, credentials{.user = "ann", .verifier = known}, {"ann", "pencil"});
  REQUIRE(client.admitted);
  const credentials pass{.user = "ann", .verifier = known, .proven = client.proven};
  CHECK(meet(shared, credentials{.user = "ann", .verifier = known}, pass).admitted);

  struct row {
    const char* what;
    std::string stored;
  };
  for (const auto& one : {row{"another salt", secret_of("pencil", "tlas", 10)},
                          {"another count", secret_of("pencil", "salt", 11)}}) {
    CAPTURE(one.what);
    const auto other = meet(shared, credentials{.user = "ann", .verifier = one.stored}, pass);
    CHECK_FALSE(other.admitted);
    CHECK(other.far_failure.text_for_client ==
          "member \"b\" stores another SCRAM secret for user \"ann\" than Skein has: give Skein "
          "the one in its pg_authid, or store Skein's there with ALTER ROLE ... PASSWORD; all "
          "members must have the same. If it was changed just now, connect again");
    CHECK(other.far_failure.kind == error_kind::login);
  }
}

TEST_CASE("a server that wants what a secret cannot give is named") {
  scram_shared shared;
  const credentials pass{.user = "ann", .verifier = pencil, .proven = wiped(std::string(32, 'k'))};
  struct row {
    std::string request;
    const char* method;
  };
  for (const auto& [request, method] :
       {row{wire::message('R', wire::u32(5) + "salt"), "md5"},
        row{wire::message('R', wire::u32(3)), "the password in clear text"}}) {
    postgres::server_login login({.tls = tls_mode::disable,
                                  .who = pass,
                                  .request = {"ann", "shop", {}},
                                  .unix_socket = true,
                                  .member = "b"},
                                 shared);
    std::string left;
    wire::feed(login, "", left);
    CHECK(wire::feed(login, request, left) == login_want::failed);
    CHECK(login.failure().text_for_client ==
          "member \"b\" asks for " + std::string(method) +
              ", and of user \"ann\" only the SCRAM secret is known, which cannot answer: use "
              "scram-sha-256 for the user in its pg_hba.conf and store the same there, or give "
              "Skein the password");
  }
}

TEST_CASE("a secret without a proof opens no server") {
  scram_shared shared;
  const auto done =
      meet(shared, credentials{"ann", "pencil"}, credentials{.user = "ann", .verifier = pencil});
  CHECK_FALSE(done.admitted);
  CHECK(done.far_failure.text_for_client.find("clients that log in to Skein by SCRAM") !=
        std::string::npos);
}
