#include "backends/postgres/catalog_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "backends/postgres/catalog_maker.hpp"
#include "backends/postgres/catalog_queries.hpp"
#include "backends/postgres/libpq_session.hpp"

namespace skein::postgres {

namespace {

constexpr const char* no_answer = "did not say what its database defines";

// Bare names are the server's own, and those of all others are printed in full. Views are printed
// under a lock on what they name, kept to the statement's end: somebody who changes tables, and has
// waited for us for deadlock_timeout, must not find us waiting for one of his. So we hardly wait,
// and come again. The server gives up before we do, and says why.
std::string options_of(std::chrono::milliseconds timeout) {
  return "-c search_path= -c lock_timeout=10 -c statement_timeout=" +
         std::to_string(std::max<std::int64_t>(timeout.count() * 9 / 10, 1)) +
         " -c default_transaction_read_only=on -c standard_conforming_strings=on"
         " -c quote_all_identifiers=off -c jit=off -c max_parallel_workers_per_gather=0";
}

using values = std::array<std::string_view, catalog_columns>;

template <typename Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), into);
  return trouble == std::errc() && end == text.data() + text.size();
}

// Null: something was dropped meanwhile.
std::optional<values> row_of(PGresult* rows, int row) {
  values all;
  for (int column = 0; column < catalog_columns; ++column) {
    if (PQgetisnull(rows, row, column) != 0) return std::nullopt;
    all[static_cast<std::size_t>(column)] = {
        PQgetvalue(rows, row, column), static_cast<std::size_t>(PQgetlength(rows, row, column))};
  }
  return all;
}

template <typename Kind>
struct kind_name {
  std::string_view name;
  Kind kind;
};

constexpr kind_name<text_kind> text_kinds[] = {
    {"view", text_kind::view},
    {"stored_view", text_kind::stored_view},
    {"rule", text_kind::rule},
    {"policy", text_kind::policy},
    {"column", text_kind::column},
    {"virtual_column", text_kind::virtual_column},
    {"trigger_condition", text_kind::trigger_condition},
    {"index", text_kind::index},
    {"partition_key", text_kind::partition_key},
    {"domain_check", text_kind::domain_check},
    {"domain_default", text_kind::domain_default},
    {"argument_default", text_kind::argument_default},
};

constexpr kind_name<link_kind> link_kinds[] = {
    {"function_of_aggregate", link_kind::function_of_aggregate},
    {"operator_of_aggregate", link_kind::operator_of_aggregate},
    {"function_of_family", link_kind::function_of_family},
    {"operator_of_family", link_kind::operator_of_family},
    {"operator_of_operator", link_kind::operator_of_operator},
    {"family_of_index", link_kind::family_of_index},
    {"family_of_partitions", link_kind::family_of_partitions},
    {"operator_of_constraint", link_kind::operator_of_constraint},
    {"function_of_range", link_kind::function_of_range},
    {"family_of_range", link_kind::family_of_range},
    {"type_of_type", link_kind::type_of_type},
    {"type_of_function", link_kind::type_of_function},
    {"child_of_parent", link_kind::child_of_parent},
    {"child_of_cascade", link_kind::child_of_cascade},
    {"relation_of_view", link_kind::relation_of_view},
};

template <typename Kind, std::size_t size>
bool read_kind(std::string_view name, const kind_name<Kind> (&all)[size], Kind& into) {
  const auto found = std::ranges::find(all, name, &kind_name<Kind>::name);
  if (found == std::end(all)) return false;
  into = found->kind;
  return true;
}

bool is_true(std::string_view value) {
  return value == "true";
}

// False: no row of ours.
bool add(database_code& all, const values& row) {
  const auto text = [&](std::size_t at) { return std::string(row[at]); };
  const auto number = [&](std::size_t at, oid& into) { return read_number(row[at], into); };
  if (row[0] == "function") {
    auto& one = all.functions.emplace_back();
    one.name = text(2);
    if (row[3].size() != 2) return false;
    one.sort = static_cast<function_sort>(row[3][0]);
    one.volatility = row[3][1];
    one.language = text(4);
    one.extension = text(5);
    one.body = text(6);
    one.as_column = is_true(row[7]);
    return number(1, one.id);
  }
  if (row[0] == "relation") {
    auto& one = all.relations.emplace_back();
    one.name = text(2);
    one.array_name = text(5);
    if (row[6].size() != 2) return false;
    one.kind = row[6][0];
    one.persistence = row[6][1];
    return number(1, one.id) && number(3, one.row_type) && number(4, one.array_type);
  }
  if (row[0] == "type") {
    auto& one = all.types.emplace_back();
    one.name = text(2);
    one.array_name = text(4);
    return number(1, one.id) && number(3, one.array_type);
  }
  if (row[0] == "operator") {
    auto& one = all.operators.emplace_back();
    one.symbol = text(2);
    return number(1, one.id) && number(3, one.function) && number(4, one.left) &&
           number(5, one.right);
  }
  if (row[0] == "cast") {
    auto& one = all.casts.emplace_back();
    return number(1, one.function) && number(2, one.source) && number(3, one.target);
  }
  if (row[0] == "class") {
    auto& one = all.classes.emplace_back();
    one.name = text(2);
    one.is_default = is_true(row[4]);
    return number(1, one.family) && number(3, one.input);
  }
  if (row[0] == "trigger") {
    auto& one = all.triggers.emplace_back();
    one.on_truncate = is_true(row[3]);
    return number(1, one.function) && number(2, one.relation);
  }
  if (row[0] == "text") {
    auto& one = all.texts.emplace_back();
    one.text = text(3);
    return read_kind(row[1], text_kinds, one.kind) && number(2, one.owner);
  }
  auto& one = all.links.emplace_back();
  return row[0] == "link" && read_kind(row[1], link_kinds, one.kind) && number(2, one.from) &&
         number(3, one.to);
}

class libpq_catalog_reader final : public skein::catalog_reader {
 public:
  explicit libpq_catalog_reader(const catalog_settings& how)
      : session_({how.address, how.tls, how.who, how.database, "skein catalog", how.timeout,
                  options_of(how.timeout)}) {}
  result<std::shared_ptr<const skein::catalog>> read(const skein::catalog* before) override;
  void interrupt() override { session_.interrupt(); }

 private:
  result<std::shared_ptr<const skein::catalog>> read_all(int server_version, std::string digest);

  libpq_session session_;
};

// Somebody has it locked, or has dropped it: another time will do.
bool is_passing(std::string_view sqlstate) {
  return sqlstate == "55P03" || sqlstate == "XX000" || sqlstate == "42P01" || sqlstate == "40P01";
}

result<std::shared_ptr<const skein::catalog>> libpq_catalog_reader::read(
    const skein::catalog* before) {
  const auto answer = session_.ask(catalog_digest_query, std::nullopt, no_answer);
  if (!answer) return std::unexpected(answer.error());
  int version = 0;
  if (PQntuples(answer->get()) != 1 || PQnfields(answer->get()) != 3 ||
      !read_number(std::string_view(PQgetvalue(answer->get(), 0, 0)), version))
    return session_.refuse(no_answer);
  // Something between has not passed our settings on: bare names could be anybody's.
  if (*PQgetvalue(answer->get(), 0, 1) != '\0')
    return session_.refuse("does not take settings with the log-in");
  // What changes from here on is seen next time.
  std::string digest = PQgetvalue(answer->get(), 0, 2);
  if (before && digest == static_cast<const catalog*>(before)->digest()) return nullptr;
  return read_all(version, std::move(digest));
}

result<std::shared_ptr<const skein::catalog>> libpq_catalog_reader::read_all(int server_version,
                                                                             std::string digest) {
  auto answer = session_.ask(catalog_query(server_version).c_str(), std::nullopt, no_answer);
  if (!answer) {
    error why = std::move(answer.error());
    if (is_passing(session_.sqlstate())) why.kind = error_kind::timeout;
    return std::unexpected(std::move(why));
  }
  if (PQnfields(answer->get()) != catalog_columns) return session_.refuse(no_answer);
  database_code all;
  for (int row = 0; row < PQntuples(answer->get()); ++row) {
    const auto read = row_of(answer->get(), row);
    if (!read)
      return failure(error_kind::timeout, fault::server,
                     "what its database defines was changed while it was asked");
    if (!add(all, *read)) return session_.refuse(no_answer);
  }
  return make_catalog(all, std::move(digest));
}

}  // namespace

std::unique_ptr<skein::catalog_reader> make_catalog_reader(const catalog_settings& how) {
  return std::make_unique<libpq_catalog_reader>(how);
}

}  // namespace skein::postgres
