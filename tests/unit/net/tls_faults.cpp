// TLS that is cut, cancelled, or not TLS at all.
#include <openssl/err.h>

#include "net/tls.hpp"
#include "tests/unit/net/certificates.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

struct contexts {
  certificate_folder made;
  tls_context server = *tls_context::load(
      tls_role::server, {.certificate = made.server_file, .key = made.server_key});
  tls_context client = *tls_context::load(tls_role::client, {.ca = made.ca, .verify_host = true});
};

awaitable<> party(stream on, tls_context context, tls_role role, error_code& failure,
                  std::string& heard) {
  failure = co_await on.handshake(context, role, "db.example");
  if (!failure) failure = co_await on.write_all("0123456789");
  if (!failure) co_await receive(on, heard, 10, failure);
}

struct outcome {
  error_code client = {};
  error_code server = {};
  std::string client_heard = {};
  std::string server_heard = {};
};

// Both ends obey one plan; the exchange must end whatever the plan does.
awaitable<> under_plan(core& on, const contexts& with, std::shared_ptr<fault_plan> plan,
                       bool cancelling, outcome& seen) {
  task_group group(on.where());
  if (cancelling) plan->instead = [&] { group.cancel(); };
  auto [here, there] = memory_end::connect(on.where(), 100, plan);
  group.spawn(party(stream(std::move(here)), with.client, tls_role::client, seen.client,
                    seen.client_heard));
  group.spawn(party(stream(std::move(there)), with.server, tls_role::server, seen.server,
                    seen.server_heard));
  co_await group.join();
  plan->instead = nullptr;
}

awaitable<> shake(stream& on, const tls_context& context, tls_role role, error_code& failure) {
  failure = co_await on.handshake(context, role, "db.example");
}

struct tls_pair {
  stream client = {};
  stream server = {};
};

awaitable<> shake_hands(core& on, const contexts& with, tls_pair& made) {
  std::array<error_code, 2> failures;
  task_group group(on.where());
  group.spawn(shake(made.client, with.client, tls_role::client, failures[0]));
  group.spawn(shake(made.server, with.server, tls_role::server, failures[1]));
  co_await group.join();
  REQUIRE_FALSE(failures[0]);
  REQUIRE_FALSE(failures[1]);
}

awaitable<> connect_tls(core& on, const contexts& with, transport_kind kind, tls_pair& made) {
  std::tie(made.client, made.server) = co_await connect_pair(on, kind);
  co_await shake_hands(on, with, made);
}

awaitable<> good_end(core& on, const contexts& with, transport_kind kind) {
  tls_pair made;
  co_await connect_tls(on, with, kind, made);
  CHECK_FALSE(co_await made.server.write_all("the last words"));
  made.server.close();
  std::string heard;
  error_code failure;
  co_await receive(made.client, heard, 1000, failure);
  CHECK(heard == "the last words");
  CHECK(failure == asio::error::eof);
}

// The server's end breaks just before it could say close_notify.
awaitable<> truncated_end(core& on, const contexts& with) {
  auto [here, there] = memory_end::connect(on.where());
  auto plan = std::make_shared<fault_plan>();
  there.obey(plan);
  tls_pair made{stream(std::move(here)), stream(std::move(there))};
  co_await shake_hands(on, with, made);
  CHECK_FALSE(co_await made.server.write_all("words"));
  plan->remaining = 0;
  made.server.close();
  std::string heard;
  error_code failure;
  co_await receive(made.client, heard, 1000, failure);
  CHECK(heard == "words");
  CHECK(failure == tls_fault::truncated);
  CHECK(made.client.tls()->failure() == "the peer closed the connection without a close_notify");
  CHECK((co_await made.client.write_all("x")) == tls_fault::broken);
}

// Closed with a record half sent: the reader is told of a truncation, not of a good end.
awaitable<> cut_in_a_record(core& on, const contexts& with) {
  auto [here, there] = memory_end::connect(on.where(), 3000);
  tls_pair made{stream(std::move(here)), stream(std::move(there))};
  co_await shake_hands(on, with, made);
  const std::string much(5000, 'm');
  CHECK(made.server.write_now(std::as_bytes(std::span(much))).blocked);
  made.server.close();
  std::string heard;
  error_code failure;
  co_await receive(made.client, heard, 10000, failure);
  CHECK(heard.empty());
  CHECK(failure == tls_fault::truncated);
}

awaitable<> garbage(core& on, const contexts& with, transport_kind kind) {
  auto [here, there] = co_await connect_pair(on, kind);
  CHECK_FALSE(co_await here.write_all("GET / HTTP/1.1\r\nHost: db.example\r\n\r\n"));
  CHECK((co_await there.handshake(with.server, tls_role::server)) == tls_fault::refused);
  CHECK(there.tls()->failure() == "http request");

  auto [one, two] = co_await connect_pair(on, kind);
  CHECK_FALSE(co_await one.write_all(random_bytes(5000, 7)));
  CHECK((co_await two.handshake(with.server, tls_role::server)) == tls_fault::refused);
  CHECK(two.tls()->failure() == "wrong version number");

  auto [silent, waiting] = co_await connect_pair(on, kind);
  silent.close();
  CHECK((co_await waiting.handshake(with.server, tls_role::server)) == tls_fault::truncated);
  CHECK(waiting.tls()->failure() == "the peer closed the connection during the handshake");
}

// OpenSSL's error queue belongs to the thread: one connection's failure must not end another.
awaitable<> neighbours(core& on, const contexts& with) {
  tls_pair good;
  co_await connect_tls(on, with, transport_kind::tcp, good);
  auto [bad, broken] = co_await connect_pair(on, transport_kind::tcp);
  CHECK_FALSE(co_await bad.write_all(random_bytes(500, 7)));
  CHECK(co_await broken.handshake(with.server, tls_role::server));
  // As other users of the library on this thread may leave it.
  ERR_raise(ERR_LIB_SSL, SSL_R_BAD_DATA);
  std::array<std::byte, 10> buffer;
  CHECK(good.client.read_now(buffer).blocked);
  CHECK_FALSE(co_await good.server.write_all("fine"));
  auto [failure, count] = co_await good.client.read_some(buffer);
  CHECK_FALSE(failure);
  CHECK(count == 4);
}

awaitable<> never_finished(core& on, const contexts& with) {
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  deadline limit(on.wheel(), [&] { there.cancel(); });
  limit.arm(30ms);
  const auto failure = co_await there.handshake(with.server, tls_role::server);
  CHECK(failure == asio::error::operation_aborted);
  CHECK(limit.passed());
}

void run(awaitable<> (*body)(core&, const contexts&)) {
  const contexts with;
  loop test;
  test.run(body(test.on, with));
}

void run_over_every_kind(awaitable<> (*body)(core&, const contexts&, transport_kind)) {
  const contexts with;
  for (const auto kind : every_kind) {
    CAPTURE(name_of(kind));
    loop test;
    test.run(body(test.on, with, kind));
  }
}

}  // namespace

TEST_CASE("a TLS exchange that breaks or is cancelled at any step ends, and leaks nothing") {
  const contexts with;
  auto whole = std::make_shared<fault_plan>();
  outcome well;
  {
    loop test;
    test.run(under_plan(test.on, with, whole, false, well));
  }
  CHECK_FALSE(well.client);
  CHECK_FALSE(well.server);
  CHECK(well.client_heard == "0123456789");
  CHECK(well.server_heard == "0123456789");
  CHECK(whole->operations > 40);
  const auto before = open_descriptors();
  for (const bool cancelling : {false, true}) {
    std::size_t noticed = 0;
    for (std::size_t at = 0; at < whole->operations; ++at) {
      CAPTURE(at);
      CAPTURE(cancelling);
      auto plan = std::make_shared<fault_plan>();
      plan->remaining = at;
      outcome seen;
      loop test;
      test.run(under_plan(test.on, with, plan, cancelling, seen));
      if (seen.client || seen.server) ++noticed;
      CHECK((seen.client || seen.client_heard == "0123456789"));
      CHECK((seen.server || seen.server_heard == "0123456789"));
    }
    // The last few operations are those of closing.
    CHECK(noticed + 10 >= whole->operations);
  }
  CHECK(open_descriptors() == before);
}

TEST_CASE("close_notify is a good end") {
  run_over_every_kind(good_end);
}

TEST_CASE("an end without close_notify is a truncation") {
  run(truncated_end);
}

TEST_CASE("a connection closed in mid-record is a truncation") {
  run(cut_in_a_record);
}

TEST_CASE("what is not TLS is refused with words") {
  run_over_every_kind(garbage);
}

TEST_CASE("one connection's TLS failure is not another's") {
  run(neighbours);
}

TEST_CASE("a handshake that never comes is ended by a deadline") {
  run(never_finished);
}
