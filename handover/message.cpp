// A frame is the length of what follows (four bytes, as all numbers the highest first), one byte of
// kind, the fields. `hello` begins with a mark of its own, so that a stranger is known at once.
#include "handover/message.hpp"

#include <algorithm>

namespace skein::handover {

namespace {

constexpr std::uint32_t mark = 0x736b'6e31;
constexpr std::size_t text_bytes_max = 4096;
constexpr std::size_t length_bytes = 4;

class writer {
 public:
  void number8(std::uint8_t value) { out.push_back(static_cast<char>(value)); }
  void number16(std::uint16_t value) {
    number8(static_cast<std::uint8_t>(value >> 8));
    number8(static_cast<std::uint8_t>(value));
  }
  void number32(std::uint32_t value) {
    number16(static_cast<std::uint16_t>(value >> 16));
    number16(static_cast<std::uint16_t>(value));
  }
  void text(std::string_view value) {
    value = value.substr(0, text_bytes_max);
    number16(static_cast<std::uint16_t>(value.size()));
    out.append(value);
  }

  void put(const hello& what) {
    number32(mark);
    number16(what.oldest);
    number16(what.newest);
  }
  void put(const offer& what) {
    number16(what.version);
    number8(what.generation);
    number8(what.ready ? 1 : 0);
    number16(what.doors);
  }
  void put(const door& what) {
    number8(static_cast<std::uint8_t>(what.use));
    text(what.bind);
  }
  void put(const serving& what) {
    const std::size_t count = std::min(what.kept.size(), doors_max);
    number16(static_cast<std::uint16_t>(count));
    for (std::size_t at = 0; at < count; ++at) number16(what.kept[at]);
  }
  void put(const yours& /*what*/) {}
  void put(const refused& what) { text(what.why); }
  void put(const cancel& what) {
    number32(what.number);
    number32(what.id);
    text(what.secret);
  }
  void put(const cancelled& what) { number32(what.number); }
  void put(const left& what) { number32(what.clients); }
  void put(const order& what) {
    number32(what.number);
    number32(what.id);
    number8(what.for_good ? 1 : 0);
    text(what.cluster);
    text(what.user);
  }
  void put(const obeyed& what) {
    number32(what.number);
    number8(static_cast<std::uint8_t>(what.how));
  }

  std::string out = {};
};

// Reads on past the end as zeros, and remembers it.
class reader {
 public:
  explicit reader(std::string_view from) : rest_(from) {}
  std::uint8_t number8() {
    if (rest_.empty()) return broken_ = true, 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint16_t number16() {
    const std::uint16_t high = number8();
    return static_cast<std::uint16_t>(high << 8 | number8());
  }
  std::uint32_t number32() {
    const std::uint32_t high = number16();
    return high << 16 | number16();
  }
  std::string text() {
    const std::size_t size = number16();
    if (size > rest_.size()) return broken_ = true, std::string();
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  void refuse_unless(bool fine) { broken_ = broken_ || !fine; }
  bool sound() const { return !broken_ && rest_.empty(); }
  bool broken() const { return broken_; }

  void get(hello& what) {
    refuse_unless(number32() == mark);
    what = {number16(), number16()};
  }
  void get(offer& what) {
    what.version = number16();
    what.generation = number8();
    what.ready = number8() != 0;
    what.doors = number16();
    refuse_unless(what.doors <= doors_max);
  }
  void get(door& what) {
    const std::uint8_t use = number8();
    refuse_unless(use <= static_cast<std::uint8_t>(door_use::takeover));
    what = {static_cast<door_use>(use), text()};
  }
  void get(serving& what) {
    const std::size_t count = number16();
    refuse_unless(count <= doors_max);
    for (std::size_t at = 0; at < count && !broken_; ++at) what.kept.push_back(number16());
  }
  void get(yours& /*what*/) {}
  void get(refused& what) { what.why = text(); }
  void get(cancel& what) {
    what.number = number32();
    what.id = number32();
    what.secret = text();
  }
  void get(cancelled& what) { what.number = number32(); }
  void get(left& what) { what.clients = number32(); }
  void get(order& what) {
    what.number = number32();
    what.id = number32();
    what.for_good = number8() != 0;
    what.cluster = text();
    what.user = text();
  }
  void get(obeyed& what) {
    what.number = number32();
    const std::uint8_t how = number8();
    refuse_unless(how <= static_cast<std::uint8_t>(order_outcome::failed));
    what.how = static_cast<order_outcome>(how);
  }

 private:
  std::string_view rest_;
  bool broken_ = false;
};

// The kind is the place in the variant.
template <std::size_t Kind = 0>
bool read_kind(std::size_t kind, reader& from, message& into) {
  if constexpr (Kind < std::variant_size_v<message>) {
    if (kind != Kind) return read_kind<Kind + 1>(kind, from, into);
    from.get(into.emplace<Kind>());
    return from.sound();
  }
  return false;
}

}  // namespace

std::string encode(const message& what) {
  writer body;
  body.number8(static_cast<std::uint8_t>(what.index()));
  std::visit([&](const auto& one) { body.put(one); }, what);
  writer frame;
  frame.number32(static_cast<std::uint32_t>(body.out.size()));
  return frame.out + body.out;
}

std::expected<std::optional<message>, std::string> decode(std::string_view& input) {
  if (input.size() < length_bytes) return std::nullopt;
  const std::size_t size = reader(input.substr(0, length_bytes)).number32();
  if (size == 0 || size > frame_bytes_max) {
    return std::unexpected("what came is no message of a takeover");
  }
  if (input.size() < length_bytes + size) return std::nullopt;
  reader from(input.substr(length_bytes, size));
  const std::size_t kind = from.number8();
  message found;
  if (!read_kind(kind, from, found)) {
    return std::unexpected("a message of kind " + std::to_string(kind) + " is not understood");
  }
  input.remove_prefix(length_bytes + size);
  return found;
}

std::optional<std::uint16_t> common_version(const hello& asked) {
  const std::uint16_t version = std::min(asked.newest, version_newest);
  if (version < asked.oldest || version < version_oldest) return std::nullopt;
  return version;
}

}  // namespace skein::handover
