#include "backends/postgres/own_statements.hpp"

#include "backends/postgres/message.hpp"

namespace skein::postgres {

namespace {

constexpr std::uint16_t in_binary = 1;
constexpr std::uint32_t bytea_type = 17;
constexpr std::uint32_t bytea_array_type = 1001;

struct own_text {
  std::string_view name;
  std::string sql;
  std::vector<std::uint32_t> types = {};
};

// The client's settings are in force: its search_path may hide any function, type or operator, so
// each is named with its schema (CASE, IN, BETWEEN and IS DISTINCT FROM look for operators unseen);
// its encoding may lack a value's characters, so all text travels as bytea in the database's own.
std::string encoded(const std::string& text) {
  return "pg_catalog.convert_to(" + text + ", pg_catalog.getdatabaseencoding())";
}
std::string decoded(const std::string& bytes) {
  return "pg_catalog.convert_from(" + bytes + ", pg_catalog.getdatabaseencoding())";
}
const std::string same = " operator(pg_catalog.=) ";
const std::string value_of_name =
    encoded("pg_catalog.current_setting(" + decoded("name") + ", true)");

std::string look_settings() {
  // pg_settings, without the rows on disk that a function in FROM makes when work_mem is small. It
  // leaves out placeholders (names with a dot whose library is not loaded) and the role.
  return "with listed as materialized (select " +
         encoded("pg_catalog.lower((one).name collate pg_catalog.\"C\")") +
         " as name, (one).source as source "
         "from (select pg_catalog.pg_show_all_settings() as one) as every) "
         "select name, " +
         value_of_name + " from listed where source" + same +
         "'session' "
         "union all select name, " +
         value_of_name +
         " from pg_catalog.unnest($1) as asked (name) "
         "where not exists (select from listed where listed.name" +
         same +
         "asked.name) "
         "union all select " +
         encoded("'role'") + ", " + encoded("pg_catalog.current_setting('role')") +
         " where pg_catalog.current_setting('role') operator(pg_catalog.<>) 'none'";
}

std::string look_held() {
  // Whatever is in the session's temporary schema depends on it: 2615 is pg_namespace.
  return "select exists (select from pg_catalog.pg_depend where refclassid" + same +
         "2615 and "
         "refobjid" +
         same +
         "pg_catalog.pg_my_temp_schema()), "
         "exists (select from pg_catalog.pg_lock_status() where locktype" +
         same +
         "'advisory' "
         "and pid" +
         same +
         "pg_catalog.pg_backend_pid()), "
         "exists (select from pg_catalog.pg_cursor() where is_holdable), "
         "exists (select from pg_catalog.pg_listening_channels())";
}

const own_text& text_of(own_statement which) {
  static const std::array<own_text, own_statement_count> texts{{
      {"skein_calm", "set transaction_isolation to 'read committed'"},
      // The value is not returned: the client's encoding may not have it.
      {"skein_set",
       "select pg_catalog.set_config(" + decoded("$1") + ", " + decoded("$2") + ", false) is null",
       {bytea_type, bytea_type}},
      {"skein_look_names",
       "select name, " + value_of_name + " from pg_catalog.unnest($1) as asked (name)",
       {bytea_array_type}},
      {"skein_look_settings", look_settings(), {bytea_array_type}},
      {"skein_look_held", look_held()},
      {"skein_look_prepared", "select " + encoded("name") +
                                  " from pg_catalog.pg_prepared_statement() "
                                  "where from_sql"},
      {"skein_reset_settings", "reset all"},
      {"skein_reset_session_role", "reset session authorization"},
      {"skein_reset_role", "reset role"},
      {"skein_close_cursors", "close all"},
      {"skein_unlisten", "unlisten *"},
      {"skein_drop_temporary", "discard temp"},
      {"skein_forget_sequences", "discard sequences"},
      {"skein_unlock", "select pg_catalog.pg_advisory_unlock_all() is null"},
      {"skein_transaction_id", "select pg_catalog.txid_current_if_assigned()"},
  }};
  return texts[static_cast<std::size_t>(which)];
}

void append_parse(message_writer out, const own_text& own) {
  out.begin(from_frontend::parse).text(own.name).text(own.sql);
  out.u16(static_cast<std::uint16_t>(own.types.size()));
  for (const auto type : own.types) out.u32(type);
  out.end();
}

}  // namespace

void own_statements::append(std::string& out, std::vector<reply_kind>& replies, own_statement which,
                            std::span<const std::optional<std::string_view>> values) {
  message_writer messages(out);
  const own_text& own = text_of(which);
  known& known_here = known_[static_cast<std::size_t>(which)];
  if (known_here == known::in_doubt) {
    messages.begin(from_frontend::close).byte('S').text(own.name).end();
    replies.push_back(reply_kind::close);
  }
  if (known_here != known::prepared) {
    append_parse(messages, own);
    replies.push_back(reply_kind::parse);
    known_here = known::prepared;
  }
  messages.begin(from_frontend::bind).text({}).text(own.name).u16(1).u16(in_binary);
  messages.u16(static_cast<std::uint16_t>(values.size()));
  for (const auto& value : values) {
    messages.u32(value ? static_cast<std::uint32_t>(value->size()) : ~0U);
    if (value) messages.raw(*value);
  }
  messages.u16(1).u16(in_binary).end();
  messages.begin(from_frontend::execute).text({}).u32(0).end();
  replies.insert(replies.end(), {reply_kind::bind, reply_kind::execute});
}

void own_statements::doubt() {
  for (known& one : known_)
    if (one == known::prepared) one = known::in_doubt;
}

std::string array_of(const std::vector<std::string>& names) {
  std::string out;
  message_writer array(out);
  array.u32(names.empty() ? 0 : 1).u32(0).u32(bytea_type);
  if (!names.empty()) array.u32(static_cast<std::uint32_t>(names.size())).u32(1);
  for (const auto& name : names) array.u32(static_cast<std::uint32_t>(name.size())).raw(name);
  return out;
}

}  // namespace skein::postgres
