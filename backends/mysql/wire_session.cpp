#include "backends/mysql/wire_session.hpp"

#include <algorithm>

#include "backends/mysql/errors.hpp"
#include "backends/mysql/memory.hpp"
#include "backends/mysql/replies.hpp"
#include "backends/mysql/server_login.hpp"

namespace skein::mysql {

using std::chrono::steady_clock;

namespace {

// What we ask has short answers.
constexpr std::size_t answer_bytes_max = 16UZ << 20;

}  // namespace

std::string socket_path_of(const member_address& address) {
  return address.host + "/mysqld.sock";
}

std::unexpected<error> wire_session::failed(std::string_view doing, net::error_code why) {
  const std::string where = to_string(how_.address);
  std::string words = why.message();
  if (stream_.tls() && !stream_.tls()->failure().empty()) words = stream_.tls()->failure();
  stream_.close();
  if (why == net::asio::error::operation_aborted)
    return failure(error_kind::shutdown, fault::us, "it was interrupted");
  if (why == net::asio::error::timed_out)
    return failure(
        error_kind::timeout, fault::server,
        where + " did not answer within " + std::to_string(how_.timeout.count()) + " ms");
  return failure(error_kind::unavailable, fault::server, where + ": " + std::string(doing),
                 std::move(words));
}

result<void> wire_session::connect() {
  input_.clear();
  heard_ = false;
  const auto& address = how_.address;
  const bool local = address.host.starts_with('/');
  const net::endpoint where =
      local ? net::endpoint{.host = {}, .unix_path = socket_path_of(address), .port = 0}
            : net::endpoint{.host = address.host, .unix_path = {}, .port = address.port};
  if (const auto why = stream_.connect(where)) return failed("cannot be connected to", why);
  return sign_in();
}

result<void> wire_session::sign_in() {
  login_request request{.user = how_.who.user, .database = how_.database, .parameters = {}};
  client_traits traits;
  traits.shaped = shaping_without_client();
  traits.attributes.emplace_back("program_name", how_.application);
  write_traits(traits, request);
  server_login login(server_login_settings{.tls = how_.tls.mode,
                                           .who = how_.who,
                                           .request = request,
                                           .unix_socket = how_.address.host.starts_with('/'),
                                           .member = to_string(how_.address)});
  byte_view input = {};
  login_want wanted = login.advance(input);
  for (;;) {
    if (const auto why = stream_.write_all(as_bytes(login.take_output())))
      return failed("broke off a login", why);
    switch (wanted) {
      case login_want::input: {
        if (auto more = read_more(); !more) return more;
        heard_ = true;
        input = as_bytes(input_);
        wanted = login.advance(input);
        input_.erase(0, input_.size() - input.size());
        break;
      }
      case login_want::tls: {
        const auto context = net::tls_context::load(
            net::tls_role::client, {.ca = how_.tls.ca_file,
                                    .certificate = how_.tls.certificate_file,
                                    .key = how_.tls.key_file,
                                    .verify_host = how_.tls.mode == tls_mode::verify_full});
        if (!context) return failure(error_kind::unavailable, fault::us, context.error());
        if (const auto why = stream_.handshake(*context, how_.address.host))
          return failed("TLS failed", why);
        wanted = login.encrypted(
            {true, stream_.tls()->peer_endpoint_hash(), stream_.tls()->peer_name()});
        break;
      }
      case login_want::admitted: {
        const server_memory made(login.greeting());
        shape_ = made.shape;
        flavour_ = made.which;
        version_ = made.version;
        id_ = login.greeting().key.id;
        ++connections_;
        return {};
      }
      default: {
        error why = login.failure();
        stream_.close();
        why.text_for_client = to_string(how_.address) + ": " + why.text_for_client;
        return std::unexpected(std::move(why));
      }
    }
  }
}

result<void> wire_session::read_more() {
  std::array<std::byte, 16384> piece;
  const auto [why, size] = stream_.read_some(piece);
  if (why) return failed("broke the connection off", why);
  input_.append(reinterpret_cast<const char*>(piece.data()), size);
  return {};
}

// One packet whole, off the front of what is read; `number` is not looked at.
result<std::string> wire_session::take_packet() {
  for (;;) {
    if (input_.size() >= header_bytes) {
      const std::size_t size = body_size(as_bytes(input_).data());
      if (size == body_max || size > answer_bytes_max)
        return failed("said more than it was asked", {});
      if (input_.size() - header_bytes >= size) {
        std::string body = input_.substr(header_bytes, size);
        input_.erase(0, header_bytes + size);
        return body;
      }
    }
    if (auto more = read_more(); !more) return std::unexpected(std::move(more.error()));
  }
}

result<std::vector<std::string>> wire_session::hear_names(std::uint64_t count) {
  std::vector<std::string> names;
  for (std::uint64_t at = 0; at < count; ++at) {
    const auto packet = take_packet();
    if (!packet) return std::unexpected(packet.error());
    // catalog, schema, table, its name in the database, column
    field_reader fields(as_bytes(*packet));
    for (int before = 0; before < 4; ++before) fields.counted_text();
    std::string name(fields.counted_text());
    if (fields.failed()) return failed("described a result in a way that is not known", {});
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    names.push_back(std::move(name));
  }
  if (shape_.deprecates_eof) return names;
  if (const auto end = take_packet(); !end) return std::unexpected(end.error());
  return names;
}

result<wire_result> wire_session::hear() {
  wire_result all;
  const auto first = take_packet();
  if (!first) return std::unexpected(first.error());
  const auto kind = first->empty() ? reply::ok : static_cast<std::uint8_t>(first->front());
  if (kind == reply::ok) {
    field_reader fields(as_bytes(*first));
    fields.u8();
    if (!first->empty()) all.changed = fields.counted();
    return all;
  }
  if (kind == reply::error) return refused(*first);
  const auto names = hear_names(field_reader(as_bytes(*first)).counted());
  if (!names) return std::unexpected(names.error());
  all.columns = *names;
  for (;;) {
    const auto packet = take_packet();
    if (!packet) return std::unexpected(packet.error());
    const auto begins = packet->empty() ? reply::ok : static_cast<std::uint8_t>(packet->front());
    if (begins == reply::error) return refused(*packet);
    if (begins == reply::eof) return all;
    auto& row = all.rows.emplace_back();
    field_reader fields(as_bytes(*packet));
    for (const auto& name : *names) {
      const bool null = fields.starts_with(0xfb);
      row[name] = null ? std::nullopt : std::optional(std::string(fields.counted_text()));
      if (null) fields.u8();
    }
    if (fields.failed()) return failed("sent a row that cannot be read", {});
  }
}

// In the server's words; the connection is as good as before.
std::unexpected<error> wire_session::refused(std::string_view packet) {
  const auto told = read_error(as_bytes(packet));
  if (!told) return failed("said what makes no sense", {});
  refusal_ = told->code;
  error why = error_of(*told);
  why.text_for_client = to_string(how_.address) + ": " + why.text_for_client;
  return std::unexpected(std::move(why));
}

result<wire_result> wire_session::try_to_ask(std::string_view query) {
  if (!stream_.open())
    if (auto made = connect(); !made) return std::unexpected(std::move(made.error()));
  const auto asked_at = steady_clock::now();
  std::string packet;
  message_writer(packet).begin(0).u8(static_cast<std::uint8_t>(command::query)).raw(query).end();
  if (const auto why = stream_.write_all(as_bytes(packet)))
    return failed("broke the connection off", why);
  auto heard = hear();
  round_trip_ =
      std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - asked_at);
  return heard;
}

result<wire_result> wire_session::ask(std::string_view query) {
  return ask(query, steady_clock::now() + how_.timeout);
}

result<wire_result> wire_session::ask(std::string_view query, net::steady_time until) {
  stream_.set_deadline(until);
  refusal_ = 0;
  const bool kept = stream_.open();
  auto heard = try_to_ask(query);
  const bool closed = !heard && heard.error().kind == error_kind::unavailable && refusal_ == 0;
  return kept && closed ? try_to_ask(query) : heard;
}

result<wire_result> wire_session::go_on(std::string_view query, net::steady_time until) {
  stream_.set_deadline(until);
  refusal_ = 0;
  if (!stream_.open()) return failed("broke the connection off", {});
  return try_to_ask(query);
}

}  // namespace skein::mysql
