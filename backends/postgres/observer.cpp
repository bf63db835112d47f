#include "backends/postgres/observer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <vector>

#include "backends/postgres/lsn.hpp"

namespace skein::postgres {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A leader's timeline is that of the file it writes: its control file may still name the old one
// after a promotion. A follower's is that of its receiver where we may see it.
constexpr const char* question = R"(
select pg_is_in_recovery(),
  case when pg_is_in_recovery()
    then coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
    else pg_current_wal_insert_lsn() end,
  pg_last_wal_replay_lsn(),
  case when pg_is_in_recovery() then
    case when coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
              = pg_last_wal_replay_lsn() then 0
    else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) end end,
  case when pg_is_in_recovery() then
    coalesce((select received_tli from pg_stat_wal_receiver),
             (select timeline_id from pg_control_checkpoint()))
    else ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int end,
  (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint,
  current_setting('server_version'))";
enum column { in_recovery, received, replayed, lag, timeline, started, version };

const char* sslmode(tls_mode mode) {
  switch (mode) {
    case tls_mode::disable: return "disable";
    case tls_mode::allow: return "prefer";
    case tls_mode::require: return "require";
    case tls_mode::verify_ca: return "verify-ca";
    case tls_mode::verify_full: break;
  }
  return "verify-full";
}

std::string first_line(const char* text) {
  std::string line = text ? text : "";
  line.resize(std::min(line.size(), line.find('\n')));
  return line;
}

template <typename Number>
Number number(const PGresult* row, column which) {
  Number value{};
  const char* const text = PQgetvalue(row, 0, which);
  std::from_chars(text, text + PQgetlength(row, 0, which), value);
  return value;
}

observation read(const PGresult* row) {
  observation seen;
  const auto where = number<std::uint64_t>(row, timeline);
  const bool follows = PQgetvalue(row, 0, in_recovery)[0] == 't';
  seen.role = follows ? member_role::follower : member_role::leader;
  seen.written = make_position(where, PQgetvalue(row, 0, received));
  seen.applied = follows ? make_position(where, PQgetvalue(row, 0, replayed)) : seen.written;
  if (follows && !PQgetisnull(row, 0, lag)) seen.lag_seconds = number<double>(row, lag);
  seen.started_at_us = number<std::int64_t>(row, started);
  seen.server_version = PQgetvalue(row, 0, version);
  return seen;
}

}  // namespace

observer::observer(observer_settings how)
    : how_(std::move(how)), interrupted_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

observer::~observer() { ::close(interrupted_); }

void observer::interrupt() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(interrupted_, &one, sizeof one);
}

result<observation> observer::look() {
  const auto began = steady_clock::now();
  const auto until = began + how_.timeout;
  if (!connection_) {
    if (auto done = connect(until); !done) {
      connection_.reset();
      return std::unexpected(done.error());
    }
  }
  const auto asked = steady_clock::now();
  auto said = ask(question, until);
  if (!said) {
    connection_.reset();
    return std::unexpected(said.error());
  }
  observation seen = read(said->get());
  seen.round_trip = duration_cast<std::chrono::microseconds>(steady_clock::now() - asked);
  return seen;
}

// Looking a host name up is the one thing here that the deadline does not bound.
result<void> observer::connect(time_point until) {
  const std::string port = std::to_string(how_.address.port);
  const std::vector<std::pair<const char*, std::string>> words = {
      {"host", how_.address.host},
      {"port", port},
      {"user", how_.who.user},
      {"password", how_.who.password},
      {"dbname", how_.database.empty() ? "postgres" : how_.database},
      {"sslmode", sslmode(how_.tls.mode)},
      {"sslrootcert", how_.tls.ca_file},
      {"sslcert", how_.tls.certificate_file},
      {"sslkey", how_.tls.key_file},
      {"gssencmode", "disable"},
      {"application_name", "skein"},
      {"client_encoding", "UTF8"}};
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : words) {
    names.push_back(name);
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectStartParams(names.data(), values.data(), 0));
  if (!connection_ || PQstatus(connection_.get()) == CONNECTION_BAD) return trouble("connecting");
  for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
    if (state == PGRES_POLLING_FAILED) return trouble("connecting");
    const short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (auto ready = wait(events, until); !ready) return ready;
    state = PQconnectPoll(connection_.get());
  }
  return {};
}

result<observer::answer> observer::ask(const char* query, time_point until) {
  PGconn* const to = connection_.get();
  if (!PQsendQuery(to, query)) return trouble("asking");
  answer last(nullptr, &PQclear);
  for (;;) {
    while (PQisBusy(to)) {
      if (auto ready = wait(POLLIN, until); !ready) return std::unexpected(ready.error());
      if (!PQconsumeInput(to)) return trouble("asking");
    }
    answer next(PQgetResult(to), &PQclear);
    if (!next) break;
    last = std::move(next);
  }
  if (!last || PQresultStatus(last.get()) != PGRES_TUPLES_OK || PQntuples(last.get()) != 1) {
    return trouble("asking");
  }
  return last;
}

result<void> observer::wait(short events, time_point until) {
  const auto left = duration_cast<milliseconds>(until - steady_clock::now()).count();
  std::array<pollfd, 2> watched = {
      {{PQsocket(connection_.get()), events, 0}, {interrupted_, POLLIN, 0}}};
  const int ready = left > 0 ? ::poll(watched.data(), watched.size(), static_cast<int>(left)) : 0;
  if (watched[1].revents) return failure(error_kind::shutdown, fault::us, "Skein is stopping");
  if (ready == 0) {
    return failure(error_kind::timeout, fault::server,
                   "no answer within " + std::to_string(how_.timeout.count()) + " ms");
  }
  return {};
}

std::unexpected<error> observer::trouble(const std::string& doing) {
  std::string text = connection_ ? first_line(PQerrorMessage(connection_.get())) : "out of memory";
  if (text.empty()) text = "an unexpected answer";
  return failure(error_kind::unavailable, fault::server, std::move(text), "while " + doing);
}

std::unique_ptr<skein::observer> make_observer(const observer_settings& how) {
  return std::make_unique<observer>(how);
}

}  // namespace skein::postgres
