#include "tests/servers/chaos/answer.hpp"

#include <poll.h>

#include <memory>

#include "tests/servers/wire_socket.hpp"

namespace skein::servers::chaos {
namespace {

using clock = std::chrono::steady_clock;
using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

bool wait_for_bytes(PGconn* from, clock::time_point end) {
  pollfd watched{PQsocket(from), POLLIN, 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - clock::now()).count();
  return left > 0 && ::poll(&watched, 1, static_cast<int>(left)) != 0;
}

void add(answer& heard, const PGresult* got) {
  const auto status = PQresultStatus(got);
  if (status == PGRES_COMMAND_OK) heard.tag = PQcmdStatus(const_cast<PGresult*>(got));
  if (status == PGRES_PIPELINE_SYNC) heard.tag = "sync";
  if (status == PGRES_PIPELINE_ABORTED && heard.ok()) heard.sqlstate = "aborted";
  if (status == PGRES_TUPLES_OK && PQntuples(got) == 1)
    for (int column = 0; column < PQnfields(got); ++column)
      heard.value += (column > 0 ? "|" : "") + std::string(PQgetvalue(got, 0, column));
  if ((status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) && heard.ok()) {
    const char* state = PQresultErrorField(got, PG_DIAG_SQLSTATE);
    heard.sqlstate = state != nullptr ? state : "lost";
    heard.text = PQresultErrorMessage(got);
  }
}

}  // namespace

answer take_answer(PGconn* from, std::chrono::milliseconds patience) {
  const auto end = clock::now() + patience;
  answer heard;
  bool any = false;
  for (;;) {
    while (PQisBusy(from)) {
      if (!wait_for_bytes(from, end)) {
        wire_socket(PQsocket(from)).reset();
        return {"late", "", "", "no answer in time"};
      }
      if (PQconsumeInput(from) == 0) break;
    }
    const result got(PQgetResult(from), &PQclear);
    if (!got) break;
    any = true;
    add(heard, got.get());
    if (heard.tag == "sync") break;
  }
  if (!any) heard.sqlstate = "lost";
  if (!heard.ok()) heard.tag.clear();
  return heard;
}

}  // namespace skein::servers::chaos
