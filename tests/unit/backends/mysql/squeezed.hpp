// Compressed packets as tests write and read them, by the libraries' simplest calls.
#pragma once

#include <doctest/doctest.h>
#include <zlib.h>
#include <zstd.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mysql/compression.hpp"
#include "tests/unit/backends/mysql/bytes.hpp"

namespace wire {

using skein::mysql::squeezer;

inline std::string squeezed(squeezer by, std::string_view plain) {
  const std::size_t most =
      by == squeezer::zlib ? compressBound(plain.size()) : ZSTD_compressBound(plain.size());
  std::string out(most, '\0');
  if (by == squeezer::zlib) {
    uLongf size = most;
    REQUIRE(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                     reinterpret_cast<const Bytef*>(plain.data()), plain.size()) == Z_OK);
    out.resize(size);
  } else {
    const auto size = ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3);
    REQUIRE(ZSTD_isError(size) == 0);
    out.resize(size);
  }
  return out;
}

// `claimed`: another length than it has.
inline std::string small_packet(squeezer by, std::uint8_t number_of_it, std::string_view plain,
                                std::optional<std::size_t> claimed = {}) {
  const auto inside = squeezed(by, plain);
  return number(inside.size(), 3) + static_cast<char>(number_of_it) +
         number(claimed.value_or(plain.size()), 3) + inside;
}
inline std::string plain_packet(std::uint8_t number_of_it, std::string_view plain) {
  return number(plain.size(), 3) + static_cast<char>(number_of_it) + number(0, 3) +
         std::string(plain);
}

struct compressed {
  unsigned number;
  bool small;
  std::string plain;
  bool operator==(const compressed&) const = default;
};

// What an encoder has written.
inline std::vector<compressed> read_compressed(squeezer by, std::string_view all) {
  std::vector<compressed> found;
  const auto value = [&](std::size_t at) {
    std::size_t sum = 0;
    for (std::size_t byte = 0; byte < 3; ++byte)
      sum |= std::size_t{static_cast<unsigned char>(all[at + byte])} << (8 * byte);
    return sum;
  };
  while (!all.empty()) {
    REQUIRE(all.size() >= 7);
    const std::size_t size = value(0);
    const std::size_t large = value(4);
    const unsigned number_of_it = static_cast<unsigned char>(all[3]);
    REQUIRE(all.size() - 7 >= size);
    const auto inside = all.substr(7, size);
    std::string plain(inside);
    if (large > 0) {
      plain.assign(large, '\0');
      uLongf made = large;
      if (by == squeezer::zlib) {
        REQUIRE(uncompress(reinterpret_cast<Bytef*>(plain.data()), &made,
                           reinterpret_cast<const Bytef*>(inside.data()), size) == Z_OK);
      } else {
        made = ZSTD_decompress(plain.data(), large, inside.data(), size);
      }
      REQUIRE(made == large);
    }
    found.push_back({number_of_it, large > 0, plain});
    all.remove_prefix(7 + size);
  }
  return found;
}

inline std::string encoded(skein::wire_coder& by, std::string_view plain) {
  std::string out;
  while (!plain.empty()) plain.remove_prefix(by.encode(bytes(plain), out));
  return out;
}

struct decoded {
  std::string plain = {};
  skein::coding_fault fault = skein::coding_fault::none;
};

// Given so many bytes at once, and room for so many.
inline decoded decode(skein::wire_coder& by, std::string_view all, std::size_t piece = 1 << 20,
                      std::size_t room = 1 << 16) {
  decoded found;
  std::string place(room, '\0');
  std::string held;
  while (!all.empty() || !held.empty() || by.has_more()) {
    held += all.substr(0, piece);
    all.remove_prefix(std::min(piece, all.size()));
    for (bool moved = true; moved;) {
      const auto now = by.decode(bytes(held), std::as_writable_bytes(std::span(place)));
      REQUIRE(now.used <= held.size());
      REQUIRE(now.made <= room);
      held.erase(0, now.used);
      found.plain.append(place, 0, now.made);
      found.fault = now.fault;
      if (now.fault != skein::coding_fault::none) return found;
      moved = now.made > 0 || now.used > 0;
    }
    REQUIRE(held.empty());
  }
  return found;
}

// Text that can be made smaller, but not to nothing.
inline std::string prose(std::size_t size) {
  std::string out;
  std::uint32_t lot = 7;
  while (out.size() < size) {
    lot = lot * 1103515245 + 12345;
    out += "word" + std::to_string(lot >> 20) + ' ';
  }
  out.resize(size);
  return out;
}
inline std::string noise(std::size_t size) {
  std::string out;
  std::uint64_t lot = 7;
  for (; out.size() < size; out.push_back(static_cast<char>(lot >> 56)))
    lot = lot * 6364136223846793005U + 1442695040888963407U;
  return out;
}

}  // namespace wire
