// client_ed25519: its arithmetic, and both logins by it.
#include "backends/mysql/ed25519.hpp"

#include <doctest/doctest.h>

#include "backends/mysql/directory.hpp"
#include "backends/mysql/server_login.hpp"
#include "tests/unit/backends/mysql/signing_in.hpp"

using namespace skein;
using namespace skein::mysql;
using namespace skein::mysql::signing_in;

namespace {

std::string from_hex(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2)
    out.push_back(static_cast<char>(std::stoi(std::string(text.substr(at, 2)), nullptr, 16)));
  return out;
}

// What MariaDB's manual shows for "secret".
const std::string stored = "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY";

// A client that has been asked by this method.
struct asked : attempt {
  explicit asked(const std::optional<credentials>& known, std::string plugin = "client_ed25519") {
    answer.plugin = std::move(plugin);
    meet();
    REQUIRE(respond("") == login_want::secret);
    REQUIRE(login->credential(known) == login_want::input);
    const auto body = wire::body_of(heard());
    const auto read = read_auth_switch(wire::bytes(body));
    REQUIRE(read);
    CHECK(read->plugin == "client_ed25519");
    CHECK(body.size() == 1 + read->plugin.size() + 1 + ed25519::nonce_bytes);
    nonce = read->nonce;
  }
  login_want sign(std::string_view password) {
    return say(written_raw(3, ed25519::signature(password, nonce)));
  }
};

}  // namespace

TEST_CASE("keys and signatures of the specification, whose seeds are passwords of 32 bytes") {
  struct row {
    std::string seed, key, message, signature;
  };
  for (const auto& each :
       {row{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
            "701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        row{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f36"
            "13d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"}}) {
    const auto seed = from_hex(each.seed);
    const auto key = from_hex(each.key);
    const auto message = from_hex(each.message);
    const auto signature = from_hex(each.signature);
    CHECK(ed25519::public_key(seed) == key);
    CHECK(ed25519::signature(seed, message) == signature);
    CHECK(ed25519::holds(signature, message, key));
    CHECK_FALSE(ed25519::holds(signature, message + "x", key));
    CHECK_FALSE(ed25519::holds(signature.substr(1), message, key));
    CHECK_FALSE(ed25519::holds(signature, message, key.substr(1)));
    for (std::size_t at = 0; at < signature.size(); ++at) {
      auto other = signature;
      other[at] = static_cast<char>(other[at] ^ 1);
      CHECK_FALSE(ed25519::holds(other, message, key));
    }
  }
}

TEST_CASE("passwords of other lengths, and what a server stores of one") {
  const std::string nonce(ed25519::nonce_bytes, '\0');
  for (const auto& password :
       {std::string(), std::string("x"), std::string("secret"), std::string(200, 'p')}) {
    const auto key = ed25519::public_key(password);
    CHECK(ed25519::holds(ed25519::signature(password, nonce), nonce, key));
    CHECK_FALSE(ed25519::holds(ed25519::signature(password + "y", nonce), nonce, key));
  }
  CHECK(ed25519_verifier("secret") == "$ed25519$" + stored);
  const auto read = read_stored_password("$ed25519$" + stored);
  REQUIRE(read);
  CHECK(read->by == auth_plugin::ed25519);
  CHECK(read->digest == ed25519::public_key("secret"));
  CHECK(fits(*read, "secret"));
  CHECK_FALSE(fits(*read, "Secret"));
}

TEST_CASE("a stored key is told from a password, and from what looks like one") {
  CHECK(credentials_of("ann", "$ed25519$" + stored)->verifier == "$ed25519$" + stored);
  CHECK(credentials_of("ann", stored)->password == stored);
  for (const auto& wrong :
       {stored.substr(1), stored + "A", stored + "=", std::string(43, '$'), std::string()}) {
    CAPTURE(wrong);
    const auto known = credentials_of("ann", "$ed25519$" + wrong);
    REQUIRE_FALSE(known);
    CHECK(known.error().contains("43 letters"));
  }
}

TEST_CASE("what a server of MariaDB stores is read by its plugin's name there") {
  const auto verifier_of = [](const std::string& plugin, const std::string& secret) {
    wire_result told;
    told.rows.push_back({{"name", "ann"},
                         {"host", "%"},
                         {"plugin", plugin},
                         {"secret", secret},
                         {"barred", "0"},
                         {"place", "10.0.0.7"}});
    const auto known = read_accounts("ann", told);
    return known ? known->verifier : "none";
  };
  CHECK(verifier_of("ed25519", stored) == "$ed25519$" + stored);
  CHECK(verifier_of("ed25519", "cut") == "none");
  CHECK(verifier_of("client_ed25519", stored) == "none");
  CHECK(verifier_of("client_ed25519", "$ed25519$" + stored) == "none");
  CHECK(verifier_of("mysql_native_password", "$ed25519$" + stored) == "none");
  CHECK(verifier_of("parsec", stored) == "none");
}

TEST_CASE("a client signs a nonce of its own, against a password or what is stored") {
  for (const auto& known : {with_password("secret"), with_verifier("$ed25519$" + stored)}) {
    {
      asked client(known);
      CHECK(client.sign("secret") == login_want::admitted);
      CHECK(client.login->take_proven().empty());
      CHECK(client.login->welcome("", {1, ""}) == wire::packet(4, wire::text("\0\0\0\2\0\0\0")));
      CHECK(read_traits(client.login->request()).nonce.size() == nonce_bytes);
    }
    for (const std::string wrong : {"Secret", "secret "}) {
      asked client(known);
      CHECK(client.sign(wrong) == login_want::failed);
      CHECK(wire::error_in(client.heard()) == denied + "YES)");
    }
    for (const std::string& wrong :
         {std::string(), std::string(20, 'x'), std::string(64, 'x'), std::string(65, '\0')}) {
      asked client(known);
      CHECK(client.say(written_raw(3, wrong)) == login_want::failed);
      CHECK(wire::error_in(client.heard()).starts_with(denied));
    }
  }
}

TEST_CASE("a user who does not exist is asked and refused like one who does") {
  asked client(std::nullopt);
  CHECK(client.sign("secret") == login_want::failed);
  CHECK(wire::error_in(client.heard()) == denied + "YES)");
}

TEST_CASE("whose key is stored is asked by this method, whatever the client would like") {
  for (const std::string plugin : {"mysql_native_password", "caching_sha2_password", "other"}) {
    asked client(with_verifier("$ed25519$" + stored), plugin);
    CHECK(client.sign("secret") == login_want::admitted);
  }
}

TEST_CASE("a server is signed in to by the password alone, its bytes cut at every one") {
  // A nonce may end with a zero, which is no terminator.
  const std::string nonce = std::string(ed25519::nonce_bytes - 1, 'n') + '\0';
  const std::string greeting =
      written(0, initial_greeting{.version = "5.5.5-10.11.6-MariaDB",
                                  .connection_id = 42,
                                  .nonce = "abcdefghijklmnopqrst",
                                  .capabilities = offered_to_clients(flavour::mysql, false),
                                  .plugin = "mysql_native_password"});
  const std::string request =
      wire::packet(2, "\xfe" + std::string("client_ed25519") + '\0' + nonce);
  struct row {
    credentials who;
    std::string text;  // of the failure
  };
  for (const auto& [who, text] :
       {row{with_password("secret"), ""},
        {with_verifier("$ed25519$" + stored), "only the public key of client_ed25519 is known"},
        {with_verifier(native_verifier("secret")), "asks for client_ed25519"}}) {
    for (std::size_t cut = 0; cut <= request.size(); ++cut) {
      mysql::server_login login({.who = who, .request = {"ann", "shop", {}}, .member = "a"});
      std::string left;
      CHECK(wire::feed(login, greeting, left) == login_want::input);
      const auto first = read_response(wire::bytes(wire::body_of(login.take_output())));
      REQUIRE(first);
      CHECK(first->plugin != "client_ed25519");
      auto want = wire::feed(login, std::string_view(request).substr(0, cut), left);
      if (cut < request.size()) want = wire::feed(login, left + request.substr(cut), left);
      if (!text.empty()) {
        CHECK(want == login_want::failed);
        CHECK_MESSAGE(login.failure().text_for_client.contains(text),
                      login.failure().text_for_client);
        continue;
      }
      CHECK(want == login_want::input);
      const auto signature = wire::body_of(login.take_output());
      CHECK(ed25519::holds(signature, nonce, ed25519::public_key("secret")));
      CHECK(wire::feed(login, wire::packet(4, wire::text("\0\0\0\2\0\0\0")), left) ==
            login_want::admitted);
    }
  }
}

TEST_CASE("a server's nonce of another length is no nonce") {
  for (const std::size_t size : {0UZ, 20UZ, 31UZ, 33UZ}) {
    mysql::server_login login({.who = with_password("secret"), .request = {"ann", "shop", {}}});
    std::string left;
    const std::string greeting =
        written(0, initial_greeting{.version = "10.11.6-MariaDB",
                                    .nonce = "abcdefghijklmnopqrst",
                                    .capabilities = offered_to_clients(flavour::mysql, false),
                                    .plugin = "mysql_native_password"});
    CHECK(wire::feed(login, greeting, left) == login_want::input);
    const auto request =
        wire::packet(2, "\xfe" + std::string("client_ed25519") + '\0' + std::string(size, 'n'));
    CHECK(wire::feed(login, request, left) == login_want::failed);
    CHECK(login.failure().kind == error_kind::protocol);
  }
}
