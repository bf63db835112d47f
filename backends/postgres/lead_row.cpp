#include "backends/postgres/lead_row.hpp"

#include <array>
#include <charconv>

namespace skein::postgres {

namespace {

// By the catalog: to name what is not there, or what one may not see, is an error.
constexpr auto what_is_there =
    "SELECT has_schema_privilege(n.oid, 'usage') AND has_table_privilege(c.oid, 'select')"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'skein' AND c.relname = 'lead'";

enum class place : std::uint8_t { missing, closed, open };

result<place> look_for_it(libpq_session& by) {
  const auto told = by.ask(what_is_there, std::nullopt, "does not say whether it knows who led");
  if (!told) return std::unexpected(told.error());
  if (PQntuples(told->get()) == 0) return place::missing;
  return std::string_view(PQgetvalue(told->get(), 0, 0)) == "t" ? place::open : place::closed;
}

// What may not be done is not tried again for that.
std::unexpected<error> in_our_words(error why, const std::string& sqlstate) {
  constexpr std::string_view access_rules = "42";
  if (sqlstate.starts_with(access_rules)) why.kind = error_kind::unsupported;
  return std::unexpected(std::move(why));
}

}  // namespace

std::span<const std::string_view> lead_table() {
  static constexpr std::array<std::string_view, 2> all = {
      "create schema if not exists skein",
      "create table if not exists skein.lead (one boolean primary key default true check (one),\n"
      "  epoch bigint not null, member text not null, since timestamptz not null default now())"};
  return all;
}

result<std::optional<lead_record>> read_lead(libpq_session& by) {
  const auto there = look_for_it(by);
  if (!there) return std::unexpected(there.error());
  if (*there != place::open) return std::nullopt;
  const auto told =
      by.ask("SELECT epoch, member FROM skein.lead", std::nullopt, "does not say who led");
  if (!told) return std::unexpected(told.error());
  if (PQntuples(told->get()) == 0) return std::nullopt;
  const std::string_view epoch = PQgetvalue(told->get(), 0, 0);
  lead_record out{.member = PQgetvalue(told->get(), 0, 1)};
  const auto read = std::from_chars(epoch.data(), epoch.data() + epoch.size(), out.epoch);
  if (read.ec != std::errc()) return by.refuse("does not say in which epoch it was led");
  return out;
}

result<void> write_lead(libpq_session& by, const lead_record& which) {
  constexpr auto what = "cannot write down who leads";
  const auto there = look_for_it(by);
  if (!there) return std::unexpected(there.error());
  if (*there == place::missing) {
    for (const std::string_view each : lead_table())
      if (auto made = by.ask(each.data(), std::nullopt, what); !made)
        return in_our_words(made.error(), by.sqlstate());
  }
  const std::string write =
      "INSERT INTO skein.lead AS was (epoch, member) VALUES (" + std::to_string(which.epoch) +
      ", $1) ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, member = excluded.member,"
      " since = excluded.since WHERE was.epoch <= excluded.epoch";
  const auto done = by.ask(write.c_str(), which.member, what);
  if (!done) return in_our_words(done.error(), by.sqlstate());
  if (std::string_view(PQcmdTuples(done->get())) == "0")
    return failure(error_kind::unavailable, fault::server,
                   "another has led since epoch " + std::to_string(which.epoch));
  return {};
}

}  // namespace skein::postgres
