// A client that has signed in and then sends what is no compressed packet, or one that lies: it
// hears why it is sent away, nobody else notices, and no lie costs memory.
#include <doctest/doctest.h>

#include "backends/mysql/compression.hpp"
#include "backends/mysql/server_login.hpp"
#include "tests/servers/compression/scene.hpp"
#include "tests/servers/waiting.hpp"
#include "tests/servers/wire_socket.hpp"

using namespace skein::servers;
using namespace skein::servers::compression;
using namespace std::chrono_literals;
using skein::mysql::squeezer;

namespace {

std::string packet(std::uint8_t number, std::string_view body) {
  std::string out;
  skein::mysql::message_writer(out).begin(number).raw(body).end();
  return out;
}
std::string query(std::string_view text) {
  return packet(0, "\x03" + std::string(text));
}
std::string number(std::size_t value) {
  std::string out;
  for (unsigned at = 0; at < 3; ++at) out.push_back(static_cast<char>(value >> 8 * at));
  return out;
}
std::string framed(std::uint8_t number_of_it, std::size_t claimed, std::string_view inside) {
  return number(inside.size()) + static_cast<char>(number_of_it) + number(claimed) +
         std::string(inside);
}

// Signs in by Skein's own login, and then says what it likes.
struct raw_client {
  raw_client(const scene& on, squeezer kind) : by(kind), socket(on.skein->port()) {
    skein::server_login_settings how;
    how.tls = skein::tls_mode::disable;
    how.who = {.user = app.user, .password = app.password};
    how.request = {app.user, "app", {}};
    how.compresses = by == squeezer::zlib ? skein::compression::zlib : skein::compression::zstd;
    skein::mysql::server_login login(how);
    std::string heard;
    for (auto want = skein::login_want::input; want != skein::login_want::admitted;) {
      REQUIRE(want == skein::login_want::input);
      heard += socket.receive(4);
      heard += socket.receive(skein::mysql::body_size(
          reinterpret_cast<const std::byte*>(heard.data() + heard.size() - 4)));
      auto input = skein::mysql::as_bytes(heard);
      want = login.advance(input);
      heard.erase(0, heard.size() - input.size());
      if (const auto said = login.take_output(); !said.empty()) socket.send(said);
    }
    wire = login.take_coder();
    REQUIRE(wire);
  }
  std::string coded(std::string_view plain) {
    std::string out;
    while (!plain.empty()) plain.remove_prefix(wire->encode(skein::mysql::as_bytes(plain), out));
    return out;
  }
  // All that it hears to the end, behind a compressed packet of that number.
  std::string last_words(std::uint8_t said) {
    std::string told = socket.receive_all(10s);
    if (told.size() < 8) return told;
    CHECK(static_cast<std::uint8_t>(told[3]) == static_cast<std::uint8_t>(said + 1));
    auto reader = skein::mysql::compressed_wire(skein::mysql::wire_end::client, by, 3);
    told[3] = '\0';
    std::string plain(100'000, '\0');
    const auto now =
        reader.decode(skein::mysql::as_bytes(told), std::as_writable_bytes(std::span(plain)));
    CHECK(now.fault == skein::coding_fault::none);
    CHECK(now.used == told.size());
    plain.resize(now.made);
    return plain;
  }
  std::string small(std::string_view plain) const {
    std::string out;
    REQUIRE(skein::mysql::squeeze(by, 3, skein::mysql::as_bytes(plain), out));
    return out;
  }

  squeezer by;
  wire_socket socket;
  std::unique_ptr<skein::wire_coder> wire;
};

struct lie {
  std::string what;
  std::function<std::string(const raw_client&)> said;
  std::string told;
};

std::vector<lie> lies() {
  const auto text = query("select '" + std::string(500, 'x') + "'");
  return {
      {"a length that is too small",
       [=](const raw_client& by) { return framed(0, 100, by.small(text)); },
       "a packet does not hold as many bytes as it says"},
      {"a length that is too large",
       [=](const raw_client& by) { return framed(0, 0xffffff, by.small(text)); },
       "a packet does not hold as many bytes as it says"},
      {"a number that is not due",
       [=](const raw_client& by) { return framed(3, text.size(), by.small(text)); },
       "packets are out of order"},
      {"garbage", [=](const raw_client&) { return framed(0, 300, std::string(300, '\xff')); },
       "a packet cannot be uncompressed"},
      {"no frame at all", [=](const raw_client&) { return std::string("GET / HTTP/1.1\r\n\r\n"); },
       "packets are out of order"},
      {"a bomb",
       [=](const raw_client& by) {
         return framed(0, 200, by.small(std::string(16'000'000, '\0')));
       },
       "a packet does not hold as many bytes as it says"},
  };
}

}  // namespace

TEST_CASE("who sends what is no compressed packet hears it, and nobody else does") {
  on_each(
      [](scene& on) {
        mysql::client other(on.where(), {.compressed = true});
        for (const auto by : {squeezer::zlib, squeezer::zstd}) {
          for (const lie& each : lies()) {
            CAPTURE(each.what);
            for (const bool in_transaction : {false, true}) {
              raw_client liar(on, by);
              if (in_transaction) {
                liar.socket.send(liar.coded(query("begin")));
                CHECK(liar.socket.receive(7 + 11).size() == 18);
              }
              const auto said = each.said(liar);
              liar.socket.send(said);
              const auto heard = liar.last_words(static_cast<std::uint8_t>(said[3]));
              CHECK(heard.contains("#08S01malformed compressed data: " + each.told));
              CHECK(other.value("select count(*) from goods") == "3");
            }
          }
        }
        CHECK(on.skein->log().contains("malformed compressed data"));
        CHECK(on.skein->metric("skein_errors_total", "kind=\"protocol\"").value_or(0) >= 24);
      },
      {.users = {app}});
}

TEST_CASE("half a packet, and then nothing") {
  on_each(
      [](scene& on) {
        raw_client client(on, squeezer::zstd);
        const auto text = client.coded(query("select '" + std::string(500, 'x') + "'"));
        client.socket.send(text.substr(0, text.size() / 2));
        client.socket.finish();
        CHECK(client.last_words(0).empty());
        mysql::client other(on.where(), {});
        CHECK(other.value("select 1") == "1");
      },
      {.users = {app}});
}

TEST_CASE("what grows large in the middle of a packet costs no more than its window") {
  if (is_sanitized) return;
  struct crowd {
    squeezer by;
    std::size_t clients;
    std::size_t each_bytes_max;  // zstd looks back as far as the packet is long
  };
  for (const crowd& now : {crowd{squeezer::zlib, 40, 1UZ << 20}, {squeezer::zstd, 4, 18UZ << 20}}) {
    for (const engine which : {engine::mariadb, engine::mysql}) {
      if (!is_wanted(which)) continue;
      CAPTURE(to_string(which));
      scene on(which, {.users = {app}}, 0);
      std::vector<raw_client> clients;
      for (std::size_t n = 0; n < now.clients; ++n) clients.emplace_back(on, now.by);
      on.skein->reset_rss_peak();
      const auto before = on.skein->rss_bytes();
      // Each stops short of its end, in the middle of a compressed packet.
      const std::string text = query("select '" + std::string(16'000'000, '\0') + "'");
      for (auto& each : clients) {
        auto said = framed(0, text.size(), each.small(text));
        said.resize(said.size() - 5);
        each.socket.send(said);
      }
      mysql::client other(on.where(), {.compressed = true});
      for (int n = 0; n < 50; ++n) CHECK(other.value("select 1") == "1");
      const auto peak = on.skein->rss_peak_bytes();
      MESSAGE("KB before: " << before / 1024 << ", at most: " << peak / 1024);
      CHECK(peak < before + now.clients * now.each_bytes_max);
    }
  }
}

TEST_CASE("who asks ahead is answered in order") {
  on_each(
      [](scene& on) {
        raw_client client(on, squeezer::zlib);
        std::string all;
        for (int n = 0; n < 20; ++n)
          all += client.coded(
              query("select repeat('" + std::string(1, static_cast<char>('a' + n)) + "', 1000)"));
        client.socket.send(all);
        // Each answer's compressed packets begin with the number behind its command's.
        for (int n = 0; n < 20; ++n) {
          std::string plain;
          for (unsigned due = 1; !plain.contains(std::string(1000, static_cast<char>('a' + n))) ||
                                 !plain.ends_with(std::string_view("\2\0\0\0", 4));
               ++due) {
            const auto head = client.socket.receive(7);
            REQUIRE(head.size() == 7);
            CHECK(static_cast<unsigned char>(head[3]) == due);
            const auto* const bytes = reinterpret_cast<const std::byte*>(head.data());
            auto inside = client.socket.receive(skein::mysql::body_size(bytes));
            const auto large = skein::mysql::load_u24(bytes + 4);
            if (large > 0) {
              auto one = skein::mysql::borrow_expander(squeezer::zlib);
              std::string made(large, '\0');
              one->expand(skein::mysql::as_bytes(inside), std::as_writable_bytes(std::span(made)));
              inside = made;
            }
            plain += inside;
            REQUIRE(due < 10);
          }
        }
      },
      {.users = {app}});
}
