#include "backends/mysql/catalog_reader.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/mysql/catalog_maker.hpp"
#include "backends/mysql/statement_tokens.hpp"
#include "backends/mysql/wire_session.hpp"

namespace skein::mysql {

namespace {

using row = std::map<std::string, std::optional<std::string>, std::less<>>;

// One of the tables of definitions: what is read of it, under names of ours.
struct part {
  std::string_view columns;  // with commas between, each as "expression name"
  std::string_view from;
};

// The servers' own schemas are the same on all of one release, and are told by their names.
constexpr std::string_view of_users =
    " not in ('mysql', 'sys', 'performance_schema', 'information_schema')";

constexpr part databases{"schema_name s", "information_schema.schemata where 'skein'"};
constexpr part relations{"table_schema s, table_name n, table_type t, engine e",
                         "information_schema.tables where table_schema"};
constexpr part views{"table_schema s, table_name n, view_definition d",
                     "information_schema.views where table_schema"};
constexpr part routines{
    "routine_schema s, routine_name n, routine_type t, routine_body l, routine_definition d, "
    "sql_mode m",
    "information_schema.routines where routine_schema"};
constexpr part parameters{
    "specific_schema s, specific_name n, routine_type t, parameter_name p",
    "information_schema.parameters where parameter_name is not null and specific_schema"};
constexpr part triggers{
    "event_object_schema s, event_object_table n, action_statement d, sql_mode m",
    "information_schema.triggers where trigger_schema"};

// Whose triggers are visible to who reads: those of others are missing without a word. What a role
// gives is not told here.
constexpr part rights{
    "s",
    "(select grantee g, privilege_type t, '' s from information_schema.user_privileges "
    "union all select grantee, privilege_type, table_schema "
    "from information_schema.schema_privileges) rights "
    "where t = 'TRIGGER' and g = concat(quote(left(current_user(), char_length(current_user()) - "
    "locate('@', reverse(current_user())))), '@', quote(substring_index(current_user(), '@', -1))) "
    "and 'skein'"};

constexpr part loaded_by_mysql{"udf_name n",
                               "performance_schema.user_defined_functions where 'skein'"};
constexpr part loaded_by_mariadb{"name n", "mysql.func where 'skein'"};

std::string query_of(const part& one) {
  return "select " + std::string(one.columns) + " from " + std::string(one.from) +
         std::string(of_users);
}

// A few bytes that are others as soon as a row is.
std::string digest_query_of(const part& one) {
  std::string all;
  std::string_view rest = one.columns;
  while (!rest.empty()) {
    const auto column = rest.substr(0, rest.find(' '));
    all += ", char(1), cast(coalesce(" + std::string(column) + ", '') as binary)";
    rest.remove_prefix(std::min(rest.find(", "), rest.size()));
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 2));
  }
  return "select concat_ws(' ', count(*), coalesce(bit_xor(cast(conv(left(sha2(concat(" +
         all.substr(2) + "), 256), 16), 16, 10) as unsigned)), 0)) d from " +
         std::string(one.from) + std::string(of_users);
}

std::string value_of(const row& from, std::string_view name) {
  const auto found = from.find(name);
  return found == from.end() || !found->second ? std::string() : *found->second;
}

class wire_catalog_reader final : public skein::catalog_reader {
 public:
  explicit wire_catalog_reader(const catalog_settings& how)
      : timeout_(how.timeout),
        session_({.address = how.address,
                  .tls = how.tls,
                  .who = how.who,
                  .database = {},
                  .application = "skein catalog",
                  .timeout = how.timeout}) {}

  result<std::shared_ptr<const skein::catalog>> read(const skein::catalog* before) override;
  void interrupt() override { session_.interrupt(); }

 private:
  result<void> prepare(server_code& all);
  result<std::string> read_digest();
  result<std::vector<row>> ask(const part& one);
  result<void> read_routines(server_code& all);
  result<void> read_all(server_code& all);
  const part& loaded() const {
    return session_.which() == flavour::mariadb ? loaded_by_mariadb : loaded_by_mysql;
  }

  std::chrono::milliseconds timeout_;
  wire_session session_;
};

// The server gives up before we do. What it has no name for it refuses, which is as well.
result<void> wire_catalog_reader::prepare(server_code& all) {
  const auto answer = session_.ask(
      "select @@lower_case_table_names l, @@version v, "
      "@@session.sql_mode m");
  if (!answer) return std::unexpected(answer.error());
  if (answer->rows.size() != 1)
    return failure(error_kind::protocol, fault::server, "did not say what its release is");
  const row& told = answer->rows.front();
  all.rules = {.mode = {}, .of = session_.which(), .version = release_of(value_of(told, "v"))};
  all.folds = value_of(told, "l") != "0";
  const auto ms = std::max<std::int64_t>(timeout_.count() * 9 / 10, 1);
  const bool mariadb = session_.which() == flavour::mariadb;
  const std::string limit = mariadb ? "max_statement_time = " + std::to_string(ms) + " / 1000"
                                    : "max_execution_time = " + std::to_string(ms);
  const auto set = session_.ask("set names utf8mb4, session sql_mode = '', session " + limit);
  if (!set) return std::unexpected(set.error());
  return {};
}

result<std::vector<row>> wire_catalog_reader::ask(const part& one) {
  auto answer = session_.ask(query_of(one));
  if (!answer) return std::unexpected(std::move(answer.error()));
  return std::move(answer->rows);
}

result<std::string> wire_catalog_reader::read_digest() {
  std::string all = session_.version();
  for (const part* each :
       {&databases, &relations, &views, &routines, &parameters, &triggers, &rights, &loaded()}) {
    const auto answer = session_.ask(digest_query_of(*each));
    if (!answer && (each != &loaded() || session_.refusal() == 0))
      return std::unexpected(answer.error());
    all += '/';
    if (answer && !answer->rows.empty()) all += value_of(answer->rows.front(), "d");
  }
  return all;
}

result<void> wire_catalog_reader::read_routines(server_code& all) {
  const auto told = ask(routines);
  if (!told) return std::unexpected(told.error());
  const auto named = ask(parameters);
  if (!named) return std::unexpected(named.error());
  const auto key_of = [](const row& one) {
    return value_of(one, "t") + '\0' + value_of(one, "s") + '\0' + value_of(one, "n");
  };
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& each : *named) names[key_of(each)].push_back(in_lower_case(value_of(each, "p")));
  for (const auto& each : *told) {
    const std::string type = value_of(each, "t");
    if (type != "FUNCTION" && type != "PROCEDURE") continue;
    const bool in_sql = value_of(each, "l") == "SQL";
    all.routines.push_back({.kind = type == "FUNCTION" ? routine::function : routine::procedure,
                            .database = value_of(each, "s"),
                            .name = value_of(each, "n"),
                            .body = in_sql ? value_of(each, "d") : std::string(),
                            .sql_mode = value_of(each, "m"),
                            .parameters = std::move(names[key_of(each)])});
  }
  return {};
}

result<void> wire_catalog_reader::read_all(server_code& all) {
  const auto schemas = ask(databases);
  if (!schemas) return std::unexpected(schemas.error());
  for (const auto& each : *schemas) all.databases.push_back(value_of(each, "s"));
  const auto named = ask(relations);
  if (!named) return std::unexpected(named.error());
  for (const auto& each : *named)
    all.relations.push_back(
        {value_of(each, "s"), value_of(each, "n"), value_of(each, "t"), value_of(each, "e")});
  const auto defined = ask(views);
  if (!defined) return std::unexpected(defined.error());
  for (const auto& each : *defined)
    all.views.push_back({value_of(each, "s"), value_of(each, "n"), value_of(each, "d")});
  if (auto read = read_routines(all); !read) return read;
  const auto fired = ask(triggers);
  if (!fired) return std::unexpected(fired.error());
  for (const auto& each : *fired)
    all.triggers.push_back(
        {value_of(each, "s"), value_of(each, "n"), value_of(each, "d"), value_of(each, "m")});
  const auto granted = ask(rights);
  if (!granted) return std::unexpected(granted.error());
  for (const auto& each : *granted) {
    std::string database = value_of(each, "s");
    all.sees_triggers |= database.empty();
    // As a pattern: what is not exactly a database's is not gone by.
    std::erase(database, '\\');
    all.sees_triggers_of.push_back(std::move(database));
  }
  const auto brought = ask(loaded());
  if (!brought && session_.refusal() == 0) return std::unexpected(brought.error());
  if (!brought) return {};
  all.loaded.emplace();
  for (const auto& each : *brought) all.loaded->push_back(value_of(each, "n"));
  return {};
}

result<std::shared_ptr<const skein::catalog>> wire_catalog_reader::read(
    const skein::catalog* before) {
  server_code all;
  if (const auto ready = prepare(all); !ready) return std::unexpected(ready.error());
  // What changes from here on is seen next time.
  auto digest = read_digest();
  if (!digest) return std::unexpected(std::move(digest.error()));
  *digest += all.folds ? "/folds" : "";
  if (before && *digest == static_cast<const catalog*>(before)->digest()) return nullptr;
  if (const auto read = read_all(all); !read) return std::unexpected(read.error());
  return make_catalog(all, std::move(*digest));
}

}  // namespace

std::unique_ptr<skein::catalog_reader> make_catalog_reader(const catalog_settings& how) {
  return std::make_unique<wire_catalog_reader>(how);
}

}  // namespace skein::mysql
