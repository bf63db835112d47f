// SCRAM as server and client: the vectors of RFC 7677, and every way to fail.
#include <doctest/doctest.h>

#include "backends/postgres/saslprep.hpp"
#include "backends/postgres/scram_client.hpp"
#include "backends/postgres/scram_server.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

const std::string certificate(32, '\1');

// RFC 7677, section 3.
struct rfc_7677 {
  scram_shared shared;
  std::string salt = from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").value();
  std::string client_first = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
  std::string server_first =
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
  std::string client_final =
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
  std::string server_final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

  rfc_7677() {
    shared.nonce = [] { return std::string("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"); };
  }
  scram_server server(std::optional<std::string> password = "pencil") {
    return {shared, "user", std::move(password), salt, ""};
  }
};

struct outcome {
  bool client_accepts = false;
  bool server_accepts = false;
  std::string text = {};
};

outcome run(scram_client& client, scram_server& server) {
  const auto challenge = server.begin(client.mechanism(), client.begin());
  if (!challenge) return {false, false, challenge.error().text_for_client};
  const auto answer = client.answer(*challenge);
  if (!answer) return {false, false, answer.error().text_for_client};
  const auto proof = server.finish(*answer);
  if (!proof) return {false, false, proof.error().text_for_client};
  const auto accepted = client.finish(*proof);
  return {accepted.has_value(), true, accepted ? "" : accepted.error().text_for_client};
}

}  // namespace

TEST_CASE("the exchange of RFC 7677, as the server") {
  rfc_7677 rfc;
  auto server = rfc.server();
  CHECK(server.begin(scram_sha_256, rfc.client_first).value() == rfc.server_first);
  CHECK(server.finish(rfc.client_final).value() == rfc.server_final);
}

TEST_CASE("the nonces of RFC 7677, as the client, with the answers computed elsewhere") {
  struct row {
    channel_binding binding;
    std::string first, answer, server_final;
  };
  const std::string nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const row rows[] = {
      {channel_binding::unable, "n,,n=,r=rOprNGfwEbeRWgbNEkqO",
       "c=biws,r=" + nonce + ",p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=",
       "v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="},
      {channel_binding::endpoint, "p=tls-server-end-point,,n=,r=rOprNGfwEbeRWgbNEkqO",
       "c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=,r=" + nonce +
           ",p=h5QYiGHYhz6qpHLDZYBf2hDmmkJhjp1X85OkZ+NxkY0=",
       "v=ZB8uSZfWtnmYGenTdu+xG+M3B2SfaEQAXJUROoQ5nXY="}};
  for (const auto& one : rows) {
    rfc_7677 rfc;
    rfc.shared.nonce = [] { return std::string("rOprNGfwEbeRWgbNEkqO"); };
    scram_client client(rfc.shared, "pencil", one.binding, certificate);
    CHECK(client.begin() == one.first);
    CHECK(client.answer(rfc.server_first).value() == one.answer);
    auto twin = client;
    CHECK_FALSE(twin.finish("v=" + base64(std::string(32, 'x'))));
    CHECK(client.finish(one.server_final));
  }
}

TEST_CASE("no changed byte of the proof is let through") {
  rfc_7677 rfc;
  for (std::size_t i = 0; i < rfc.client_final.size(); ++i) {
    auto server = rfc.server();
    REQUIRE(server.begin(scram_sha_256, rfc.client_first));
    auto changed = rfc.client_final;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(server.finish(changed));
    auto other = rfc.server();
    REQUIRE(other.begin(scram_sha_256, rfc.client_first));
    CHECK_FALSE(other.finish(rfc.client_final.substr(0, i)));
  }
}

TEST_CASE("an unknown user meets the same exchange, and fails as with a wrong password") {
  rfc_7677 rfc;
  auto wrong = rfc.server("pen");
  auto unknown = rfc.server(std::nullopt);
  CHECK(wrong.begin(scram_sha_256, rfc.client_first).value() ==
        unknown.begin(scram_sha_256, rfc.client_first).value());
  const auto one = wrong.finish(rfc.client_final);
  const auto other = unknown.finish(rfc.client_final);
  REQUIRE_FALSE(one);
  REQUIRE_FALSE(other);
  CHECK(one.error().text_for_client == other.error().text_for_client);
  CHECK(one.error().sqlstate == "28P01");
  CHECK(other.error().sqlstate == "28P01");
  CHECK(rfc.shared.unknown.size() == 1);

  // The salt is the user's own at every attempt, and another's is another.
  CHECK(rfc.shared.salt_of("ann") == rfc.shared.salt_of("ann"));
  CHECK(rfc.shared.salt_of("ann") != rfc.shared.salt_of("bob"));
  CHECK(rfc.shared.salt_of("ann").size() == 16);
  CHECK(scram_shared().salt_of("ann") != rfc.shared.salt_of("ann"));
}

TEST_CASE("not even the right proof admits a user that does not exist") {
  scram_shared shared;
  scram_client client(shared, shared.salt_secret, channel_binding::unable, "");
  scram_server server(shared, "ann", std::nullopt, shared.salt_of("ann"), "");
  const auto done = run(client, server);
  CHECK_FALSE(done.server_accepts);
  CHECK(done.text == "password authentication failed for user \"ann\"");
}

TEST_CASE("channel binding binds, and its removal is seen") {
  struct row {
    channel_binding client;
    std::string client_sees;
    std::string server_has;
    bool admitted;
    const char* part_of_text;
  };
  const std::string other(32, '\2');
  const row rows[] = {
      {channel_binding::endpoint, certificate, certificate, true, ""},
      {channel_binding::unable, "", certificate, true, ""},
      {channel_binding::unable, "", "", true, ""},
      {channel_binding::not_offered, certificate, "", true, ""},
      {channel_binding::endpoint, other, certificate, false, "another certificate"},
      {channel_binding::endpoint, certificate, "", false, "not offered"},
      {channel_binding::not_offered, certificate, certificate, false, "did not reach"},
  };
  for (const auto& one : rows) {
    scram_shared shared;
    scram_client client(shared, "pencil", one.client, one.client_sees);
    scram_server server(shared, "ann", "pencil", shared.salt_of("ann"), one.server_has);
    const auto done = run(client, server);
    CAPTURE(done.text);
    CHECK(done.server_accepts == one.admitted);
    CHECK(done.client_accepts == one.admitted);
    CHECK(done.text.find(one.part_of_text) != std::string::npos);
  }
}

TEST_CASE("malformed client messages are protocol errors") {
  rfc_7677 rfc;
  for (const char* const first :
       {"", "n", "n,", "n,,", "n,,n=user", "n,,n=user,r=", "n,,n=user,r=a b", "n,,r=abc,n=user",
        "n,a=other,n=user,r=abc", "n,,m=ext,n=user,r=abc", "x,,n=user,r=abc",
        "p=tls-unique,,n=user,r=abc", "p=tls-server-end-point,,n=user,r=abc", "p=,,n=,r=a"}) {
    CAPTURE(first);
    CHECK_FALSE(rfc.server().begin(scram_sha_256, first));
  }
  CHECK_FALSE(rfc.server().begin(scram_sha_256_plus, rfc.client_first));
  CHECK_FALSE(rfc.server().begin("PLAIN", rfc.client_first));
  for (const char* const last :
       {"", "c=biws", "c=biws,r=rOprNGfwEbeRWgbNEkqO", "c=biws,r=x,p=AA==", "c=biws,r=x,p=",
        "r=x,c=biws,p=AA==", "c=!,r=x,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="}) {
    auto server = rfc.server();
    REQUIRE(server.begin(scram_sha_256, rfc.client_first));
    CAPTURE(last);
    CHECK_FALSE(server.finish(last));
  }
}

TEST_CASE("a server's challenge is believed within bounds") {
  struct row {
    const char* challenge;
    error_kind kind;
  };
  for (const auto& [challenge, kind] : {row{"", error_kind::protocol},
                                        {"r=abc", error_kind::protocol},
                                        {"r=abc,s=AAAA,i=4096", error_kind::protocol},
                                        {"r=xbcdef,s=AAAA,i=4096", error_kind::protocol},
                                        {"r=abcdef,s=,i=4096", error_kind::protocol},
                                        {"r=abcdef,s=AAA,i=4096", error_kind::protocol},
                                        {"r=abcdef,s=AAAA,i=0", error_kind::protocol},
                                        {"r=abcdef,s=AAAA,i=-1", error_kind::protocol},
                                        {"r=abcdef,s=AAAA,i=1x", error_kind::protocol},
                                        {"r=abcdef,s=AAAA,i=", error_kind::protocol},
                                        {"r=abcdef,s=AAAA,i=99999999999", error_kind::protocol},
                                        {"r=abcdef,s=AAAA,i=1000001", error_kind::limit}}) {
    scram_shared shared;
    shared.nonce = [] { return std::string("abc"); };
    scram_client client(shared, "pencil", channel_binding::unable, "");
    client.begin();
    const auto answer = client.answer(challenge);
    CAPTURE(challenge);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().kind == kind);
    CHECK(shared.known.size() == 0);  // nothing was derived for it
  }
}

TEST_CASE("the messages of a server come in order") {
  scram_shared shared;
  scram_client client(shared, "pencil", channel_binding::unable, "");
  CHECK_FALSE(client.answer("r=abcdef,s=AAAA,i=1"));
  client.begin();
  CHECK_FALSE(client.finish("v=AAAA"));
}

TEST_CASE("keys are derived once, and the memory of them is bounded") {
  scram_key_cache cache(3);
  const auto keys = cache.keys_of("pencil", "salt", 10);
  CHECK(as_text(keys.stored_key) == as_text(derive_scram_keys("pencil", "salt", 10).stored_key));
  cache.keys_of("pencil", "salt", 10);
  CHECK(cache.size() == 1);
  for (std::uint32_t rounds = 1; rounds < 9; ++rounds) cache.keys_of("pencil", "salt", rounds);
  CHECK(cache.size() == 3);
  // One name, with a password in each of two clusters.
  CHECK(cache.keys_of("brush", "salt", 10).stored_key !=
        cache.keys_of("pencil", "salt", 10).stored_key);
}

TEST_CASE("passwords are prepared as PostgreSQL prepares them") {
  struct row {
    const char* given;
    const char* prepared;
  };
  for (const auto& [given, prepared] :
       {row{"", ""},
        {"pencil \x01\x7f", "pencil \x01\x7f"},
        {"a\u00a0b\u3000c", "a b c"},
        {"I\u00adX", "IX"},  // RFC 4013's first example
        {"\u00e9t\u00e9", "\u00e9t\u00e9"},
        {"\u00ad", "\u00ad"},              // nothing would be left
        {"\u00ad\u0007", "\u00ad\u0007"},  // prohibited: as it stands
        {"\u00ad\ue000", "\u00ad\ue000"},
        {"\U0001f600\ufe0f", "\U0001f600\ufe0f"},
        {"\u00ad\xff", "\u00ad\xff"},          // no UTF-8
        {"\u00ad\xc0\x80", "\u00ad\xc0\x80"},  // longer than needed
        {"\u00ad\xe2\x82", "\u00ad\xe2\x82"},  // cut short
        {"\u00ad\xed\xa0\x80", "\u00ad\xed\xa0\x80"}}) {
    CAPTURE(given);
    CHECK(saslprep(given) == prepared);
  }
}

TEST_CASE("base64 is strict") {
  for (const char* const text :
       {"A", "AA", "AAA", "A===", "AA=A", "====", "AAAA=", "A A=", "AA==AAAA"})
    CHECK_FALSE(from_base64(text));
  CHECK(from_base64("").value().empty());
  for (std::size_t size = 0; size < 70; ++size) {
    const auto bytes = skein::net::random_secret(size);
    CHECK(from_base64(base64(bytes)).value() == bytes);
  }
}
