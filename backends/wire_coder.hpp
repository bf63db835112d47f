// How the bytes of a connection are coded from the end of its login on, where its two ends have
// agreed on that: compression. Pure, bytes in and bytes out, each way for itself; a login hands one
// out, and proxy/coded_wire puts it between a stream and who uses that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace skein {

// Whether, and by what, the bytes between us and a server are made small.
enum class compression : std::uint8_t { none, zlib, zstd };
constexpr std::string_view to_string(compression by) {
  if (by == compression::none) return "none";
  return by == compression::zlib ? "zlib" : "zstd";
}

enum class coding_fault : std::uint8_t {
  none,
  out_of_order,  // a piece is missing, or one has come twice
  wrong_length,  // a piece holds less than it says, or more
  corrupt,       // what came is not of this code
};

class wire_coder {
 public:
  virtual ~wire_coder() = default;

  struct step {
    std::size_t used = 0;                     // of the input, from its front
    std::size_t made = 0;                     // of the output
    coding_fault fault = coding_fault::none;  // then it is of no more use
  };
  // What has come, as far as the output has room: whatever is left of the input comes again.
  virtual step decode(std::span<const std::byte> input, std::span<std::byte> output) = 0;
  // The output was too small for what was in the input that it has used.
  virtual bool has_more() const = 0;
  // Nothing has begun to come whose end is missing.
  virtual bool at_rest() const = 0;
  // Appends what a beginning of `input`, which is not empty, is on the wire; returns how much of it
  // that was. What makes no sense by itself is kept for the next call, and nothing appended.
  virtual std::size_t encode(std::span<const std::byte> input, std::string& out) = 0;
};

}  // namespace skein
