// Tells forms of statements apart for a cache: the tokens of a statement without its literals,
// mixed with a seed that nobody outside knows, so that whoever writes statements cannot make two
// that meet. The dialects feed it, token by token; all of it is meant to be inlined there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace skein {

struct fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const fingerprint&) const = default;
};
struct fingerprint_seed {
  std::uint64_t high = 0x2d358dccaa6c78a5;
  std::uint64_t low = 0x8bb84b93962eacc9;
};

class mixer {
 public:
  explicit mixer(const fingerprint_seed& seed) : high_(seed.high), low_(seed.low), seed_(seed) {}

  // Once a token: a call of its own would cost as much again.
  [[gnu::always_inline]] void take(std::string_view bytes, std::uint64_t kind) {
    take_word(kind << 56 | bytes.size());
    for (; bytes.size() >= word_bytes; bytes.remove_prefix(word_bytes)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), word_bytes);
      take_word(word);
    }
    if (!bytes.empty()) take_word(short_word(bytes));
  }
  fingerprint value() const { return {high_, low_}; }

 private:
  static constexpr std::size_t word_bytes = 8;

  static std::uint64_t fold(std::uint64_t one, std::uint64_t other) {
    const auto product = static_cast<unsigned __int128>(one) * other;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  // Of fewer bytes, which may be taken twice: how many they are has been mixed in.
  static std::uint64_t short_word(std::string_view bytes) {
    if (bytes.size() >= 4) {
      std::uint32_t front = 0;
      std::uint32_t back = 0;
      std::memcpy(&front, bytes.data(), sizeof front);
      std::memcpy(&back, bytes.data() + bytes.size() - sizeof back, sizeof back);
      return std::uint64_t{back} << 32 | front;
    }
    const auto byte = [&](std::size_t at) {
      return std::uint64_t{static_cast<std::uint8_t>(bytes[at])};
    };
    return byte(0) | byte(bytes.size() / 2) << 8 | byte(bytes.size() - 1) << 16;
  }
  void take_word(std::uint64_t word) {
    high_ = fold(high_ ^ word, seed_.low | 1);
    low_ = fold(low_ ^ word, seed_.high | 1) + high_;
  }
  std::uint64_t high_;
  std::uint64_t low_;
  fingerprint_seed seed_;
};

}  // namespace skein
