#include "tests/servers/postgres/client.hpp"

#include <poll.h>

#include <array>
#include <cstring>

namespace skein::servers {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// libpq tells the SQLSTATE of a failed login only inside its verbose text.
pg_refusal refusal_of(PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  for (const char* severity : {"FATAL:  ", "ERROR:  ", "PANIC:  "}) {
    const auto at = text.find(severity);
    if (at == std::string::npos) continue;
    const auto state = at + std::strlen(severity);
    const auto end = text.find('\n', state);
    return {text.substr(state, 5), text.substr(state + 7, end - state - 7)};
  }
  return {"", text};
}

}  // namespace

pg_session::pg_session(const std::string& words, milliseconds deadline)
    : connection_(PQconnectStart(words.c_str()), &PQfinish) {
  const auto end = clock::now() + deadline;
  PQsetErrorVerbosity(raw(), PQERRORS_VERBOSE);
  auto state = PQstatus(raw()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK) {
    if (state == PGRES_POLLING_FAILED) throw refusal_of(raw());
    if (!wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT, end)) {
      throw pg_refusal("", "no login within the deadline");
    }
    state = PQconnectPoll(raw());
  }
  PQsetErrorVerbosity(raw(), PQERRORS_DEFAULT);
  PQsetNoticeReceiver(
      raw(),
      [](void* self, const PGresult* said) {
        static_cast<pg_session*>(self)->notices.emplace_back(
            PQresultErrorField(said, PG_DIAG_MESSAGE_PRIMARY));
      },
      this);
}

bool pg_session::wait(short events, clock::time_point end) {
  pollfd watched{PQsocket(raw()), events, 0};
  const auto left = std::chrono::ceil<milliseconds>(end - clock::now()).count();
  return left > 0 && ::poll(&watched, 1, static_cast<int>(left)) != 0;
}

pg_answer pg_session::ask(const std::string& sql, milliseconds deadline) {
  if (PQsendQuery(raw(), sql.c_str()) == 0) return {{}, {}, "lost", PQerrorMessage(raw())};
  return finish(deadline);
}

void pg_session::send(const std::string& sql) {
  if (PQsendQuery(raw(), sql.c_str()) == 0) throw pg_refusal("", PQerrorMessage(raw()));
}

pg_answer pg_session::finish(milliseconds deadline) {
  const auto end = clock::now() + deadline;
  pg_answer answer;
  for (;;) {
    while (PQisBusy(raw())) {
      if (!wait(POLLIN, end)) return {{}, {}, "late", "no answer within the deadline"};
      if (PQconsumeInput(raw()) == 0) break;
    }
    const result got(PQgetResult(raw()), &PQclear);
    if (!got) break;
    const auto status = PQresultStatus(got.get());
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
      if (!answer.ok()) continue;
      const char* state = PQresultErrorField(got.get(), PG_DIAG_SQLSTATE);
      const char* text = PQresultErrorField(got.get(), PG_DIAG_MESSAGE_PRIMARY);
      answer.sqlstate = state != nullptr ? state : "lost";
      answer.text = text != nullptr ? text : PQresultErrorMessage(got.get());
    }
    if (status == PGRES_PIPELINE_ABORTED && answer.ok()) answer.sqlstate = "aborted";
    if (status == PGRES_PIPELINE_SYNC) break;  // nothing belongs to it that could follow
    if (status != PGRES_TUPLES_OK) continue;
    answer.columns.clear();
    for (int column = 0; column < PQnfields(got.get()); ++column)
      answer.columns.emplace_back(PQfname(got.get(), column));
    answer.lines.assign(static_cast<std::size_t>(PQntuples(got.get())), {});
    for (int line = 0; line < PQntuples(got.get()); ++line) {
      for (int column = 0; column < PQnfields(got.get()); ++column) {
        auto& cells = answer.lines[static_cast<std::size_t>(line)];
        const bool null = PQgetisnull(got.get(), line, column) != 0;
        cells.push_back(null ? std::nullopt
                             : std::optional<std::string>(PQgetvalue(got.get(), line, column)));
      }
    }
  }
  return answer;
}

std::string pg_session::value(const std::string& sql) {
  const auto answer = ask(sql);
  if (!answer.ok()) throw pg_refusal(answer.sqlstate, answer.text);
  return answer.lines.empty() ? "" : answer.lines[0][0].value_or("(null)");
}

bool pg_session::cancel() {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> key(PQgetCancel(raw()), &PQfreeCancel);
  std::array<char, 256> why{};
  return key && PQcancel(key.get(), why.data(), why.size()) != 0;
}

std::string pg_session::parameter(const char* name) const {
  const char* value = PQparameterStatus(raw(), name);
  return value != nullptr ? value : "(none)";
}

int pg_session::server_pid() {
  return std::stoi(value("select pg_backend_pid()"));
}

std::vector<std::string> pg_session::notifications(milliseconds deadline) {
  const auto end = clock::now() + deadline;
  std::vector<std::string> heard;
  do {
    PQconsumeInput(raw());
    while (PGnotify* one = PQnotifies(raw())) {
      heard.emplace_back(one->relname);
      PQfreemem(one);
    }
  } while (heard.empty() && wait(POLLIN, end));
  return heard;
}

std::string login_failure(const std::string& words, milliseconds deadline) {
  try {
    const pg_session admitted(words, deadline);
    return "";
  } catch (const pg_refusal& refusal) {
    return refusal.sqlstate + ": " + (refusal.what() + refusal.sqlstate.size() + 1);
  }
}

}  // namespace skein::servers
