#include "backends/postgres/libpq_session.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace skein::postgres {

using steady = std::chrono::steady_clock;

namespace {

const char* sslmode_of(tls_mode mode) {
  switch (mode) {
    case tls_mode::disable:
      return "disable";
    case tls_mode::allow:
      return "prefer";
    case tls_mode::require:
      return "require";
    case tls_mode::verify_ca:
      return "verify-ca";
    case tls_mode::verify_full:
      break;
  }
  return "verify-full";
}

// Not its end alone.
bool has_come(int socket) {
  char first = 0;
  return recv(socket, &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

}  // namespace

std::map<std::string, std::string> connection_words(const libpq_settings& how) {
  std::map<std::string, std::string> out = {
      {"host", how.address.host},
      {"port", std::to_string(how.address.port)},
      {"user", how.who.user},
      {"dbname", how.database.empty() ? "postgres" : how.database},
      {"sslmode", sslmode_of(how.tls.mode)},
      {"sslrootcert", how.tls.ca_file},
      {"sslcert", how.tls.certificate_file},
      {"sslkey", how.tls.key_file},
      {"application_name", how.application}};
  std::erase_if(out, [](const auto& each) { return each.second.empty(); });
  return out;
}

libpq_session::libpq_session(libpq_settings how) : how_(std::move(how)) {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
}

libpq_session::~libpq_session() {
  close(wake_);
}

void libpq_session::interrupt() {
  stopped_ = true;
  eventfd_write(wake_, 1);
}

std::unexpected<error> libpq_session::refused(std::string_view what) const {
  std::string words = connection_ ? PQerrorMessage(connection_.get()) : "out of memory";
  while (words.ends_with('\n')) words.pop_back();
  // libpq writes several lines; a log line is one.
  std::ranges::replace_if(words, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return failure(error_kind::unavailable, fault::server,
                 to_string(how_.address) + ": " + std::string(what), std::move(words));
}

std::unexpected<error> libpq_session::refuse(std::string_view what) {
  auto why = refused(what);
  connection_.reset();
  return why;
}

result<void> libpq_session::wait(short events) {
  while (!stopped_) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline_ - steady::now()).count();
    if (left <= 0) {
      return failure(error_kind::timeout, fault::server,
                     to_string(how_.address) + " did not answer within " +
                         std::to_string(how_.timeout.count()) + " ms");
    }
    pollfd watched[] = {{PQsocket(connection_.get()), events, 0}, {wake_, POLLIN, 0}};
    const int ready = poll(watched, 2, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return refused("cannot be waited for");
    if (ready > 0 && watched[0].revents != 0 && !stopped_) return {};
  }
  return failure(error_kind::shutdown, fault::us, "it was interrupted");
}

// Names are resolved by libpq within PQconnectStartParams, without a deadline of ours.
result<void> libpq_session::connect() {
  const auto port = std::to_string(how_.address.port);
  const char* const names[] = {"host",
                               "port",
                               "user",
                               "password",
                               "dbname",
                               "sslmode",
                               "sslrootcert",
                               "sslcert",
                               "sslkey",
                               "gssencmode",
                               "client_encoding",
                               "fallback_application_name",
                               "options",
                               nullptr};
  const char* const values[] = {how_.address.host.c_str(),
                                port.c_str(),
                                how_.who.user.c_str(),
                                how_.who.password.c_str(),
                                how_.database.empty() ? "postgres" : how_.database.c_str(),
                                sslmode_of(how_.tls.mode),
                                how_.tls.ca_file.c_str(),
                                how_.tls.certificate_file.c_str(),
                                how_.tls.key_file.c_str(),
                                "disable",
                                "UTF8",
                                how_.application,
                                how_.options.c_str(),
                                nullptr};
  connection_.reset(PQconnectStartParams(names, values, 0));
  if (connection_) PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
  auto state = PGRES_POLLING_WRITING;
  heard_ = false;
  while (connection_ && PQstatus(connection_.get()) != CONNECTION_BAD) {
    if (state == PGRES_POLLING_OK) return {};
    if (state == PGRES_POLLING_FAILED) break;
    if (auto ready = wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT); !ready) return ready;
    heard_ |= state == PGRES_POLLING_READING && has_come(PQsocket(connection_.get()));
    state = PQconnectPoll(connection_.get());
  }
  return refused("cannot be connected to");
}

result<answer_pointer> libpq_session::take_answer(const char* what) {
  answer_pointer answer;
  for (;;) {
    while (PQisBusy(connection_.get()) != 0) {
      if (auto ready = wait(POLLIN); !ready) return std::unexpected(std::move(ready.error()));
      if (PQconsumeInput(connection_.get()) == 0) return refused("broke the connection off");
    }
    answer_pointer next(PQgetResult(connection_.get()));
    if (!next) break;
    if (!answer || PQresultStatus(answer.get()) == PGRES_TUPLES_OK) answer = std::move(next);
  }
  const auto status = answer ? PQresultStatus(answer.get()) : PGRES_FATAL_ERROR;
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) return answer;
  const char* const state = answer ? PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE) : nullptr;
  sqlstate_ = state ? state : "";
  return refused(what);
}

result<answer_pointer> libpq_session::try_to_ask(const char* query,
                                                 const std::optional<std::string>& parameter,
                                                 const char* what) {
  if (stopped_) return failure(error_kind::shutdown, fault::us, "it was interrupted");
  sqlstate_.clear();
  if (!connection_) {
    if (auto connected = connect(); !connected)
      return std::unexpected(std::move(connected.error()));
  }
  const auto asked_at = steady::now();
  int sent = 0;
  if (parameter) {
    const char* const values[] = {parameter->c_str()};
    sent = PQsendQueryParams(connection_.get(), query, 1, nullptr, values, nullptr, nullptr, 0);
  } else {
    sent = PQsendQuery(connection_.get(), query);
  }
  if (sent == 0) return refused(what);
  auto answer = take_answer(what);
  round_trip_ = std::chrono::duration_cast<std::chrono::microseconds>(steady::now() - asked_at);
  return answer;
}

result<answer_pointer> libpq_session::ask(const char* query,
                                          const std::optional<std::string>& parameter,
                                          const char* what) {
  deadline_ = steady::now() + how_.timeout;
  const bool kept = connection_ != nullptr;
  auto answer = try_to_ask(query, parameter, what);
  // A kept connection may have ended since, with a server that is up again.
  if (!answer && kept && answer.error().kind == error_kind::unavailable) {
    connection_.reset();
    answer = try_to_ask(query, parameter, what);
  }
  // What was in the middle of an exchange cannot be used again.
  if (!answer) connection_.reset();
  return answer;
}

}  // namespace skein::postgres
