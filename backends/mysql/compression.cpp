#include "backends/mysql/compression.hpp"

#include <algorithm>

namespace skein::mysql {

namespace {

// Less is not worth it, in the eyes of all ends.
constexpr std::size_t squeezed_min = 50;
// Of one packet that we write: what a core reads at one time, so that nothing waits to be sent.
constexpr std::size_t plain_max = 64UZ * 1024;

}  // namespace

bool compressed_wire::at_rest() const {
  return !inside_ && header_size_ == 0 && numbers_.between_packets();
}

compressed_wire::step compressed_wire::decode(byte_view input, std::span<std::byte> output) {
  const std::size_t had = input.size();
  const std::size_t room = output.size();
  std::size_t sound = 0;  // made of packets that were whole
  auto fault = coding_fault::none;
  for (bool moved = true; moved && fault == coding_fault::none;) {
    const std::size_t before = input.size() + output.size();
    const bool was_inside = inside_;
    if (!inside_) sound = room - output.size();
    if (!inside_) fault = take_header(input);
    if (inside_ && expander_) {
      fault = take_squeezed(input, output);
    } else if (inside_) {
      take_plain(input, output);
    }
    moved = input.size() + output.size() != before || inside_ != was_inside;
  }
  if (fault == coding_fault::none) return {had - input.size(), room - output.size(), fault};
  // As far as it is at hand nothing of a damaged packet is passed on: it may be a statement.
  expander_.reset();
  numbers_.give_up();
  return {had - input.size(), sound, fault};
}

coding_fault compressed_wire::take_header(byte_view& input) {
  const std::size_t size = std::min(header_.size() - header_size_, input.size());
  std::copy_n(input.data(), size, header_.data() + header_size_);
  header_size_ += static_cast<std::uint8_t>(size);
  input = input.subspan(size);
  if (header_size_ < header_.size()) return coding_fault::none;
  header_size_ = 0;
  return begin();
}

coding_fault compressed_wire::begin() {
  wire_left_ = body_size(header_.data());
  plain_left_ = load_u24(header_.data() + header_bytes);
  if (!numbers_.take(number_of(header_.data()))) return coding_fault::out_of_order;
  inside_ = wire_left_ > 0;
  if (plain_left_ == 0) return coding_fault::none;
  if (!inside_) return coding_fault::wrong_length;
  expander_ = borrow_expander(by_);
  return coding_fault::none;
}

void compressed_wire::pass(std::span<std::byte>& output, std::size_t size) {
  numbers_.renumber(output.first(size));
  output = output.subspan(size);
}

void compressed_wire::take_plain(byte_view& input, std::span<std::byte>& output) {
  const std::size_t size = std::min({std::size_t{wire_left_}, input.size(), output.size()});
  std::copy_n(input.data(), size, output.data());
  pass(output, size);
  input = input.subspan(size);
  wire_left_ -= static_cast<std::uint32_t>(size);
  inside_ = wire_left_ > 0;
}

// Behind the last byte of its promise comes the end, and nothing that could be made larger.
coding_fault compressed_wire::take_squeezed(byte_view& input, std::span<std::byte>& output) {
  std::array<std::byte, 1> beyond;
  const bool complete = plain_left_ == 0;
  const auto piece = input.first(std::min<std::size_t>(wire_left_, input.size()));
  const auto room = complete ? std::span<std::byte>(beyond)
                             : output.first(std::min<std::size_t>(plain_left_, output.size()));
  const bool waits = piece.empty() && wire_left_ > 0 && !has_more_;
  if (room.empty() || waits) return coding_fault::none;
  const auto now = expander_->expand(piece, room);
  if (now.corrupt) return coding_fault::corrupt;
  if (complete && now.made > 0) return coding_fault::wrong_length;
  has_more_ = !complete && now.made == room.size();
  input = input.subspan(now.used);
  wire_left_ -= static_cast<std::uint32_t>(now.used);
  plain_left_ -= static_cast<std::uint32_t>(now.made);
  pass(output, now.made);
  if (now.ended) {
    expander_.reset();
    inside_ = has_more_ = false;
    return wire_left_ == 0 && plain_left_ == 0 ? coding_fault::none : coding_fault::wrong_length;
  }
  const bool stuck = wire_left_ == 0 && now.used == 0 && now.made == 0;
  return stuck ? coding_fault::wrong_length : coding_fault::none;
}

std::size_t compressed_wire::encode(byte_view input, std::string& out) {
  input = input.first(std::min(input.size(), plain_max));
  const std::size_t before = kept_size_;
  std::string whole;
  byte_view plain = input;
  if (before > 0) {
    whole.append(as_text(byte_view(kept_).first(before))).append(as_text(input));
    plain = as_bytes(whole);
  }
  const std::size_t size = numbers_.fit_together(plain);
  if (size == 0) return keep(input);
  kept_size_ = 0;
  write_packet(plain.first(size), out);
  return size - before;
}

std::size_t compressed_wire::keep(byte_view input) {
  std::copy_n(input.data(), input.size(), kept_.data() + kept_size_);
  kept_size_ += static_cast<std::uint8_t>(input.size());
  return input.size();
}

void compressed_wire::write_packet(byte_view plain, std::string& out) {
  const std::size_t at = out.size();
  out.append(header_.size(), '\0');
  const bool smaller = plain.size() >= squeezed_min && squeeze(by_, level_, plain, out);
  if (!smaller) out.append(as_text(plain));
  const auto put = [&out](std::size_t where, std::size_t size) {
    for (unsigned byte = 0; byte < 3; ++byte)
      out[where + byte] = static_cast<char>(size >> 8 * byte);
  };
  put(at, out.size() - at - header_.size());
  out[at + 3] = static_cast<char>(numbers_.next());
  put(at + 4, smaller ? plain.size() : 0);
}

std::unique_ptr<wire_coder> agreed_coder(wire_end ours, capability_set agreed,
                                         std::uint8_t zstd_level) {
  if ((agreed & capability::compress) != 0)
    return std::make_unique<compressed_wire>(ours, squeezer::zlib, 0);
  if ((agreed & capability::zstd) != 0)
    return std::make_unique<compressed_wire>(ours, squeezer::zstd, zstd_level);
  return nullptr;
}

}  // namespace skein::mysql
