#include "backends/mysql/replies.hpp"

namespace skein::mysql {

namespace {

constexpr char sqlstate_mark = '#';
constexpr std::size_t sqlstate_bytes = 5;
constexpr std::size_t eof_bytes = 5;
constexpr std::uint8_t gtid_encoding = 0;  // the one there is: as text

std::unexpected<error> cut_short(fault whose, std::string_view which) {
  return failure(error_kind::protocol, whose, std::string(which) + " packet is cut short");
}

void write_change(message_writer& out, const session_change& what) {
  std::string data;
  message_writer inner(data);
  inner.begin(0);
  switch (what.what) {
    case session_track::system_variable:
      inner.counted_text(what.name).counted_text(what.value);
      break;
    case session_track::gtids:
      inner.u8(gtid_encoding).counted_text(what.value);
      break;
    case session_track::schema:
    case session_track::transaction_characteristics:
    case session_track::transaction_state:
      inner.counted_text(what.value);
      break;
    default:
      inner.raw(what.value);
  }
  out.u8(static_cast<std::uint8_t>(what.what));
  out.counted_text(std::string_view(data).substr(header_bytes));
}

// One entry; several variables may share it.
bool read_change(std::uint8_t type, std::string_view data, std::vector<session_change>& into) {
  field_reader fields(as_bytes(data));
  const auto what = static_cast<session_track>(type);
  switch (what) {
    case session_track::system_variable:
      while (!fields.empty()) {
        const auto name = fields.counted_text();
        const auto value = fields.counted_text();
        if (fields.failed()) return false;
        into.push_back({what, std::string(name), std::string(value)});
      }
      return true;
    case session_track::gtids:
      fields.u8();
      [[fallthrough]];
    case session_track::schema:
    case session_track::transaction_characteristics:
    case session_track::transaction_state:
      into.push_back({what, {}, std::string(fields.counted_text())});
      return !fields.failed();
    default:
      into.push_back({what, {}, std::string(data)});
      return true;
  }
}

bool read_changes(std::string_view all, std::vector<session_change>& into) {
  field_reader fields(as_bytes(all));
  while (!fields.empty()) {
    const auto type = fields.u8();
    const auto data = fields.counted_text();
    if (fields.failed() || !read_change(type, data, into)) return false;
  }
  return true;
}

}  // namespace

std::string written(std::uint8_t number, const ok_packet& what, capability_set agreed,
                    std::uint8_t first) {
  const bool tracks = (agreed & capability::session_track) != 0;
  const bool changed = tracks && !what.changes.empty();
  auto status_word = static_cast<std::uint16_t>(what.status & ~status::session_state_changed);
  if (changed) status_word |= status::session_state_changed;
  std::string out;
  message_writer body(out);
  body.begin(number).u8(first).counted(what.affected_rows).counted(what.last_insert_id);
  body.u16(status_word).u16(what.warnings);
  if (!tracks) {
    body.raw(what.info).end();
    return out;
  }
  if (changed || !what.info.empty()) body.counted_text(what.info);
  if (changed) {
    std::string all;
    message_writer inner(all);
    inner.begin(0);
    for (const auto& each : what.changes) write_change(inner, each);
    body.counted_text(std::string_view(all).substr(header_bytes));
  }
  body.end();
  return out;
}

result<ok_packet> read_ok(byte_view body, capability_set agreed, fault sender) {
  field_reader fields(body);
  ok_packet told;
  fields.u8();
  told.affected_rows = fields.counted();
  told.last_insert_id = fields.counted();
  told.status = fields.u16();
  told.warnings = fields.u16();
  if ((agreed & capability::session_track) == 0) {
    told.info = fields.rest();
  } else if (!fields.empty()) {
    told.info = fields.counted_text();
    const bool changed = (told.status & status::session_state_changed) != 0;
    if (changed && !fields.empty() && !read_changes(fields.counted_text(), told.changes))
      return failure(error_kind::protocol, sender, "what an OK tells of the session is malformed");
  }
  if (fields.failed()) return cut_short(sender, "an OK");
  return told;
}

std::string written(std::uint8_t number, const eof_packet& what) {
  std::string out;
  message_writer(out).begin(number).u8(reply::eof).u16(what.warnings).u16(what.status).end();
  return out;
}

result<eof_packet> read_eof(byte_view body, fault sender) {
  field_reader fields(body);
  fields.u8();
  eof_packet told;
  told.warnings = fields.u16();
  told.status = fields.u16();
  if (body.size() != eof_bytes) return cut_short(sender, "an EOF");
  return told;
}

std::string written(std::uint8_t number, const error_packet& what) {
  std::string out;
  message_writer body(out);
  body.begin(number).u8(reply::error).u16(what.code);
  if (what.sqlstate.size() == sqlstate_bytes)
    body.u8(static_cast<std::uint8_t>(sqlstate_mark)).raw(what.sqlstate);
  body.raw(what.text).end();
  return out;
}

result<error_packet> read_error(byte_view body, fault sender) {
  field_reader fields(body);
  fields.u8();
  error_packet told;
  told.code = fields.u16();
  if (fields.failed()) return cut_short(sender, "an ERR");
  auto text = fields.rest();
  if (text.starts_with(sqlstate_mark) && text.size() > sqlstate_bytes) {
    told.sqlstate = text.substr(1, sqlstate_bytes);
    text.remove_prefix(1 + sqlstate_bytes);
  }
  told.text = text;
  return told;
}

}  // namespace skein::mysql
