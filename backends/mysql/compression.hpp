// The compressed protocol: whatever either end says after its login stands in packets of its own, a
// header of seven bytes and a piece of the stream, made small or as it was. Cuts across the packets
// within as it likes. Decodes bit by bit: however large a packet claims to be, no more of it is
// held than the caller has room for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "backends/mysql/capabilities.hpp"
#include "backends/mysql/packet_numbers.hpp"
#include "backends/mysql/squeezing.hpp"
#include "backends/wire_coder.hpp"

namespace skein::mysql {

class compressed_wire final : public wire_coder {
 public:
  compressed_wire(wire_end ours, squeezer by, std::uint8_t level)
      : numbers_(ours), by_(by), level_(level) {}

  step decode(byte_view input, std::span<std::byte> output) override;
  bool has_more() const override { return has_more_; }
  bool at_rest() const override;
  std::size_t encode(byte_view input, std::string& out) override;

 private:
  coding_fault take_header(byte_view& input);
  coding_fault begin();
  void take_plain(byte_view& input, std::span<std::byte>& output);
  coding_fault take_squeezed(byte_view& input, std::span<std::byte>& output);
  void pass(std::span<std::byte>& output, std::size_t size);
  std::size_t keep(byte_view input);
  void write_packet(byte_view plain, std::string& out);

  packet_numbers numbers_;
  borrowed_expander expander_ = {};  // in the middle of a packet that was made small
  std::uint32_t wire_left_ = 0;      // of the packet that comes, on the wire ...
  std::uint32_t plain_left_ = 0;     // ... and made large
  std::array<std::byte, 7> header_ = {};
  std::uint8_t header_size_ = 0;
  std::array<std::byte, header_bytes - 1> kept_ = {};  // of a header that is not whole, unsent
  std::uint8_t kept_size_ = 0;
  squeezer by_;
  std::uint8_t level_;     // of zstd
  bool inside_ = false;    // a packet whose header has come
  bool has_more_ = false;  // the expander filled all the room that it was given
};

// What the two ends have agreed on, by their flags; null: nothing. zlib goes first, as servers have
// it.
std::unique_ptr<wire_coder> agreed_coder(wire_end ours, capability_set agreed,
                                         std::uint8_t zstd_level);

}  // namespace skein::mysql
