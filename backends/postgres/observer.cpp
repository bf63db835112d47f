#include "backends/postgres/observer.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <system_error>

#include "backends/postgres/position.hpp"

namespace skein::postgres {

namespace {

using steady = std::chrono::steady_clock;

struct connection_closer {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
struct result_closer {
  void operator()(PGresult* answer) const { PQclear(answer); }
};
using answer_pointer = std::unique_ptr<PGresult, result_closer>;

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

class libpq_observer final : public skein::observer {
 public:
  explicit libpq_observer(observer_settings how) : how_(std::move(how)) {
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  }
  ~libpq_observer() override { close(wake_); }
  libpq_observer(const libpq_observer&) = delete;
  libpq_observer& operator=(const libpq_observer&) = delete;

  result<observation> look() override {
    deadline_ = steady::now() + how_.timeout;
    const bool kept = connection_ != nullptr;
    auto seen = ask();
    // A kept connection may have ended since, with a server that is up again.
    if (!seen && kept && seen.error().kind == error_kind::unavailable) {
      connection_.reset();
      seen = ask();
    }
    // What was in the middle of an exchange cannot be used again.
    if (!seen) connection_.reset();
    return seen;
  }

  void interrupt() override {
    stopped_ = true;
    eventfd_write(wake_, 1);
  }

 private:
  result<observation> ask();
  result<void> connect();
  result<answer_pointer> take_answer();
  result<void> wait(short events);
  std::unexpected<error> refused(std::string_view what) const;

  observer_settings how_;
  std::unique_ptr<PGconn, connection_closer> connection_;
  int wake_ = -1;  // becomes readable, for good, when a look must end
  std::atomic<bool> stopped_ = false;
  steady::time_point deadline_ = {};
};

std::unexpected<error> libpq_observer::refused(std::string_view what) const {
  std::string words = connection_ ? PQerrorMessage(connection_.get()) : "out of memory";
  while (words.ends_with('\n')) words.pop_back();
  // libpq writes several lines; a log line is one.
  std::ranges::replace_if(words, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return failure(error_kind::unavailable, fault::server,
                 to_string(how_.address) + ": " + std::string(what), std::move(words));
}

result<void> libpq_observer::wait(short events) {
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
  return failure(error_kind::shutdown, fault::us, "the look was interrupted");
}

// Names are resolved by libpq within PQconnectStartParams, without a deadline of ours.
result<void> libpq_observer::connect() {
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
                                "skein observer",
                                nullptr};
  connection_.reset(PQconnectStartParams(names, values, 0));
  if (connection_) PQsetNoticeReceiver(connection_.get(), [](void*, const PGresult*) {}, nullptr);
  auto state = PGRES_POLLING_WRITING;
  while (connection_ && PQstatus(connection_.get()) != CONNECTION_BAD) {
    if (state == PGRES_POLLING_OK) return {};
    if (state == PGRES_POLLING_FAILED) break;
    if (auto ready = wait(state == PGRES_POLLING_READING ? POLLIN : POLLOUT); !ready) return ready;
    state = PQconnectPoll(connection_.get());
  }
  return refused("cannot be connected to");
}

result<answer_pointer> libpq_observer::take_answer() {
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
  if (!answer || PQresultStatus(answer.get()) != PGRES_TUPLES_OK || PQntuples(answer.get()) != 1 ||
      PQnfields(answer.get()) != observation_columns)
    return refused("did not say what state it is in");
  return answer;
}

result<observation> libpq_observer::ask() {
  if (stopped_) return failure(error_kind::shutdown, fault::us, "the observer is stopped");
  if (!connection_) {
    if (auto connected = connect(); !connected)
      return std::unexpected(std::move(connected.error()));
  }
  const auto asked_at = steady::now();
  if (PQsendQuery(connection_.get(), observation_query) == 0)
    return refused("cannot be asked for its state");
  const auto answer = take_answer();
  if (!answer) return std::unexpected(answer.error());
  const auto round_trip = steady::now() - asked_at;

  int column = 0;
  const auto next = [&] {
    const int taken = column++;
    return std::string_view(PQgetvalue(answer->get(), 0, taken),
                            static_cast<std::size_t>(PQgetlength(answer->get(), 0, taken)));
  };
  auto seen = read_observation({.in_recovery = next(),
                                .inserted = next(),
                                .received = next(),
                                .replayed = next(),
                                .receiving = next(),
                                .replay_age = next(),
                                .timeline = next(),
                                .started_at_us = next(),
                                .server_version = next()});
  if (seen) seen->round_trip = std::chrono::duration_cast<std::chrono::microseconds>(round_trip);
  return seen;
}

}  // namespace

std::unique_ptr<skein::observer> make_observer(const observer_settings& how) {
  return std::make_unique<libpq_observer>(how);
}

}  // namespace skein::postgres
