// A connection that goes from one core to another and back, each on a thread of its own: what came
// before, on the way and behind it is read where it is, and its waits wake the core that has it.
#include <doctest/doctest.h>

#include <future>

#include "tests/unit/net/certificates.hpp"

using namespace skein::net;
using namespace std::chrono_literals;

namespace {

struct journey {
  transport_kind kind;
  bool encrypted;
};

certificate_folder& made() {
  static certificate_folder folder;
  return folder;
}

awaitable<> encrypt(stream& one, tls_role role) {
  const tls_files files = role == tls_role::client ? tls_files{}
                                                   : tls_files{.certificate = made().server_file,
                                                               .key = made().server_key};
  const auto context = tls_context::load(role, files);
  REQUIRE(context.has_value());
  CHECK_FALSE(co_await one.handshake(*context, role));
}

awaitable<> hear(stream& from, const std::string& expected) {
  std::string got;
  error_code failure;
  co_await receive(from, got, expected.size(), failure);
  CHECK_FALSE(failure);
  CHECK(got == expected);
}

// On the other core: reads what was said before it came, answers, waits for more, and leaves.
awaitable<> visit(core& away, stream::luggage from, std::promise<stream::luggage> back) {
  auto adopted = stream::adopt(away.where(), std::move(from));
  REQUIRE(adopted.has_value());
  stream here = std::move(*adopted);
  co_await hear(here, "on the way");
  CHECK_FALSE(co_await here.write_all("arrived"));
  co_await hear(here, "go back");
  CHECK(here.quiet());
  auto luggage = here.release();
  REQUIRE(luggage.has_value());
  CHECK_FALSE(here.open());
  back.set_value(std::move(*luggage));
}

awaitable<> wait_in_vain(stream& on, error_code& ended) {
  std::tie(ended) = co_await on.wait(direction::read);
}

awaitable<> go_and_come(core& home, core& away, task_group& visitors, journey way) {
  auto [here, there] = co_await connect_pair(home, way.kind);
  task_group group(home.where());
  if (way.encrypted) {
    group.spawn(encrypt(there, tls_role::server));
    co_await encrypt(here, tls_role::client);
    co_await group.join();
  }
  CHECK_FALSE(co_await there.write_all("before"));
  co_await hear(here, "before");
  error_code ended;
  group.spawn(wait_in_vain(here, ended));
  co_await pause(home, 1ms);
  CHECK_FALSE(co_await there.write_all("on the way"));
  auto luggage = here.release();
  REQUIRE(luggage.has_value());
  co_await group.join();
  CHECK(ended == asio::error::operation_aborted);
  CHECK_FALSE(here.open());

  std::promise<stream::luggage> told;
  auto back = told.get_future();
  away.post([&away, &visitors, from = std::move(*luggage), told = std::move(told)]() mutable {
    visitors.spawn(visit(away, std::move(from), std::move(told)));
  });
  co_await hear(there, "arrived");
  CHECK_FALSE(co_await there.write_all("go back"));
  while (back.wait_for(0ms) != std::future_status::ready) co_await pause(home, 1ms);

  auto adopted = stream::adopt(home.where(), back.get());
  REQUIRE(adopted.has_value());
  here = std::move(*adopted);
  CHECK(here.local() == (way.kind == transport_kind::unix_socket));
  CHECK((here.tls() != nullptr) == way.encrypted);
  CHECK_FALSE(co_await there.write_all("welcome"));
  co_await hear(here, "welcome");
  there.close();
  std::array<std::byte, 1> nothing;
  CHECK((co_await here.read_some(nothing)).first == asio::error::eof);
}

awaitable<> stay(core& home) {
  auto [here, there] = co_await connect_pair(home, transport_kind::memory);
  CHECK_FALSE(here.release().has_value());
  CHECK(here.open());
  here.close();
  CHECK_FALSE(here.release().has_value());
}

}  // namespace

TEST_CASE("a connection goes to another core and comes back") {
  for (const transport_kind kind : {transport_kind::tcp, transport_kind::unix_socket}) {
    for (const bool encrypted : {false, true}) {
      CAPTURE(name_of(kind));
      CAPTURE(encrypted);
      if (encrypted) made();
      const std::size_t before = open_descriptors();
      {
        core away(1);
        task_group visitors(away.where());
        away.start("away");
        loop home;
        home.run(go_and_come(home.on, away, visitors, {kind, encrypted}));
        away.finish(visitors);
      }
      CHECK(open_descriptors() == before);
    }
  }
}

TEST_CASE("a pipe in memory and what is closed cannot leave") {
  loop home;
  home.run(stay(home.on));
}
