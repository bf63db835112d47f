#include "net/tls.hpp"

#include "tests/unit/net/certificates.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

certificate_folder& made() {
  static certificate_folder folder;
  return folder;
}

tls_files own(const std::string& file, const std::string& key) {
  return {.certificate = file, .key = key};
}

tls_context load(tls_role role, const tls_files& files) {
  auto loaded = tls_context::load(role, files);
  REQUIRE_MESSAGE(loaded.has_value(), loaded.error());
  return *loaded;
}

// One party of a conversation, and what it saw.
struct party {
  explicit party(tls_role as, const tls_files& files, std::string expected_host = {})
      : role(as), context(load(as, files)), host(std::move(expected_host)) {}

  tls_role role;
  tls_context context;
  std::string host;
  std::string says = "hello";
  std::size_t hears = 5;
  std::string heard = {};
  error_code failure = {};
  std::string words = {};
  std::string version = {};
  std::string peer = {};
  std::string peer_hash = {};
  std::size_t reads_ahead = 0;  // bytes of the other's handshake
};

awaitable<> hold(stream& on, party& as) {
  std::string ahead;
  if (as.reads_ahead > 0) co_await receive(on, ahead, as.reads_ahead, as.failure);
  as.failure = co_await on.handshake(as.context, as.role, as.host, ahead);
  // By turns: through a narrow pipe two who talk at once would wait for each other.
  const bool first = as.role == tls_role::client;
  if (!as.failure && first) as.failure = co_await on.write_all(as.says);
  if (!as.failure) co_await receive(on, as.heard, as.hears, as.failure);
  if (!as.failure && !first) as.failure = co_await on.write_all(as.says);
  as.version = on.tls()->version();
  as.peer = on.tls()->peer_name();
  as.peer_hash = on.tls()->peer_endpoint_hash();
  as.words = on.tls()->failure();
  on.close();
}

awaitable<> converse(core& on, transport_kind kind, std::size_t capacity, party& client,
                     party& server) {
  auto [here, there] = co_await connect_pair(on, kind, capacity);
  task_group group(on.where());
  group.spawn(hold(here, client));
  group.spawn(hold(there, server));
  co_await group.join();
}

void meet(party& client, party& server, transport_kind kind = transport_kind::memory,
          std::size_t capacity = 16384) {
  loop test;
  test.run(converse(test.on, kind, capacity, client, server));
}

party usual_server() {
  return party(tls_role::server, own(made().server_file, made().server_key));
}

party checking_client(const std::string& host, bool full = true) {
  return party(tls_role::client, {.ca = made().ca, .verify_host = full}, host);
}

std::string verdict(party client, party server = usual_server()) {
  meet(client, server);
  CHECK((client.failure || client.heard == "hello"));
  if (client.failure) CHECK(server.failure);
  return client.failure ? client.words : "trusted";
}

awaitable<> exchange_much(core& on, transport_kind kind, party& client, party& server) {
  auto [here, there] = co_await connect_pair(on, kind, 3000);
  task_group group(on.where());
  client.says.clear();
  server.says.clear();
  std::array<error_code, 6> failures;
  const auto shake = [](stream& with, party& as, error_code& failure) -> awaitable<> {
    failure = co_await with.handshake(as.context, as.role, as.host);
  };
  group.spawn(shake(here, client, failures[0]));
  group.spawn(shake(there, server, failures[1]));
  co_await group.join();
  const std::size_t size = kind == transport_kind::memory ? 300'000 : 8'000'000;
  const std::string to = random_bytes(size, 3);
  const std::string fro = random_bytes(size + 12345, 4);
  std::string got_there;
  std::string got_here;
  group.spawn(send_pieces(here, to, failures[2]));
  group.spawn(send_pieces(there, fro, failures[3]));
  co_await pause(on, 100ms);
  CHECK(group.size() == 2);  // both are blocked
  group.spawn(receive(there, got_there, to.size(), failures[4]));
  group.spawn(receive(here, got_here, fro.size(), failures[5]));
  co_await group.join();
  for (const auto& each : failures) CHECK_MESSAGE(!each, each.message());
  CHECK((got_there == to));
  CHECK((got_here == fro));
}

}  // namespace

TEST_CASE("what was read of a handshake before it began is put ahead of the rest") {
  for (const std::size_t bytes : {1, 100}) {
    CAPTURE(bytes);
    party client(tls_role::client, {});
    party server = usual_server();
    server.reads_ahead = bytes;
    meet(client, server);
    CHECK_FALSE(client.failure);
    CHECK(server.heard == "hello");
  }
}

TEST_CASE("TLS runs over every transport, however narrow") {
  for (const auto kind : every_kind) {
    for (const std::size_t capacity : {1, 7, 16384}) {
      if (kind != transport_kind::memory && capacity != 16384) continue;
      CAPTURE(name_of(kind));
      CAPTURE(capacity);
      party client(tls_role::client, {});
      party server = usual_server();
      meet(client, server, kind, capacity);
      CHECK_MESSAGE(!client.failure, client.words);
      CHECK_MESSAGE(!server.failure, server.words);
      CHECK(client.heard == "hello");
      CHECK(server.heard == "hello");
      CHECK(client.version == "TLSv1.3");
      CHECK(client.peer.empty());  // nobody verified it
      CHECK(client.peer_hash == server.context.endpoint_hash());
      CHECK(server.peer_hash.empty());
    }
  }
}

TEST_CASE("a client that verifies trusts the right host only") {
  CHECK(verdict(checking_client("db.example")) == "trusted");
  CHECK(verdict(checking_client("127.0.0.1")) == "trusted");
  CHECK(verdict(checking_client("::1")) == "trusted");
  CHECK(verdict(checking_client("other.example", false)) == "trusted");
  CHECK(verdict(checking_client("other.example")) ==
        "certificate verify failed: hostname mismatch");
  CHECK(verdict(checking_client("127.0.0.2")) == "certificate verify failed: IP address mismatch");
  CHECK(verdict(checking_client("")) ==
        "the peer's certificate is to name its host, and \"\" is no host");

  party client = checking_client("db.example");
  party server = usual_server();
  meet(client, server);
  CHECK(client.peer == "db.example");
}

TEST_CASE("a client that verifies refuses strangers and what has expired") {
  const auto stranger = own(made().stranger_file, made().stranger_key);
  CHECK(verdict(checking_client("db.example"), party(tls_role::server, stranger)) ==
        "certificate verify failed: self-signed certificate");
  const std::string old = made().save("expired", made().expired);
  CHECK(verdict(checking_client("db.example"),
                party(tls_role::server, own(old, made().folder.file("expired.key")))) ==
        "certificate verify failed: certificate has expired");
}

TEST_CASE("a server may demand a client's certificate, or only look at it") {
  tls_files demanding = own(made().server_file, made().server_key);
  demanding.ca = made().ca;
  for (const bool demand : {true, false}) {
    CAPTURE(demand);
    demanding.demand_peer = demand;
    party known(tls_role::client, own(made().client_file, made().client_key));
    party server(tls_role::server, demanding);
    meet(known, server);
    CHECK_MESSAGE(!server.failure, server.words);
    CHECK(server.peer == "alice");

    party unknown(tls_role::client, {});
    party second(tls_role::server, demanding);
    meet(unknown, second);
    CHECK(static_cast<bool>(second.failure) == demand);
    CHECK(second.peer.empty());
    if (demand) CHECK(second.words == "peer did not return a certificate");
    if (demand) CHECK(unknown.words == "tlsv13 alert certificate required");

    party liar(tls_role::client, own(made().stranger_file, made().stranger_key));
    party third(tls_role::server, demanding);
    meet(liar, third);
    CHECK(third.words == "certificate verify failed: self-signed certificate");
    CHECK(third.failure == tls_fault::refused);
    CHECK(third.peer.empty());
  }
}

TEST_CASE("TLS 1.2 is spoken, older versions are not") {
  party client(tls_role::client, {});
  SSL_CTX_set_max_proto_version(client.context.native(), TLS1_2_VERSION);
  party server = usual_server();
  meet(client, server);
  CHECK(client.version == "TLSv1.2");
  CHECK(server.heard == "hello");

  party old(tls_role::client, {});
  SSL_CTX_set_min_proto_version(old.context.native(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.context.native(), TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(old.context.native(), "ALL:@SECLEVEL=0");
  party second = usual_server();
  meet(old, second);
  CHECK(second.words == "unsupported protocol");
  CHECK(old.failure == tls_fault::refused);
}

TEST_CASE("much is exchanged over TLS both ways at once, under back-pressure") {
  for (const auto kind : every_kind) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      CAPTURE(name_of(kind));
      CAPTURE(version);
      party client(tls_role::client, {});
      SSL_CTX_set_max_proto_version(client.context.native(), version);
      party server = usual_server();
      loop test;
      test.run(exchange_much(test.on, kind, client, server));
    }
  }
}
