// zlib and zstd, as the compressed protocol needs them: a piece of a stream made small at one go by
// what the thread keeps for all, and made large again bit by bit. Only who is in the middle of a
// piece holds a state of its own: idle connections hold none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "backends/login.hpp"

namespace skein::mysql {

enum class squeezer : std::uint8_t { zlib, zstd };

// Appends it, if it is smaller than `plain` then; else false, and nothing is appended.
bool squeeze(squeezer by, int level, byte_view plain, std::string& out);

// One piece being made large. Bounded by what it is given room for, and by the window that a piece
// of the compressed protocol can have, 16 MB.
class expander {
 public:
  virtual ~expander() = default;
  struct step {
    std::size_t used = 0;
    std::size_t made = 0;
    bool ended = false;    // the piece is whole
    bool corrupt = false;  // it is none
  };
  virtual step expand(byte_view input, std::span<std::byte> output) = 0;
};

// Of the thread's store, to which it goes back, from any thread.
struct to_store {
  void operator()(expander* done) const;
};
using borrowed_expander = std::unique_ptr<expander, to_store>;
borrowed_expander borrow_expander(squeezer by);

}  // namespace skein::mysql
