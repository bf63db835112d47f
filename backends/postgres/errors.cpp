#include "backends/postgres/errors.hpp"

#include "backends/postgres/message.hpp"

namespace skein::postgres {

std::string_view sqlstate_of(const error& why) {
  if (why.sqlstate.size() == 5) return why.sqlstate;
  switch (why.kind) {
    case error_kind::protocol:
      return "08P01";
    case error_kind::login:
      return "28000";
    case error_kind::unsupported:
      return "0A000";
    case error_kind::limit:
      return "53300";
    case error_kind::timeout:
      // A client that is late loses its connection; a statement that is late is cancelled.
      return why.whose == fault::client ? "08006" : "57014";
    case error_kind::unavailable:
      return "57P03";
    case error_kind::lost:
      return "08006";
    case error_kind::in_doubt:
      return "08007";
    case error_kind::rolled_back:
      return "40001";  // serialization_failure: frameworks run the transaction again by themselves
    case error_kind::shutdown:
      return "57P01";
    case error_kind::internal:
      break;
  }
  return "XX000";
}

std::string error_response(const error& why, const error_words& words) {
  std::string out;
  message_writer message(out);
  message.begin(from_backend::error_response);
  message.byte('S').text(words.severity);
  message.byte('V').text(words.severity);
  message.byte('C').text(sqlstate_of(why));
  message.byte('M').text(why.text_for_client.empty() ? to_string(why.kind) : why.text_for_client);
  if (!words.detail.empty()) message.byte('D').text(words.detail);
  if (!words.hint.empty()) message.byte('H').text(words.hint);
  if (!words.routine.empty()) message.byte('R').text(words.routine);
  message.byte('\0').end();
  return out;
}

std::string notice_response(std::string_view text) {
  std::string out;
  message_writer(out)
      .begin(from_backend::notice)
      .byte('S')
      .text("NOTICE")
      .byte('V')
      .text("NOTICE")
      .byte('C')
      .text("00000")
      .byte('M')
      .text(text)
      .byte('\0')
      .end();
  return out;
}

namespace {

struct classified {
  error_kind kind;
  fault whose;
};

// By class of SQLSTATE where that says enough.
classified classify(std::string_view sqlstate) {
  if (sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03")
    return {error_kind::unavailable, fault::server};
  const auto leading = sqlstate.substr(0, 2);
  if (leading == "28" || leading == "3D" || leading == "22" || leading == "42")
    return {error_kind::login, fault::client};
  if (leading == "53") return {error_kind::limit, fault::server};
  if (leading == "0A") return {error_kind::unsupported, fault::client};
  if (leading == "08") return {error_kind::protocol, fault::us};
  return {error_kind::unavailable, fault::server};
}

}  // namespace

error read_error_response(byte_view body) {
  field_reader fields(body);
  std::string_view severity;
  std::string_view sqlstate;
  std::string_view text;
  std::string_view detail;
  std::string_view hint;
  for (char field = fields.byte(); field != '\0'; field = fields.byte()) {
    const auto value = fields.text();
    if (field == 'V' || (field == 'S' && severity.empty())) severity = value;
    if (field == 'C') sqlstate = value;
    if (field == 'M') text = value;
    if (field == 'D') detail = value;
    if (field == 'H') hint = value;
  }
  const auto [kind, whose] = classify(sqlstate);
  error told{kind,
             whose,
             std::string(sqlstate.size() == 5 ? sqlstate : std::string_view()),
             std::string(text),
             {}};
  if (text.empty()) told.text_for_client = "the server reported an error without a text";
  told.detail_for_log = "server: " + std::string(severity) + " " + std::string(sqlstate);
  if (!detail.empty()) told.detail_for_log += ", detail: " + std::string(detail);
  if (!hint.empty()) told.detail_for_log += ", hint: " + std::string(hint);
  return told;
}

std::string_view field_of_error(byte_view body, char wanted) {
  field_reader fields(body);
  for (char field = fields.byte(); field != '\0'; field = fields.byte()) {
    const auto value = fields.text();
    if (field == wanted) return value;
  }
  return {};
}

}  // namespace skein::postgres
