#include "backends/mysql/look.hpp"

namespace skein::mysql {

namespace {

constexpr std::uint8_t null_value = 0xfb;

// Of a column's definition; its catalog, schema, table and names stand in front.
std::optional<std::uint8_t> type_in(byte_view definition, bool extended) {
  field_reader fields(definition);
  for (int name = 0; name < 6; ++name) fields.counted_text();
  if (extended) fields.counted_text();
  fields.counted();  // the size of what follows
  fields.u16();
  fields.u32();
  const std::uint8_t type = fields.u8();
  return fields.failed() ? std::nullopt : std::optional(type);
}

class packets {
 public:
  explicit packets(byte_view all) : rest_(all) {}
  // Empty: there is none.
  byte_view next() {
    if (rest_.size() < header_bytes) return {};
    const std::size_t size = header_bytes + body_size(rest_.data());
    if (rest_.size() < size) return {};
    const byte_view body = rest_.first(size).subspan(header_bytes);
    rest_ = rest_.subspan(size);
    return body;
  }

 private:
  byte_view rest_;
};

}  // namespace

std::optional<single_row> read_single_row(byte_view answered, answer_shape shape) {
  packets from(answered);
  field_reader first(from.next());
  const std::uint64_t columns = first.counted();
  if (first.failed() || columns == 0 || columns > answered.size()) return std::nullopt;
  single_row found;
  for (std::uint64_t at = 0; at < columns; ++at) {
    const auto type = type_in(from.next(), shape.extended);
    if (!type) return std::nullopt;
    found.types.push_back(*type);
  }
  if (!shape.deprecates_eof) from.next();
  field_reader row(from.next());
  for (std::uint64_t at = 0; at < columns; ++at) {
    const bool null = row.starts_with(null_value);
    if (null) row.u8();
    found.values.push_back(null ? std::nullopt : std::optional(row.counted_text()));
  }
  if (row.failed() || !row.empty()) return std::nullopt;
  return found;
}

}  // namespace skein::mysql
