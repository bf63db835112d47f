#include "backends/mysql/greeting.hpp"

#include <algorithm>

#include "backends/mysql/scramble.hpp"

namespace skein::mysql {

namespace {

constexpr std::size_t nonce_head = 8;       // of the greeting's nonce; the rest stands further back
constexpr std::size_t nonce_tail_min = 13;  // with its terminator, whatever the length says
constexpr std::size_t tls_request_bytes = 32;
constexpr std::size_t attributes_max = 256;

std::unexpected<error> mistake(fault whose, std::string text) {
  return failure(error_kind::protocol, whose, std::move(text));
}

// By a zero; the nonces of one method have a zero anywhere.
bool ends_nonces(auth_plugin by) {
  return by != auth_plugin::ed25519;
}

std::uint32_t lower(capability_set all) {
  return static_cast<std::uint32_t>(all);
}

// MariaDB's half has a place in bytes that MySQL reserves.
std::uint32_t upper(capability_set all) {
  return (all & capability::long_password) != 0 ? 0 : static_cast<std::uint32_t>(all >> 32);
}

capability_set together(std::uint32_t low, std::uint32_t high) {
  const capability_set own = low;
  return (own & capability::long_password) != 0 ? own : own | capability_set{high} << 32;
}

void write_opening(message_writer& out, const handshake_response& what) {
  out.u32(lower(what.capabilities)).u32(what.packet_max).u8(what.collation);
  out.raw(std::string(19, '\0')).u32(upper(what.capabilities));
}

void write_attributes(message_writer& out, const handshake_response& what) {
  std::string all;
  message_writer each(all);
  each.begin(0);
  for (const auto& [name, value] : what.attributes) each.counted_text(name).counted_text(value);
  out.counted_text(std::string_view(all).substr(header_bytes));
}

result<void> read_attributes(std::string_view all, handshake_response& into) {
  field_reader fields(as_bytes(all));
  while (!fields.empty()) {
    const auto name = fields.counted_text();
    const auto value = fields.counted_text();
    if (fields.failed() || into.attributes.size() == attributes_max)
      return mistake(fault::client, "malformed attributes of the connection");
    into.attributes.emplace_back(name, value);
  }
  return {};
}

// The last field of some clients, which then leave its terminator out.
void read_plugin(field_reader& fields, handshake_response& into) {
  field_reader ahead = fields;
  const auto plugin = ahead.text();
  if (ahead.failed() && (into.capabilities & capability::connect_attrs) == 0) {
    into.plugin = fields.rest();
  } else {
    into.plugin = plugin;
    fields = ahead;
  }
}

std::string_view read_proof(field_reader& fields, capability_set flags) {
  if ((flags & capability::plugin_auth_lenenc) != 0) return fields.counted_text();
  if ((flags & capability::secure_connection) != 0) return fields.raw(fields.u8());
  return fields.text();
}

}  // namespace

std::string written(std::uint8_t number, const initial_greeting& what) {
  std::string out;
  message_writer body(out);
  const auto nonce = std::string_view(what.nonce);
  const auto low = lower(what.capabilities);
  body.begin(number).u8(protocol_version).text(what.version).u32(what.connection_id);
  body.raw(nonce.substr(0, nonce_head)).u8(0);
  body.u16(static_cast<std::uint16_t>(low)).u8(what.collation).u16(what.status);
  body.u16(static_cast<std::uint16_t>(low >> 16));
  body.u8(static_cast<std::uint8_t>(nonce.size() + 1));
  body.raw(std::string(6, '\0')).u32(upper(what.capabilities));
  body.raw(nonce.substr(nonce_head)).u8(0);
  body.text(what.plugin);
  body.end();
  return out;
}

result<initial_greeting> read_greeting(byte_view body) {
  field_reader fields(body);
  const auto version = fields.u8();
  if (!fields.failed() && version != protocol_version)
    return failure(error_kind::unsupported, fault::server,
                   "the server speaks a protocol that is not supported: it is older than 4.1, or "
                   "no server of this kind stands at that address",
                   "protocol version " + std::to_string(version));
  initial_greeting told;
  told.version = fields.text();
  told.connection_id = fields.u32();
  told.nonce = fields.raw(nonce_head);
  fields.u8();
  std::uint32_t low = fields.u16();
  if (!fields.failed() && fields.empty())
    return failure(error_kind::unsupported, fault::server,
                   "the server is older than 4.1, which is not supported");
  told.collation = fields.u8();
  told.status = fields.u16();
  low |= std::uint32_t{fields.u16()} << 16;
  const std::size_t nonce_size = fields.u8();
  fields.raw(6);
  told.capabilities = together(low, fields.u32());
  if ((told.capabilities & capability::secure_connection) != 0) {
    const std::size_t told_size = nonce_size > nonce_head ? nonce_size - nonce_head : 0;
    auto tail = fields.raw(std::max(nonce_tail_min, told_size));
    if (tail.ends_with('\0')) tail.remove_suffix(1);
    told.nonce += tail;
  }
  // Some servers of old forgot its terminator.
  if ((told.capabilities & capability::plugin_auth) != 0) {
    const auto rest = fields.rest();
    told.plugin = rest.substr(0, rest.find('\0'));
  }
  if (fields.failed()) return mistake(fault::server, "the server's greeting is cut short");
  if ((told.capabilities & capability::protocol_41) == 0)
    return failure(error_kind::unsupported, fault::server,
                   "the server is older than 4.1, which is not supported");
  return told;
}

std::string written(std::uint8_t number, const handshake_response& what) {
  std::string out;
  message_writer body(out);
  const auto has = [&](capability_set flag) { return (what.capabilities & flag) != 0; };
  body.begin(number);
  write_opening(body, what);
  body.text(what.user);
  if (has(capability::plugin_auth_lenenc)) {
    body.counted_text(what.proof);
  } else {
    const auto kept = std::string_view(what.proof).substr(0, 255);
    body.u8(static_cast<std::uint8_t>(kept.size())).raw(kept);
  }
  if (has(capability::connect_with_db)) body.text(what.database);
  if (has(capability::plugin_auth)) body.text(what.plugin);
  if (has(capability::connect_attrs)) write_attributes(body, what);
  if (has(capability::zstd)) body.u8(what.zstd_level);
  body.end();
  return out;
}

result<handshake_response> read_response(byte_view body) {
  field_reader fields(body);
  const auto low = fields.u32();
  if (fields.failed() || (low & capability::protocol_41) == 0)
    return mistake(fault::client, "the client speaks a protocol older than 4.1, or none at all");
  handshake_response told;
  told.packet_max = fields.u32();
  told.collation = fields.u8();
  fields.raw(19);
  told.capabilities = together(low, fields.u32());
  const auto has = [&](capability_set flag) { return (told.capabilities & flag) != 0; };
  told.user = fields.text();
  told.proof = read_proof(fields, told.capabilities);
  if (has(capability::connect_with_db)) told.database = fields.text();
  std::string_view attributes;
  if (!fields.failed() && has(capability::plugin_auth)) read_plugin(fields, told);
  if (has(capability::connect_attrs)) attributes = fields.counted_text();
  if (has(capability::zstd) && !fields.empty()) told.zstd_level = fields.u8();
  if (fields.failed()) return mistake(fault::client, "the answer to the greeting is cut short");
  if (auto read = read_attributes(attributes, told); !read)
    return std::unexpected(std::move(read.error()));
  return told;
}

std::string written_change(const handshake_response& what) {
  std::string out;
  message_writer body(out);
  const auto has = [&](capability_set flag) { return (what.capabilities & flag) != 0; };
  const auto kept = std::string_view(what.proof).substr(0, 255);
  body.begin(0).u8(static_cast<std::uint8_t>(command::change_user)).text(what.user);
  body.u8(static_cast<std::uint8_t>(kept.size())).raw(kept).text(what.database);
  body.u16(what.collation);
  if (has(capability::plugin_auth)) body.text(what.plugin);
  if (has(capability::connect_attrs)) write_attributes(body, what);
  body.end();
  return out;
}

// Clients of old end behind the database; others leave out what was not asked of them, attributes
// too. Of the collations that do not fit in a byte, which is all that a login to a server has for
// them, clients use those of utf8mb4 alone: so a usual one of these will do.
result<handshake_response> read_change(byte_view body, capability_set agreed) {
  const auto has = [&](capability_set flag) { return (agreed & flag) != 0; };
  field_reader fields(body);
  fields.u8();
  handshake_response told;
  told.capabilities = agreed;
  told.user = fields.text();
  told.proof = fields.raw(fields.u8());
  told.database = fields.text();
  bool cut_short = fields.failed() || (fields.empty() && has(capability::plugin_auth));
  if (!cut_short && !fields.empty()) {
    const std::uint16_t collation = fields.u16();
    told.collation = collation <= 0xff ? static_cast<std::uint8_t>(collation) : default_collation;
    if (has(capability::plugin_auth)) read_plugin(fields, told);
    cut_short = fields.failed();
  }
  std::string_view attributes;
  if (!cut_short && has(capability::connect_attrs) && !fields.empty()) {
    attributes = fields.counted_text();
    cut_short = fields.failed();
  }
  if (cut_short) return mistake(fault::client, "COM_CHANGE_USER is cut short");
  if (auto read = read_attributes(attributes, told); !read)
    return std::unexpected(std::move(read.error()));
  return told;
}

std::string written_tls_request(std::uint8_t number, const handshake_response& what) {
  std::string out;
  message_writer body(out);
  body.begin(number);
  write_opening(body, what);
  body.end();
  return out;
}

bool is_tls_request(byte_view body) {
  return body.size() == tls_request_bytes && (field_reader(body).u32() & capability::ssl) != 0;
}

std::string written(std::uint8_t number, const auth_switch& what) {
  std::string out;
  message_writer body(out);
  body.begin(number).u8(reply::auth_switch).text(what.plugin).raw(what.nonce);
  if (ends_nonces(plugin_named(what.plugin))) body.u8(0);
  body.end();
  return out;
}

result<auth_switch> read_auth_switch(byte_view body) {
  field_reader fields(body);
  fields.u8();
  if (fields.empty())
    return failure(error_kind::unsupported, fault::server,
                   "the server asks for the password in the form of before 4.1, which is not "
                   "supported: set the user's password there again");
  auth_switch told;
  told.plugin = fields.text();
  auto nonce = fields.rest();
  if (ends_nonces(plugin_named(told.plugin)) && nonce.ends_with('\0')) nonce.remove_suffix(1);
  told.nonce = nonce;
  if (fields.failed())
    return mistake(fault::server, "the server's request for another method is cut short");
  return told;
}

std::string written_auth_more(std::uint8_t number, std::string_view data) {
  std::string out;
  message_writer(out).begin(number).u8(reply::auth_more).raw(data).end();
  return out;
}

std::string_view auth_more_data(byte_view body) {
  return as_text(body).substr(body.empty() ? 0 : 1);
}

std::string written_raw(std::uint8_t number, std::string_view body) {
  std::string out;
  message_writer(out).begin(number).raw(body).end();
  return out;
}

}  // namespace skein::mysql
