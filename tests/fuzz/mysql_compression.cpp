// A peer that sends anything at all as compressed packets, well made or damaged, in whatever pieces
// and for whatever room: nothing is used or made beyond what there is, a fault ends it, and what
// another such end has written is read as it was, packets' numbers aside.
#include "backends/mysql/compression.hpp"

#include <array>
#include <vector>

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::mysql;

namespace {

struct heard {
  std::string plain = {};
  coding_fault fault = coding_fault::none;
};

heard decode(wire_coder& by, byte_view sent, std::size_t piece, std::size_t room) {
  constexpr std::size_t plain_max = 1UZ << 20;
  heard found;
  std::vector<std::byte> place(room);
  std::string held;
  while (found.plain.size() < plain_max && (!sent.empty() || !held.empty() || by.has_more())) {
    const auto next = sent.first(std::min(piece, sent.size()));
    held += as_text(next);
    sent = sent.subspan(next.size());
    for (bool moved = true; moved && found.plain.size() < plain_max;) {
      const auto now = by.decode(as_bytes(held), place);
      fuzz::must(now.used <= held.size(), "no more is used than there is");
      fuzz::must(now.made <= room, "no more is made than there is room for");
      held.erase(0, now.used);
      found.plain += as_text(byte_view(place).first(now.made));
      found.fault = now.fault;
      if (now.fault != coding_fault::none) return found;
      moved = now.made > 0 || now.used > 0;
    }
    fuzz::must(held.empty() || found.plain.size() >= plain_max, "what can be used is");
  }
  return found;
}

std::string encode(wire_coder& by, byte_view plain, std::size_t piece) {
  std::string out;
  while (!plain.empty()) {
    const auto part = plain.first(std::min(piece, plain.size()));
    const std::size_t used = by.encode(part, out);
    fuzz::must(used > 0 && used <= part.size(), "something is used, and no more than there is");
    plain = plain.subspan(used);
  }
  return out;
}

// The first of a conversation, with any headers inside: of what the peer was sent it reads the same
// bytes but for the fourth of each header.
void both_ways(wire_end from, squeezer by, byte_view plain, std::size_t piece, std::size_t room) {
  const wire_end to = from == wire_end::client ? wire_end::server : wire_end::client;
  compressed_wire near(from, by, 1);
  compressed_wire far(to, by, 1);
  if (from == wire_end::server) {
    const std::string asks = std::string("\x05\0\0\0", 4) + "\x03text";
    const auto sent = encode(far, as_bytes(asks), 9);
    decode(near, as_bytes(sent), 64, 64);
  }
  const auto sent = encode(near, plain, piece);
  const auto told = decode(far, as_bytes(sent), piece, room);
  fuzz::must(told.fault == coding_fault::none, "what we write we can read");
  fuzz::must(told.plain.size() <= plain.size() && told.plain.size() + 3 >= plain.size(),
             "all of it comes, but for a header that is not whole");
  std::size_t other = 0;
  for (std::size_t at = 0; at < told.plain.size(); ++at)
    other += told.plain[at] != as_text(plain)[at] ? 1 : 0;
  fuzz::must(other * 4 <= plain.size(), "and as it was, but for numbers");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto choices = in.choose();
  const auto end = (choices & 1) != 0 ? wire_end::client : wire_end::server;
  const auto by = (choices & 2) != 0 ? squeezer::zlib : squeezer::zstd;
  const std::size_t piece = 1 + in.choose();
  const std::size_t room = 1 + 4UZ * in.choose();
  if ((choices & 4) != 0) {
    both_ways(end, by, in.rest(), piece, room);
    return 0;
  }
  compressed_wire one(end, by, 1);
  const auto sent = in.rest();
  const auto first = decode(one, sent, piece, room);
  compressed_wire same(end, by, 1);
  const auto again = decode(same, sent, 1UZ << 20, 4096);
  const auto shorter = std::min(first.plain.size(), again.plain.size());
  fuzz::must(first.plain.compare(0, shorter, again.plain, 0, shorter) == 0,
             "pieces and room change nothing of what is made");
  return 0;
}
