#include "backends/postgres/look.hpp"

#include <algorithm>

#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

// What pg_settings leaves out; of names with a dot, where their library is not loaded.
bool is_unlisted(std::string_view name) {
  return name.contains('.') || name == "role" || name == "session_authorization";
}

}  // namespace

std::vector<reply_kind> append_look(std::string& out, const std::vector<std::string>& touched,
                                    const session_state& on_server, look_depth depth,
                                    own_statements& there) {
  std::vector<std::string> names;
  names.reserve(touched.size());
  for (const auto& written : touched) names.push_back(setting_name(written));
  if (depth == look_depth::whole)
    for (const auto& [name, value] : on_server.all())
      if (is_unlisted(name)) names.push_back(name);
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  std::erase_if(names, [](const auto& name) { return !can_be_carried(name); });

  std::vector<reply_kind> replies;
  const std::string asked = array_of(names);
  const std::optional<std::string_view> value = asked;
  there.append(out, replies, own_statement::calm);
  there.append(
      out, replies,
      depth == look_depth::whole ? own_statement::look_settings : own_statement::look_names,
      {&value, 1});
  if (depth != look_depth::names) {
    there.append(out, replies, own_statement::look_held);
    there.append(out, replies, own_statement::look_prepared);
  }
  message_writer(out).begin(from_frontend::sync).end();
  replies.push_back(reply_kind::sync);
  return replies;
}

std::string_view held_state::pin_reason() const {
  if (temporary_objects) return "it has temporary tables or other temporary objects";
  if (advisory_locks) return "it holds an advisory lock";
  if (held_cursors) return "it has a cursor WITH HOLD open";
  if (!prepared_in_sql.empty()) return "it has a statement made by PREPARE";
  if (listening) return "it listens to a channel";
  return {};
}

void look_reader::data_row(byte_view body) {
  field_reader row(body);
  std::vector<std::optional<std::string_view>> values(row.u16());
  for (auto& value : values) {
    const std::uint32_t size = row.u32();
    if (size != ~0U) value = row.raw(size);
    if (row.failed()) break;
  }
  const auto is_true = [&](std::size_t column) { return values[column] == std::string_view("\1"); };
  if (row.failed() || !row.empty()) {
    failed_ = true;
  } else if (values.size() == 1 && values[0]) {
    found_.prepared_in_sql.emplace_back(*values[0]);
  } else if (values.size() == 2 && values[0]) {
    if (values[1] && can_be_carried(*values[0]))
      found_.settings.insert_or_assign(std::string(*values[0]), *values[1]);
  } else if (values.size() == 4) {
    found_.temporary_objects = is_true(0);
    found_.advisory_locks = is_true(1);
    found_.held_cursors = is_true(2);
    found_.listening = is_true(3);
  } else {
    failed_ = true;
  }
}

}  // namespace skein::postgres
