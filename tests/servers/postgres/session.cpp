#include "tests/servers/postgres/session.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <memory>
#include <stdexcept>

namespace skein::servers::postgres {
namespace {

using clock = std::chrono::steady_clock;
using connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

void wait_for(PGconn* on, short events, clock::time_point end) {
  pollfd watched{PQsocket(on), events, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
  if (left <= 0 || ::poll(&watched, 1, static_cast<int>(left)) == 0)
    throw std::runtime_error("PostgreSQL does not answer within the deadline");
}

connection connect(const std::string& words, clock::time_point end) {
  connection made(PQconnectStart(words.c_str()), &PQfinish);
  if (!made) throw std::bad_alloc();
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
    if (state == PGRES_POLLING_FAILED || PQstatus(made.get()) == CONNECTION_BAD)
      throw std::runtime_error(PQerrorMessage(made.get()));
    wait_for(made.get(), state == PGRES_POLLING_READING ? POLLIN : POLLOUT, end);
    state = PQconnectPoll(made.get());
  }
  PQsetNoticeProcessor(made.get(), [](void*, const char*) {}, nullptr);
  return made;
}

rows to_rows(const PGresult* from) {
  rows all(static_cast<std::size_t>(PQntuples(from)));
  for (int line = 0; line < PQntuples(from); ++line)
    for (int column = 0; column < PQnfields(from); ++column) {
      auto& cells = all[static_cast<std::size_t>(line)];
      if (PQgetisnull(from, line, column))
        cells.emplace_back();
      else
        cells.emplace_back(PQgetvalue(from, line, column));
    }
  return all;
}

}  // namespace

rows ask(const std::string& connection_words, std::string_view sql,
         std::chrono::milliseconds deadline) {
  const auto end = clock::now() + deadline;
  const auto on = connect(connection_words, end);
  if (PQsendQuery(on.get(), std::string(sql).c_str()) == 0)
    throw std::runtime_error(PQerrorMessage(on.get()));
  rows last;
  std::string trouble;
  for (;;) {
    while (PQisBusy(on.get())) {
      wait_for(on.get(), POLLIN, end);
      if (PQconsumeInput(on.get()) == 0) throw std::runtime_error(PQerrorMessage(on.get()));
    }
    const answer got(PQgetResult(on.get()), &PQclear);
    if (!got) break;
    const auto status = PQresultStatus(got.get());
    if (status == PGRES_TUPLES_OK)
      last = to_rows(got.get());
    else if (status == PGRES_COMMAND_OK)
      last.clear();
    else if (status != PGRES_EMPTY_QUERY)
      trouble = PQresultErrorMessage(got.get());
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT)
      throw std::runtime_error("query() does not do COPY");
  }
  if (!trouble.empty()) throw std::runtime_error(trouble);
  return last;
}

}  // namespace skein::servers::postgres
