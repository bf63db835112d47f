// The compressed protocol on byte arrays: what stands in its packets, in whatever pieces, and what
// becomes of packets that do not hold what they say.
#include "tests/unit/backends/mysql/squeezed.hpp"

using namespace skein;
using namespace skein::mysql;
using wire::prose;
using wire::squeezer;

namespace {

constexpr auto both = {squeezer::zlib, squeezer::zstd};

compressed_wire ours(wire_end end, squeezer by, std::uint8_t level = 3) {
  return {end, by, level};
}

std::string query(std::string_view text) {
  return wire::packet(0, "\x03" + std::string(text));
}

}  // namespace

TEST_CASE("the example of the protocol's description") {
  const std::string sent = wire::text(
      "\x22\x00\x00\x00\x32\x00\x00\x78\x9c\xd3\x63\x60\x60\x60\x2e\x4e\xcd\x49\x4d\x2e\x51\x50\x32"
      "\x30\x34\x32\x36\x31\x35\x33\xb7\xb0\xc4\xcd\x52\x02\x00\x0c\xd1\x0a\x6c");
  auto wire_of_client = ours(wire_end::server, squeezer::zlib);
  const auto told = wire::decode(wire_of_client, sent);
  CHECK(told.fault == coding_fault::none);
  CHECK(told.plain == query("select \"012345678901234567890123456789012345\""));
  CHECK(wire_of_client.at_rest());
}

TEST_CASE("what is short goes as it is, and so does what cannot be made smaller") {
  for (const auto by : both) {
    auto server = ours(wire_end::client, by);
    CHECK(wire::encoded(server, query("select 1")) == wire::plain_packet(0, query("select 1")));
    const auto longest = query(std::string(44, 'x'));
    REQUIRE(longest.size() == 49);
    CHECK(wire::encoded(server, longest) == wire::plain_packet(0, longest));
    const auto found = wire::read_compressed(by, wire::encoded(server, query(prose(45))));
    REQUIRE(found.size() == 1);
    const auto noisy = query(wire::noise(10'000));
    CHECK(wire::encoded(server, noisy) == wire::plain_packet(0, noisy));
    const auto wordy = wire::encoded(server, query(prose(10'000)));
    CHECK(wordy.size() < 5'000);
    CHECK(wire::read_compressed(by, wordy) ==
          std::vector<wire::compressed>{{0, true, query(prose(10'000))}});
  }
}

TEST_CASE("all levels of zstd that a client may ask for") {
  std::size_t size_of_first = 0;
  for (unsigned level = 1; level <= 22; ++level) {
    auto client = ours(wire_end::server, squeezer::zstd, static_cast<std::uint8_t>(level));
    const auto written = wire::encoded(client, wire::packet(1, prose(60'000)));
    const auto found = wire::read_compressed(squeezer::zstd, written);
    REQUIRE(found.size() == 1);
    CHECK(found[0].small);
    if (level == 1) size_of_first = written.size();
    CHECK(written.size() <= size_of_first);
  }
}

TEST_CASE("what comes is the same in whatever pieces it comes, and for whatever room there is") {
  for (const auto by : both) {
    CAPTURE(static_cast<int>(by));
    const std::string wanted = query(prose(300));
    const std::string file = wire::packet(1, prose(100)) + wire::packet(2, "");
    const std::string sent = wire::small_packet(by, 0, wanted.substr(0, 100)) +
                             wire::plain_packet(1, wanted.substr(100, 3)) +
                             wire::plain_packet(2, "") +  // nothing, which is no end
                             wire::small_packet(by, 3, wanted.substr(103)) +
                             wire::small_packet(by, 4, file);
    for (std::size_t piece = 1; piece <= sent.size(); ++piece) {
      for (const std::size_t room : {1UZ, 2UZ, 50UZ, 1000UZ}) {
        auto client = ours(wire_end::server, by);
        const auto told = wire::decode(client, sent, piece, room);
        CHECK(told.fault == coding_fault::none);
        CHECK(told.plain == wanted + file);
        CHECK(client.at_rest());
      }
    }
  }
}

TEST_CASE("what is written is the same in whatever pieces it is given") {
  for (const auto by : both) {
    const std::string answer =
        wire::packet(1, "\x01") + wire::packet(2, prose(60)) + wire::packet(3, prose(200));
    for (std::size_t piece = 1; piece <= answer.size(); ++piece) {
      auto client = ours(wire_end::server, by);
      wire::decode(client, wire::plain_packet(0, query("select 1")));
      std::string written;
      for (std::size_t at = 0; at < answer.size(); at += piece)
        written += wire::encoded(client, std::string_view(answer).substr(at, piece));
      std::string whole;
      unsigned number = 1;
      for (const auto& each : wire::read_compressed(by, written)) {
        CHECK(each.number == (number++ & 0xff));
        whole += each.plain;
      }
      CHECK(whole == answer);
    }
  }
}

TEST_CASE("a row of more than 16 MB, there and back") {
  for (const auto by : both) {
    const std::string row = prose(17'000'000);
    std::string answer = wire::packet(1, "\x01");
    answer += wire::number(0xffffff, 3) + '\x02' + row.substr(0, 0xffffff);
    answer += wire::packet(3, row.substr(0xffffff));
    auto client = ours(wire_end::server, by, 1);
    wire::decode(client, wire::plain_packet(0, query("select 1")));
    const auto written = wire::encoded(client, answer);
    auto server = ours(wire_end::client, by);
    wire::encoded(server, query("select 1"));
    const auto told = wire::decode(server, written, 4096, 8192);
    CHECK(told.fault == coding_fault::none);
    CHECK((told.plain == answer));
    // Servers put as much as they can into one.
    auto other = ours(wire_end::client, by);
    wire::encoded(other, query("select 1"));
    const auto cut = 0xffffffUZ;
    const auto theirs = wire::small_packet(by, 1, std::string_view(answer).substr(0, cut)) +
                        wire::small_packet(by, 2, std::string_view(answer).substr(cut));
    const auto read = wire::decode(other, theirs, 4096, 8192);
    CHECK(read.fault == coding_fault::none);
    CHECK((read.plain == answer));
  }
}

TEST_CASE("packets that do not hold what they say") {
  for (const auto by : both) {
    CAPTURE(static_cast<int>(by));
    const std::string wanted = query(prose(300));
    const auto inside = wire::squeezed(by, wanted);
    const auto framed = [&](std::string_view body, std::size_t claimed) {
      return wire::number(body.size(), 3) + '\0' + wire::number(claimed, 3) + std::string(body);
    };
    const std::pair<std::string, coding_fault> cases[] = {
        {framed(inside, wanted.size() - 1), coding_fault::wrong_length},
        {framed(inside, 1), coding_fault::wrong_length},
        {framed(inside, wanted.size() + 1), coding_fault::wrong_length},
        {framed(inside, 0xffffff), coding_fault::wrong_length},
        {framed(inside + "x", wanted.size()), coding_fault::wrong_length},
        {framed(inside + inside, wanted.size()), coding_fault::wrong_length},
        {framed(std::string_view(inside).substr(0, inside.size() - 1), wanted.size()),
         coding_fault::wrong_length},
        {framed(std::string_view(inside).substr(0, 20), wanted.size()), coding_fault::wrong_length},
        {framed("", wanted.size()), coding_fault::wrong_length},
        {framed("garbage that nobody has made", wanted.size()), coding_fault::corrupt},
        {framed(std::string(100, '\xff'), wanted.size()), coding_fault::corrupt},
    };
    for (const auto& [sent, fault] : cases) {
      for (const std::size_t piece : {1UZ, 13UZ, 10'000UZ}) {
        CAPTURE(&sent - &cases[0].first);
        auto client = ours(wire_end::server, by);
        // What stands behind it changes nothing.
        const auto told = wire::decode(client, sent + std::string(300, '\0'), piece);
        CHECK(told.fault == fault);
        CHECK(told.plain.size() <= wanted.size());
      }
    }
    // What came before it is passed on, and of itself nothing.
    auto other = ours(wire_end::server, by);
    const auto before = wire::plain_packet(0, query("select 1"));
    const auto some = wire::decode(other, before + framed(inside, wanted.size() - 1));
    CHECK(some.fault == coding_fault::wrong_length);
    CHECK(some.plain == query("select 1"));
    auto damaged = inside;
    damaged[inside.size() / 2] ^= '\x55';
    auto client = ours(wire_end::server, by);
    // zstd has no sum of its own, so that what comes may be wrong, but never too long.
    const auto told = wire::decode(client, framed(damaged, wanted.size()));
    CHECK((told.fault != coding_fault::none || by == squeezer::zstd));
    CHECK(told.plain.size() <= wanted.size());
  }
}

TEST_CASE("half a packet is waited for") {
  for (const auto by : both) {
    const auto sent = wire::small_packet(by, 0, query(prose(300)));
    for (std::size_t size = 1; size < sent.size(); ++size) {
      auto client = ours(wire_end::server, by);
      CHECK(wire::decode(client, std::string_view(sent).substr(0, size)).fault ==
            coding_fault::none);
      CHECK_FALSE(client.at_rest());
      CHECK_FALSE(client.has_more());
    }
  }
}

TEST_CASE("what grows beyond all measure is made as large as there is room, and no more") {
  for (const auto by : both) {
    const std::string zeros(0xffffff, '\0');
    const auto bomb = wire::small_packet(by, 0, zeros);
    CHECK(bomb.size() < 20'000);
    auto client = ours(wire_end::server, by);
    std::string place(1000, '\0');
    const auto now = client.decode(wire::bytes(bomb), std::as_writable_bytes(std::span(place)));
    CHECK(now.made == 1000);
    CHECK(now.fault == coding_fault::none);
    CHECK((now.used < bomb.size() || client.has_more()));
    // It says that it is small.
    auto liar = ours(wire_end::server, by);
    const auto told = wire::decode(liar, wire::small_packet(by, 0, zeros, 100));
    CHECK(told.fault == coding_fault::wrong_length);
    CHECK(told.plain.size() <= 100);
  }
}

TEST_CASE("a window that no packet has is not made") {
  const auto by = squeezer::zstd;
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  std::string out(1000, '\0');
  const std::string wanted = query(prose(300));
  // Not told how much there is, it writes down the window that it has been given.
  ZSTD_inBuffer from = {wanted.data(), wanted.size(), 0};
  ZSTD_outBuffer to = {out.data(), out.size(), 0};
  ZSTD_compressStream2(context, &to, &from, ZSTD_e_flush);
  REQUIRE(ZSTD_compressStream2(context, &to, &from, ZSTD_e_end) == 0);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  const auto sent = wire::number(out.size(), 3) + '\0' + wire::number(wanted.size(), 3) + out;
  auto client = ours(wire_end::server, by);
  CHECK(wire::decode(client, sent).fault == coding_fault::corrupt);
}

TEST_CASE("what was agreed on") {
  const auto coded = [](capability_set flags) {
    const auto by = agreed_coder(wire_end::client, flags, 3);
    return by ? wire::encoded(*by, query(prose(1000))) : std::string("nothing");
  };
  CHECK(coded(capability::local_files) == "nothing");
  CHECK(wire::read_compressed(squeezer::zlib, coded(capability::compress)).size() == 1);
  CHECK(wire::read_compressed(squeezer::zstd, coded(capability::zstd)).size() == 1);
  CHECK(wire::read_compressed(squeezer::zlib, coded(capability::zstd | capability::compress))
            .size() == 1);
}
