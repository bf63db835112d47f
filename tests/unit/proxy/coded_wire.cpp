// Streams whose ends have agreed on compression: what one says the other hears, however little the
// connection takes at a time, over TLS, across cores, and broken at every step.
#include "proxy/coded_wire.hpp"

#include "backends/mysql/compression.hpp"
#include "tests/unit/net/certificates.hpp"
#include "tests/unit/net/loop.hpp"

using namespace skein;
using namespace skein::net;
using namespace skein::proxy;
using namespace std::chrono_literals;
using mysql::wire_end;

namespace {

std::string packet(std::uint8_t number, std::string_view body) {
  std::string out;
  mysql::message_writer(out).begin(number).raw(body).end();
  return out;
}
std::string query(std::string_view text) {
  return packet(0, "\x03" + std::string(text));
}

std::unique_ptr<wire_coder> coder(wire_end end, mysql::squeezer by = mysql::squeezer::zlib) {
  return std::make_unique<mysql::compressed_wire>(end, by, 3);
}

// Of a result, with noise in it, so that it stays large.
std::string answer(std::size_t size) {
  std::string all = packet(1, "\x01");
  for (std::uint8_t number = 2; all.size() < size; ++number) {
    all += packet(number, std::string(3000, 'x') + random_bytes(3000, number));
  }
  return all;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

awaitable<> converse(core& on, transport_kind kind, std::size_t capacity, mysql::squeezer by) {
  auto [here, there] = co_await connect_pair(on, kind, capacity);
  code(here, coder(wire_end::client, by));
  code(there, coder(wire_end::server, by));
  const std::string text = query(std::string(200'000, 'q') + random_bytes(50'000, 3));
  const std::string result = answer(1'000'000);
  for (int round = 0; round < 3; ++round) {
    task_group group(on.where());
    error_code failed;
    std::string heard;
    group.spawn(send_pieces(here, text, failed));
    error_code failure;
    co_await receive(there, heard, text.size(), failure);
    co_await group.join();
    CHECK_FALSE(failed);
    CHECK_FALSE(failure);
    CHECK((heard == text));
    heard.clear();
    group.spawn(send_pieces(there, result, failed));
    co_await receive(here, heard, result.size(), failure);
    co_await group.join();
    CHECK_FALSE(failed);
    CHECK_FALSE(failure);
    CHECK((heard == result));
    CHECK(here.quiet());
  }
}

// The login's end goes as it is, what has been read behind it is not lost, and what is decoded
// wakes who waits for it though the connection is silent.
awaitable<> begin_in_the_middle(core& on) {
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  std::string early;
  coder(wire_end::client)->encode(bytes_of(query(std::string(1000, 'q'))), early);
  const std::string welcome = packet(2, "welcome");
  code(there, coder(wire_end::server), welcome.size(), early);
  CHECK_FALSE(co_await there.write_all(welcome));
  std::array<std::byte, 100> buffer;
  const auto [failed, size] = co_await here.read_some(buffer);
  CHECK(size == welcome.size());
  CHECK(std::memcmp(buffer.data(), welcome.data(), size) == 0);
  std::string heard;
  while (heard.size() < 1005) {
    CHECK_FALSE(there.drained());
    const auto [stopped] = co_await there.wait(direction::read);
    REQUIRE_FALSE(stopped);
    const attempt got = there.read_now(buffer);
    REQUIRE(got.bytes > 0);
    heard.append(reinterpret_cast<const char*>(buffer.data()), got.bytes);
  }
  CHECK(heard == query(std::string(1000, 'q')));
  CHECK(there.read_now(buffer).blocked);
  CHECK(there.quiet());
  // Half a packet is nothing to read, but no rest either.
  CHECK_FALSE(co_await here.write_all(std::string_view("\x30\0\0", 3)));
  co_await pause(on, 5ms);
  CHECK_FALSE(there.quiet());
}

// What grows large is taken in turns, as whatever comes in masses is.
awaitable<> bomb(core& on) {
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  code(there, coder(wire_end::server));
  std::string sent;
  const auto by = coder(wire_end::client);
  const std::string text = query(std::string(8'000'000, '\0'));
  for (std::string_view rest = text; !rest.empty();)
    rest.remove_prefix(by->encode(bytes_of(rest), sent));
  CHECK(sent.size() < 60'000);
  CHECK_FALSE(co_await here.write_all(sent));
  std::vector<std::byte> buffer(64UZ * 1024);
  std::size_t heard = 0;
  std::size_t in_turn = 0;
  while (heard < text.size()) {
    const attempt got = there.read_now(buffer);
    REQUIRE_FALSE(got.failure);
    heard += got.bytes;
    in_turn += got.bytes;
    CHECK(in_turn <= 2 * buffer.size());
    if (!got.blocked) continue;
    in_turn = 0;
    co_await there.wait(direction::read);
  }
  CHECK(heard == text.size());
}

awaitable<> hear_nonsense(core& on) {
  for (const std::string& said :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(100, '\xff')}) {
    auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
    code(there, coder(wire_end::server));
    std::string good;
    coder(wire_end::client)->encode(bytes_of(query("select 1")), good);
    CHECK_FALSE(co_await here.write_all(good + said));
    std::string heard;
    error_code failure;
    co_await receive(there, heard, 1000, failure);
    CHECK(heard == query("select 1"));
    CHECK(is_coding_fault(failure));
    CHECK(failure.message().starts_with("malformed compressed data: "));
    CHECK_FALSE(there.quiet());
    CHECK_FALSE(std::get<0>(co_await there.wait(direction::read)));  // not for what never comes
    // And so it stays; our own words still go out.
    std::array<std::byte, 10> buffer;
    CHECK(is_coding_fault(there.read_now(buffer).failure));
    CHECK_FALSE(co_await there.write_all(packet(1, "no")));
    CHECK((co_await here.read_some(buffer)).second > 0);
  }
}

awaitable<> say(stream& to, const std::string& what, error_code& failure) {
  co_await send_pieces(to, what, failure);
  if (failure) to.close();
}

awaitable<> say_and_hear(core& on, std::shared_ptr<fault_plan> plan, bool& whole) {
  auto [near, far] = memory_end::connect(on.where(), 300);
  near.obey(std::move(plan));
  stream here(std::move(near));
  stream there(std::move(far));
  code(here, coder(wire_end::client));
  code(there, coder(wire_end::server));
  const std::string text = query(random_bytes(2000, 1));
  const std::string result = packet(1, random_bytes(2000, 2));
  task_group group(on.where());
  error_code sent;
  error_code failure;
  std::string heard;
  group.spawn(say(here, text, sent));
  co_await receive(there, heard, text.size(), failure);
  co_await group.join();
  CHECK(text.starts_with(heard));
  whole = !sent && !failure;
  if (!whole) co_return;
  heard.clear();
  group.spawn(say(there, result, sent));
  co_await receive(here, heard, result.size(), failure);
  if (failure) here.close();
  co_await group.join();
  CHECK(result.starts_with(heard));
  whole = heard == result;
}

awaitable<> break_each(core& on) {
  auto count = std::make_shared<fault_plan>();
  bool whole = false;
  co_await say_and_hear(on, count, whole);
  CHECK(whole);
  CHECK(count->operations > 20);
  for (std::size_t at = 0; at < count->operations; ++at) {
    auto plan = std::make_shared<fault_plan>();
    plan->remaining = at;
    co_await say_and_hear(on, plan, whole);
    CHECK_FALSE(whole);
  }
}

awaitable<> encrypt(stream& one, tls_role role, const certificate_folder& made) {
  const tls_files files = role == tls_role::client
                              ? tls_files{}
                              : tls_files{.certificate = made.server_file, .key = made.server_key};
  const auto context = tls_context::load(role, files);
  REQUIRE(context.has_value());
  CHECK_FALSE(co_await one.handshake(*context, role));
}

// Released and adopted, as between two cores, between packets and in the middle of one.
awaitable<> travel(core& on, bool encrypted) {
  certificate_folder made;
  auto [here, there] = co_await connect_pair(on, transport_kind::tcp);
  if (encrypted) {
    task_group group(on.where());
    group.spawn(encrypt(there, tls_role::server, made));
    co_await encrypt(here, tls_role::client, made);
    co_await group.join();
  }
  code(here, coder(wire_end::client));
  code(there, coder(wire_end::server));
  const std::string text = query(std::string(100'000, 'q'));
  std::string heard;
  error_code failure;
  for (const std::size_t part : {0UZ, 50'000UZ, text.size()}) {
    heard.clear();
    CHECK_FALSE(co_await here.write_all(text));
    co_await receive(there, heard, part, failure);
    auto luggage = there.release();
    REQUIRE(luggage.has_value());
    auto adopted = stream::adopt(on.where(), std::move(*luggage));
    REQUIRE(adopted.has_value());
    there = std::move(*adopted);
    co_await receive(there, heard, text.size(), failure);
    CHECK((heard == text));
    CHECK_FALSE(co_await there.write_all(packet(1, "ok")));
    heard.clear();
    co_await receive(here, heard, 6, failure);
    CHECK(heard == packet(1, "ok"));
  }
}

}  // namespace

TEST_CASE("what one end says the other hears, however little is taken at a time") {
  for (const auto by : {mysql::squeezer::zlib, mysql::squeezer::zstd}) {
    for (const transport_kind kind : every_kind) {
      loop one;
      one.run(converse(one.on, kind, 16384, by));
    }
    loop narrow;
    narrow.run(converse(narrow.on, transport_kind::memory, 1000, by));
  }
}

TEST_CASE("the code begins behind the login") {
  loop one;
  one.run(begin_in_the_middle(one.on));
}

TEST_CASE("what grows large does not keep others from their turn") {
  loop one;
  one.run(bomb(one.on));
}

TEST_CASE("what is of no code is told apart from a connection that broke") {
  loop one;
  one.run(hear_nonsense(one.on));
}

TEST_CASE("a coded connection broken at every step") {
  loop one;
  one.run(break_each(one.on));
}

TEST_CASE("a coded connection changes its core, over TLS too") {
  for (const bool encrypted : {false, true}) {
    loop one;
    one.run(travel(one.on, encrypted));
  }
}
