// The bodies of answers of etcd's gateway. Whatever is not of the shape that was asked for is no
// answer: something else than etcd speaks there.
#include <algorithm>

#include "coordination/etcd_messages.hpp"
#include "coordination/json.hpp"

namespace skein::coordination {

namespace {

// The codes of gRPC that etcd uses.
enum class grpc : std::int64_t {
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  out_of_range = 11,
  unimplemented = 12,
  unavailable = 14,
  unauthenticated = 16,
};

etcd_trouble trouble_of(std::int64_t code) {
  switch (static_cast<grpc>(code)) {
    case grpc::not_found:
      return etcd_trouble::no_lease;
    case grpc::permission_denied:
      return etcd_trouble::forbidden;
    case grpc::resource_exhausted:
      return etcd_trouble::full;
    case grpc::out_of_range:
      return etcd_trouble::compacted;
    case grpc::unimplemented:
      return etcd_trouble::not_etcd;
    case grpc::deadline_exceeded:
    case grpc::unavailable:
      return etcd_trouble::unavailable;
    case grpc::unauthenticated:
      return etcd_trouble::stale_token;
    case grpc::invalid_argument:
      return etcd_trouble::invalid;
    case grpc::failed_precondition:
      return etcd_trouble::no_logins;
  }
  return etcd_trouble::refused;
}

// Fit for a sentence: one line, not endless.
std::string printable(std::string_view words) {
  std::string out(words.substr(0, 200));
  std::ranges::replace_if(
      out, [](char each) { return static_cast<unsigned char>(each) < 0x20 || each == 0x7f; }, ' ');
  return out;
}

std::unexpected<etcd_error> strange() {
  return std::unexpected(
      etcd_error{etcd_trouble::not_etcd, "answers something else than etcd's gateway would"});
}

etcd_error error_in(const value& body) {
  json_fields fields(body);
  std::string words = fields.text("message");
  std::int64_t code = fields.integer("code");
  const value* nested = json_fields(body).object("error");  // as streams have it
  if (nested && nested->is_object()) {
    json_fields inner(*nested);
    words = inner.text("message");
    code = inner.integer("grpc_code");
  }
  if (words.empty() && code == 0) return strange().error();
  return {trouble_of(code), "says \"" + printable(words) + "\""};
}

answer_header header_in(json_fields& fields) {
  answer_header read;
  const value* header = fields.object("header");
  if (!header) return read;
  json_fields inner(*header);
  read.cluster = inner.natural("cluster_id");
  read.member = inner.natural("member_id");
  read.revision = inner.integer("revision");
  read.term = inner.natural("raft_term");
  if (!inner.sound()) read = {};
  return read;
}

// A header without a term is no header of etcd's.
bool good(const json_fields& fields, const answer_header& header) {
  return fields.sound() && header.term != 0;
}

bool read_into(key_value& into, const value& from) {
  json_fields fields(from);
  auto key = from_base64(fields.text("key"));
  auto bytes = from_base64(fields.text("value"));
  if (!key || !bytes) return false;
  into = {std::move(*key), std::move(*bytes), fields.integer("create_revision"),
          fields.integer("mod_revision"), fields.integer("lease")};
  return fields.sound();
}

etcd_result<lease_answer> lease_in(const value& body) {
  json_fields fields(body);
  lease_answer read{header_in(fields), fields.integer("ID"), fields.integer("TTL")};
  if (!good(fields, read.header) || read.lease == 0) return strange();
  return read;
}

}  // namespace

etcd_result<std::string> read_token(std::string_view body) {
  const auto read = read_object(body);
  if (!read) return strange();
  json_fields fields(*read);
  std::string token = fields.text("token");
  // It goes into a header of ours.
  const bool fit = std::ranges::all_of(
      token, [](char each) { return each > 0x20 && static_cast<unsigned char>(each) < 0x7f; });
  if (!fields.sound() || token.empty() || !fit) return strange();
  return token;
}

etcd_result<answer_header> read_header(std::string_view body) {
  const auto read = read_object(body);
  if (!read) return strange();
  json_fields fields(*read);
  const answer_header header = header_in(fields);
  if (!good(fields, header)) return strange();
  return header;
}

etcd_result<lease_answer> read_lease(std::string_view body) {
  const auto read = read_object(body);
  return read ? lease_in(*read) : strange();
}

etcd_result<lease_answer> read_keep_alive(std::string_view body) {
  const auto read = read_object(body);
  if (!read) return strange();
  json_fields fields(*read);
  if (const value* result = fields.object("result")) return lease_in(*result);
  return std::unexpected(error_in(*read));
}

etcd_result<range_answer> read_range(std::string_view body) {
  const auto read = read_object(body);
  if (!read) return strange();
  json_fields fields(*read);
  range_answer answer{header_in(fields), {}};
  if (const auto* found = fields.list("kvs")) {
    for (const value& each : *found) {
      if (!read_into(answer.found.emplace_back(), each)) return strange();
    }
  }
  if (fields.flag("more") || !good(fields, answer.header)) return strange();
  return answer;
}

etcd_result<txn_answer> read_txn(std::string_view body) {
  const auto read = read_object(body);
  if (!read) return strange();
  json_fields fields(*read);
  const txn_answer answer{header_in(fields), fields.flag("succeeded")};
  if (!good(fields, answer.header)) return strange();
  return answer;
}

etcd_result<watch_answer> read_watch(std::string_view line) {
  const auto read = read_object(line);
  if (!read) return strange();
  json_fields outer(*read);
  const value* result = outer.object("result");
  if (!result) return std::unexpected(error_in(*read));
  json_fields fields(*result);
  watch_answer answer{.header = header_in(fields),
                      .created = fields.flag("created"),
                      .canceled = fields.flag("canceled"),
                      .compacted = fields.integer("compact_revision"),
                      .events = 0};
  if (const auto* events = fields.list("events")) answer.events = events->size();
  if (!fields.sound()) return strange();
  if (answer.canceled && answer.compacted == 0)
    return std::unexpected(
        etcd_error{etcd_trouble::forbidden,
                   "ends a watch: \"" + printable(fields.text("cancel_reason")) + "\""});
  return answer;
}

etcd_error read_error(unsigned status, std::string_view body) {
  if (const auto read = read_object(body)) return error_in(*read);
  if (status == 503 || status == 502 || status == 504)
    return {etcd_trouble::unavailable, "answers with status " + std::to_string(status)};
  return {etcd_trouble::not_etcd,
          "answers with status " + std::to_string(status) + ", which etcd 3.4 or newer would not"};
}

}  // namespace skein::coordination
