// Clients that sign in again on a connection of theirs, by COM_CHANGE_USER.
#include <doctest/doctest.h>

#include "tests/unit/backends/mysql/signing_in.hpp"

using namespace skein;
using namespace skein::mysql;
using namespace skein::mysql::signing_in;

namespace {

const std::string the_ok = wire::text("\0\0\0\2\0\0\0");

// Ann is in, by her password, and begins anew.
struct next_attempt {
  attempt first;
  handshake_response change;
  std::string nonce = {};
  std::string left = {};
  std::optional<mysql::client_login> login = {};

  explicit next_attempt(capability_set flags = usual_flags,
                        std::string plugin = "caching_sha2_password", const tls_facts& facts = {},
                        std::string version = "8.4.0") {
    first.how.server_version = std::move(version);
    first.answer.capabilities = flags;
    first.answer.plugin = plugin;
    first.login.emplace(first.how, first.shared);
    first.meet();
    nonce = first.nonce;
    REQUIRE(first.respond("pencil") == login_want::secret);
    REQUIRE(first.login->credential(with_password("pencil")) == login_want::admitted);
    change = {.capabilities = flags,
              .collation = 8,
              .user = "bob",
              .database = "store",
              .plugin = std::move(plugin)};
    login.emplace(first.how, first.shared, first.login->request(), facts);
  }
  login_want say(std::string_view written) { return wire::feed(*login, written, left); }
  std::string heard() { return login->take_output(); }
  std::string proof(std::string_view password, auth_plugin by) const {
    return std::string(proof_of(by, key_of(by, password).view(), nonce).view());
  }
  // Reads the request for a proof: its method.
  std::string asked() {
    const auto packet = heard();
    CHECK(wire::number_of(packet) == 1);
    const auto read = read_auth_switch(wire::bytes(wire::body_of(packet)));
    REQUIRE(read);
    CHECK(read->nonce == nonce);
    return read->plugin;
  }
};

credentials bob(std::string password) {
  return {.user = "bob", .password = std::move(password)};
}

}  // namespace

TEST_CASE(
    "who signs in again is asked for a proof over the nonce it has, the packet cut at every byte") {
  for (std::size_t cut = 0;; ++cut) {
    next_attempt client;
    client.change.proof = client.proof("eraser", auth_plugin::caching_sha2);
    const auto all = written_change(client.change);
    if (cut > all.size()) break;
    const auto early = client.say(std::string_view(all).substr(0, cut));
    CHECK(early == (cut == all.size() ? login_want::secret : login_want::input));
    CHECK(client.say(client.left + all.substr(cut) + "rest") == login_want::secret);
    CHECK(client.left == "rest");
    CHECK(client.login->request().user == "bob");
    CHECK(client.login->request().database == "store");
    CHECK(client.login->credential(bob("eraser")) == login_want::input);
    CHECK(client.asked() == "caching_sha2_password");
    const auto proof = client.proof("eraser", auth_plugin::caching_sha2);
    CHECK(client.say(written_raw(2, proof)) == login_want::admitted);
    CHECK(client.login->welcome("", {1, ""}) == wire::packet(3, "\1\3") + wire::packet(4, the_ok));
  }
}

TEST_CASE("the nonce it has is the one that it was given last") {
  next_attempt client;
  attempt first;
  first.answer.plugin = "sha256_password";
  first.meet();
  REQUIRE(first.respond("") == login_want::secret);
  REQUIRE(first.login->credential(with_password("pencil")) == login_want::input);
  const auto read = read_auth_switch(wire::bytes(wire::body_of(first.heard())));
  REQUIRE(read);
  first.nonce = read->nonce;
  first.answer.plugin = "caching_sha2_password";
  REQUIRE(first.say(written_raw(3, first.proof("pencil"))) == login_want::admitted);
  client.nonce = read->nonce;
  client.change.plugin = "mysql_native_password";
  for (int i = 0; i < 2; ++i) {
    const auto before = i == 0 ? first.login->request() : client.login->request();
    client.login.emplace(first.how, first.shared, before, tls_facts{});
    CHECK(client.say(written_change(client.change)) == login_want::secret);
    CHECK(client.login->credential(bob("eraser")) == login_want::input);
    CHECK(client.asked() == "mysql_native_password");
    const auto proof = client.proof("eraser", auth_plugin::native);
    CHECK(client.say(written_raw(2, proof)) == login_want::admitted);
  }
}

TEST_CASE("what was agreed on stays, and the rest is what the client says now") {
  next_attempt client(usual_flags | capability::found_rows | capability::connect_attrs);
  client.change.attributes = {{"program_name", "shop"}};
  CHECK(client.say(written_change(client.change)) == login_want::secret);
  const auto traits = read_traits(client.login->request());
  CHECK(traits.agreed == read_traits(client.first.login->request()).agreed);
  CHECK((*traits.shaped & capability::found_rows) != 0);
  CHECK(traits.collation == 8);
  REQUIRE(traits.attributes.size() == 1);
  CHECK(traits.attributes.front().second == "shop");
}

TEST_CASE("each method is gone through as at a login") {
  struct row {
    std::string plugin;
    credentials known;
    std::string asks;
  };
  const auto stored = [](std::string verifier) {
    return credentials{.user = "bob", .verifier = std::move(verifier)};
  };
  for (const auto& [plugin, known, asks] :
       {row{"mysql_native_password", bob("eraser"), "mysql_native_password"},
        {"caching_sha2_password", bob("eraser"), "caching_sha2_password"},
        {"caching_sha2_password", stored(native_verifier("eraser")), "mysql_native_password"},
        {"sha256_password", bob("eraser"), "caching_sha2_password"}}) {
    for (const std::string password : {"eraser", "pencil", ""}) {
      CAPTURE(plugin);
      CAPTURE(password);
      next_attempt client(usual_flags, "mysql_native_password");
      client.change.plugin = plugin;
      CHECK(client.say(written_change(client.change)) == login_want::secret);
      CHECK(client.login->credential(known) == login_want::input);
      CHECK(client.asked() == asks);
      const auto by = plugin_named(asks);
      const bool right = password == "eraser";
      const auto proof = password.empty() ? "" : client.proof(password, by);
      CHECK(client.say(written_raw(2, proof)) ==
            (right ? login_want::admitted : login_want::failed));
      if (right) {
        const bool waits = by == auth_plugin::caching_sha2;
        const auto words = client.login->welcome("", {1, ""});
        CHECK(words ==
              (waits ? wire::packet(3, "\1\3") : "") + wire::packet(waits ? 4 : 3, the_ok));
      } else {
        const auto words = client.heard();
        CHECK(wire::number_of(words) == 3);
        CHECK(wire::error_in(words) ==
              "1045 28000 Access denied for user 'bob'@'192.0.2.7' (using password: " +
                  std::string(password.empty() ? "NO)" : "YES)"));
      }
      CHECK_FALSE(client.login->stays_as_it_was());
    }
  }
}

TEST_CASE("a stored password wants to be seen, under TLS in clear and else under our key") {
  const credentials known{.user = "bob", .verifier = sha2_verifier("eraser")};
  for (const bool encrypted : {true, false}) {
    next_attempt client(usual_flags, "caching_sha2_password", {.encrypted = encrypted});
    CHECK(client.say(written_change(client.change)) == login_want::secret);
    CHECK(client.login->credential(known) == login_want::input);
    client.asked();
    const auto proof = client.proof("eraser", auth_plugin::caching_sha2);
    CHECK(client.say(written_raw(2, proof)) == login_want::input);
    CHECK(client.heard() == wire::packet(3, "\1\4"));
    if (encrypted) {
      CHECK(client.say(wire::packet(4, wire::text("eraser\0"))) == login_want::admitted);
    } else {
      CHECK(client.say(wire::packet(4, "\2")) == login_want::input);
      const auto pem = wire::body_of(client.heard()).substr(1);
      const auto secret = rsa_encrypt(pem, masked_password("eraser", client.nonce).view());
      CHECK(client.say(wire::packet(6, *secret)) == login_want::admitted);
    }
    CHECK(client.login->take_proven().view() == "eraser");
    CHECK(client.login->welcome("", {1, ""}) == wire::packet(encrypted ? 5 : 7, the_ok));
  }
}

TEST_CASE("a client of before there were several methods proves by the nonce that it has") {
  const auto old_flags = usual_flags & ~(capability::plugin_auth | capability::plugin_auth_lenenc);
  next_attempt client(old_flags, "mysql_native_password");
  SUBCASE("right, and once more") {
    client.change.proof = client.proof("eraser", auth_plugin::native);
    CHECK(client.say(written_change(client.change)) == login_want::secret);
    CHECK(client.login->credential(bob("eraser")) == login_want::admitted);
    CHECK(client.login->welcome("", {1, ""}) == wire::packet(1, the_ok));
    mysql::client_login third(client.first.how, client.first.shared, client.login->request(), {});
    CHECK(wire::feed(third, written_change(client.change), client.left) == login_want::secret);
    CHECK(third.credential(bob("eraser")) == login_want::admitted);
  }
  SUBCASE("wrong") {
    client.change.proof = client.proof("wrong", auth_plugin::native);
    CHECK(client.say(written_change(client.change)) == login_want::secret);
    CHECK(client.login->credential(bob("eraser")) == login_want::failed);
    CHECK(wire::number_of(client.heard()) == 1);
  }
  SUBCASE("without what stands behind the database") {
    client.change.proof = client.proof("eraser", auth_plugin::native);
    const auto body = wire::body_of(written_change(client.change));
    CHECK(client.say(wire::packet(0, body.substr(0, body.size() - 2))) == login_want::secret);
    CHECK(client.login->credential(bob("eraser")) == login_want::admitted);
  }
}

TEST_CASE("whoever is believed is asked, too: some clients wait for that") {
  next_attempt client;
  CHECK(client.say(written_change(client.change)) == login_want::secret);
  CHECK(client.login->credential(credentials{.user = "bob", .trusted = true}) == login_want::input);
  client.asked();
  CHECK(client.say(written_raw(2, "")) == login_want::admitted);
  CHECK(client.login->welcome("", {1, ""}) == wire::packet(3, the_ok));
}

TEST_CASE("rules and TLS hold for the new name, and who has failed goes as its servers have it") {
  const login_rule rules[] = {{.user = "bob", .method = proof_method::reject}};
  for (const std::string version : {"8.4.0", "10.11.19-MariaDB", ""}) {
    next_attempt client(usual_flags, "caching_sha2_password", {}, version);
    client.first.how.rules = rules;
    client.login.emplace(client.first.how, client.first.shared, client.first.login->request(),
                         tls_facts{});
    SUBCASE("a rule") {}
    SUBCASE("no TLS") {
      client.first.how.tls = tls_mode::require;
      client.login.emplace(client.first.how, client.first.shared, client.first.login->request(),
                           tls_facts{});
    }
    CHECK(client.say(written_change(client.change)) == login_want::failed);
    const auto words = client.heard();
    CHECK(wire::number_of(words) == 1);
    CHECK(wire::error_in(words).starts_with("1045 28000 "));
    CHECK(client.login->stays_as_it_was() == version.contains("MariaDB"));
    CHECK(client.login->welcome("", {1, ""}).empty());
    CHECK(client.login->refuse({error_kind::shutdown, fault::us, {}, "late", {}}).empty());
    CHECK_FALSE(client.login->stays_as_it_was());
  }
}

TEST_CASE("a packet that is cut short anywhere is an error, and ends the connection") {
  next_attempt whole(usual_flags | capability::connect_attrs);
  whole.change.proof = std::string(20, 'p');
  whole.change.attributes = {{"program_name", "shop"}};
  const auto body = wire::body_of(written_change(whole.change));
  const auto attributes_at = body.size() - 1 - std::string("\14program_name\4shop").size();
  for (std::size_t cut = 1; cut < body.size(); ++cut) {
    CAPTURE(cut);
    next_attempt client(usual_flags | capability::connect_attrs, "caching_sha2_password", {},
                        "10.11.19-MariaDB");
    const bool enough = cut == attributes_at;  // they may be left out
    CHECK(client.say(wire::packet(0, body.substr(0, cut))) ==
          (enough ? login_want::secret : login_want::failed));
    if (enough) continue;
    CHECK(wire::number_of(client.heard()) == 1);
    CHECK_FALSE(client.login->stays_as_it_was());
  }
}

TEST_CASE("a collation that no byte holds is one of utf8mb4") {
  next_attempt client;
  auto packet = written_change(client.change);
  const auto at = packet.find(wire::text("\10\0caching"));
  REQUIRE(at != packet.npos);
  packet[at + 1] = '\1';
  CHECK(client.say(packet) == login_want::secret);
  CHECK(read_traits(client.login->request()).collation == default_collation);
}
