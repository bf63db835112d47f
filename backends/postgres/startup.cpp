#include "backends/postgres/startup.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

// Requests are told apart by "versions" that no protocol will have.
constexpr std::uint32_t cancel_code = (1234U << 16) | 5678;
constexpr std::uint32_t tls_code = (1234U << 16) | 5679;
constexpr std::uint32_t gss_code = (1234U << 16) | 5680;

constexpr std::uint32_t major_of(std::uint32_t version) {
  return version >> 16;
}
constexpr std::uint32_t minor_of(std::uint32_t version) {
  return version & 0xffff;
}

std::unexpected<error> protocol_mistake(std::string text) {
  return failure(error_kind::protocol, fault::client, std::move(text));
}

// As PostgreSQL reads a boolean: a unique beginning of the word will do.
bool means_false(std::string_view value) {
  std::string lower(value);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  if (lower.empty()) return false;
  return std::string_view("false").starts_with(lower) ||
         std::string_view("no").starts_with(lower) || lower == "off" || lower == "of" ||
         lower == "0";
}

result<startup_packet> read_cancel(field_reader body) {
  startup_packet packet;
  packet.kind = startup_kind::cancel;
  packet.key.id = body.u32();
  packet.key.secret = body.rest();
  if (body.failed() || packet.key.secret.size() < short_secret_bytes ||
      packet.key.secret.size() > secret_bytes_max)
    return protocol_mistake("the length of this cancel request is not one that it can have");
  return packet;
}

result<void> check_session(startup_packet& packet) {
  auto& asked = packet.request;
  if (asked.user.empty()) {
    auto why = error{error_kind::login,
                     fault::client,
                     "28000",
                     "no user name was given: name one in the connection settings",
                     {}};
    return std::unexpected(std::move(why));
  }
  if (asked.database.empty()) asked.database = asked.user;
  return {};
}

result<void> take_setting(startup_packet& packet, std::string_view name, std::string_view value) {
  auto& asked = packet.request;
  if (name == "user") {
    asked.user = value;
  } else if (name == "database") {
    asked.database = value;
  } else if (name == "replication") {
    if (!means_false(value)) {
      return failure(error_kind::unsupported, fault::client,
                     "replication connections are not taken here: connect to the server itself");
    }
  } else if (name.starts_with("_pq_.")) {
    packet.unknown_options.emplace_back(name);
  } else {
    asked.parameters.emplace_back(name, value);
  }
  return {};
}

result<startup_packet> read_session(std::uint32_t version, field_reader body) {
  if (major_of(version) != 3) {
    return failure(error_kind::unsupported, fault::client,
                   "protocol " + std::to_string(major_of(version)) + "." +
                       std::to_string(minor_of(version)) +
                       " is not spoken here, only 3.0 to 3.2: use a newer driver");
  }
  startup_packet packet;
  packet.version = version;
  for (;;) {
    const auto name = body.text();
    if (body.failed())
      return protocol_mistake("the start-up packet has no terminator behind its last setting");
    if (name.empty()) break;
    const auto value = body.text();
    if (body.failed()) return protocol_mistake("a setting of the start-up packet has no value");
    if (auto taken = take_setting(packet, name, value); !taken)
      return std::unexpected(std::move(taken.error()));
  }
  if (!body.empty()) return protocol_mistake("the start-up packet goes on behind its terminator");
  if (auto checked = check_session(packet); !checked)
    return std::unexpected(std::move(checked.error()));
  return packet;
}

result<startup_packet> read_packet(byte_view body) {
  field_reader fields(body);
  const auto code = fields.u32();
  if (code == cancel_code) return read_cancel(fields);
  if (code != tls_code && code != gss_code) return read_session(code, fields);
  if (!fields.empty())
    return protocol_mistake("a request for encryption is eight bytes long, this one is longer");
  startup_packet packet;
  packet.kind = code == tls_code ? startup_kind::tls_request : startup_kind::gss_request;
  return packet;
}

}  // namespace

result<std::optional<startup_packet>> take_startup(byte_view& input) {
  if (input.size() < length_bytes) return std::optional<startup_packet>();
  const auto length = load_u32(input.data());
  // Also where a TLS handshake without SSLRequest ends (`sslnegotiation=direct`, first byte 0x16),
  // which is left out, and an HTTP request.
  if (length < 2 * length_bytes || length > startup_length_max)
    return protocol_mistake("these bytes are no start-up packet of PostgreSQL's protocol");
  if (input.size() < length) return std::optional<startup_packet>();
  auto packet = read_packet(input.subspan(length_bytes, length - length_bytes));
  if (!packet) return std::unexpected(std::move(packet.error()));
  input = input.subspan(length);
  return std::optional(std::move(*packet));
}

std::string tls_request() {
  std::string out;
  message_writer(out).begin_startup().u32(tls_code).end();
  return out;
}

std::string cancel_request(const cancel_key& key) {
  std::string out;
  message_writer(out).begin_startup().u32(cancel_code).u32(key.id).raw(key.secret).end();
  return out;
}

std::string startup_message(const login_request& request, std::uint32_t version) {
  std::string out;
  message_writer message(out);
  message.begin_startup().u32(version).text("user").text(request.user);
  message.text("database").text(request.database);
  for (const auto& [name, value] : request.parameters) message.text(name).text(value);
  message.byte('\0').end();
  return out;
}

std::uint32_t agreed_version(std::uint32_t asked) {
  return std::min(asked, protocol_3_2);
}

std::string negotiation(const startup_packet& asked) {
  if (asked.version <= protocol_3_2 && asked.unknown_options.empty()) return {};
  std::string out;
  message_writer message(out);
  // The whole version, major included, as the server itself sends it.
  message.begin(from_backend::negotiate_version).u32(agreed_version(asked.version));
  message.u32(static_cast<std::uint32_t>(asked.unknown_options.size()));
  for (const auto& option : asked.unknown_options) message.text(option);
  message.end();
  return out;
}

}  // namespace skein::postgres
