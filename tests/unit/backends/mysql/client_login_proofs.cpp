// How clients prove their passwords to us, by each method and against all that may be known.
#include "backends/mysql/client_login.hpp"

#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/signing_in.hpp"

using namespace skein;
using namespace skein::mysql;
using namespace skein::mysql::signing_in;

TEST_CASE("a password is proved by the fast proof, the answer cut at every byte") {
  for (std::size_t cut = 0;; ++cut) {
    attempt client;
    client.meet();
    client.answer.proof = client.proof("pencil");
    client.answer.capabilities |= capability::connect_with_db;
    client.answer.database = "shop";
    const auto all = written(1, client.answer);
    if (cut > all.size()) break;
    const auto early = client.say(std::string_view(all).substr(0, cut));
    CHECK(early == (cut == all.size() ? login_want::secret : login_want::input));
    CHECK(client.say(client.left + all.substr(cut) + "rest") == login_want::secret);
    CHECK(client.left == "rest");
    CHECK(client.login->request().user == "ann");
    CHECK(client.login->request().database == "shop");
    CHECK(client.login->credential(with_password("pencil")) == login_want::admitted);
    CHECK(client.login->welcome("", {1, ""}) ==
          wire::packet(2, "\1\3") + wire::packet(3, wire::text("\0\0\0\2\0\0\0")));
    CHECK(client.login->take_proven().empty());
  }
}

TEST_CASE("a wrong password, none and no such user end alike") {
  for (const bool derives : {true, false}) {
    for (const std::string plugin : {"caching_sha2_password", "mysql_native_password"}) {
      for (const bool exists : {true, false}) {
        attempt client;
        client.how.derives_keys = derives;
        client.login.emplace(client.how, client.shared);
        if (plugin == "mysql_native_password") client.shared.usual = auth_plugin::native;
        client.meet();
        client.answer.plugin = plugin;
        CHECK(client.respond("wrong") == login_want::secret);
        std::optional<credentials> known;
        if (exists && derives) known = with_password("pencil");
        if (exists && !derives)
          known = with_verifier(plugin == "mysql_native_password" ? native_verifier("pencil")
                                                                  : sha2_verifier("pencil"));
        auto want = client.login->credential(known);
        auto heard = client.heard();
        if (!derives && plugin == "caching_sha2_password") {
          CHECK(want == login_want::input);
          CHECK(heard == wire::packet(2, "\1\4"));
          CHECK(client.say(wire::packet(3, "\2")) == login_want::input);
          heard = client.heard();
          CHECK(wire::body_of(heard).starts_with("\1-----BEGIN PUBLIC KEY-----"));
          const auto pem = wire::body_of(heard).substr(1);
          const auto secret = rsa_encrypt(pem, masked_password("wrong", client.nonce).view());
          want = client.say(wire::packet(5, *secret));
          heard = client.heard();
          CHECK(wire::number_of(heard) == 6);
        } else {
          CHECK(wire::number_of(heard) == 2);
        }
        CHECK(want == login_want::failed);
        CHECK(wire::error_in(heard) == denied + "YES)");
      }
    }
  }
}

TEST_CASE("an empty password lets nobody in") {
  const std::optional<credentials> all[] = {with_password(""), with_password("pencil"),
                                            with_verifier(sha2_verifier("pencil")), std::nullopt};
  for (const auto& known : all) {
    attempt client;
    client.meet();
    CHECK(client.respond("") == login_want::secret);
    CHECK(client.login->credential(known) == login_want::failed);
    CHECK(wire::error_in(client.heard()) == denied + "NO)");
  }
}

TEST_CASE("a client of another method than the greeting's says nothing before it is asked") {
  for (const bool trusted : {false, true}) {
    for (const auto* const own : {"mysql_native_password", "dialog"}) {
      for (const std::string password : {"pencil", "wrong", ""}) {
        attempt client;
        client.meet();
        client.answer.plugin = own;
        CHECK(client.say(written(1, client.answer)) == login_want::secret);
        auto known = with_password("pencil");
        known.trusted = trusted;
        CHECK(client.login->credential(known) == login_want::input);
        const auto asked = read_auth_switch(wire::bytes(wire::body_of(client.heard())));
        REQUIRE(asked);
        const bool native = std::string_view(own) == "mysql_native_password";
        CHECK(asked->plugin == (native ? own : "caching_sha2_password"));
        const auto by = plugin_named(asked->plugin);
        const auto shown =
            password.empty() ? wiped() : proof_of(by, key_of(by, password).view(), asked->nonce);
        const bool admitted = trusted || password == "pencil";
        CHECK(client.say(wire::packet(3, shown.view())) ==
              (admitted ? login_want::admitted : login_want::failed));
        const bool waits = admitted && !native && !password.empty();
        CHECK((client.heard() == wire::packet(4, "\1\3")) == waits);
      }
    }
  }
}

TEST_CASE("what is stored asks for its own method, and the proof reveals a key") {
  attempt client;
  client.meet();
  CHECK(client.respond("pencil") == login_want::secret);
  CHECK(client.login->credential(with_verifier(native_verifier("pencil"))) == login_want::input);
  const auto heard = client.heard();
  CHECK(wire::number_of(heard) == 2);
  const auto asked = read_auth_switch(wire::bytes(wire::body_of(heard)));
  REQUIRE(asked);
  CHECK(asked->plugin == "mysql_native_password");
  CHECK(asked->nonce != client.nonce);
  const auto key = key_of(auth_plugin::native, "pencil");
  const auto proof = proof_of(auth_plugin::native, key.view(), asked->nonce);
  CHECK(client.say(wire::packet(3, proof.view())) == login_want::admitted);
  CHECK(client.login->take_proven().view() == key.view());
  CHECK(client.login->take_proven().empty());
  CHECK(client.login->welcome("", {}) == wire::packet(4, wire::text("\0\0\0\2\0\0\0")));
}

TEST_CASE("a stored caching_sha2_password wants the password once, and the fast proof after") {
  const auto known = with_verifier(sha2_verifier("pencil"));
  attempt first(tls_mode::allow);
  first.meet();
  first.encrypt();
  CHECK(first.respond("pencil", 2) == login_want::secret);
  CHECK(first.login->credential(known) == login_want::input);
  CHECK(first.heard() == wire::packet(3, "\1\4"));
  CHECK(first.say(wire::packet(4, wire::text("pencil\0"))) == login_want::admitted);
  CHECK(first.login->take_proven().view() == "pencil");
  CHECK(first.login->welcome("", {}) == wire::packet(5, wire::text("\0\0\0\2\0\0\0")));

  first.login.emplace(first.how, first.shared);
  first.meet();
  CHECK(first.respond("pencil", 1) == login_want::secret);
  CHECK(first.login->credential(known) == login_want::admitted);
  CHECK(first.heard() == wire::packet(2, "\1\3"));
  CHECK(first.login->take_proven().view() == "pencil");

  first.login.emplace(first.how, first.shared);
  first.meet();
  CHECK(first.respond("wrong", 1) == login_want::secret);
  CHECK(first.login->credential(known) == login_want::input);
  CHECK(first.say(wire::packet(3, wire::text("pencil\0"))) == login_want::failed);  // in clear
  CHECK(wire::error_in(first.heard().substr(6)) == denied + "YES)");
}

TEST_CASE("a client that knows one method alone") {
  attempt client;
  client.meet();
  client.answer.capabilities &= ~capability::plugin_auth;
  client.answer.plugin = "mysql_native_password";  // left out on the wire
  CHECK(client.respond("pencil") == login_want::secret);
  CHECK(client.login->credential(with_password("pencil")) == login_want::admitted);

  client.login.emplace(client.how, client.shared);
  client.meet();
  client.respond("pencil");
  CHECK(client.login->credential(with_verifier(sha2_verifier("pencil"))) == login_want::failed);
  CHECK(wire::error_in(client.heard()).starts_with("1235 42000 the client knows"));
}

TEST_CASE("a trusted user is let in by any method, and hears what its method waits for") {
  for (const auto& [plugin, password, first] :
       {std::tuple{"caching_sha2_password", "guess", "\1\3"},
        {"caching_sha2_password", "", ""},
        {"mysql_native_password", "guess", ""}}) {
    attempt client;
    client.meet();
    client.answer.plugin = plugin;
    CHECK(client.respond(password) == login_want::secret);
    CHECK(client.login->credential(credentials{.user = "ann", .trusted = true}) ==
          login_want::admitted);
    const std::string before = first;
    const auto expected = before.empty() ? std::string() : wire::packet(2, before);
    CHECK(client.login->welcome("", {}).starts_with(expected));
    CHECK(client.heard().empty());
  }
}
