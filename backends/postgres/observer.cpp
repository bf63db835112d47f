#include "backends/postgres/observer.hpp"

#include "backends/postgres/libpq_session.hpp"
#include "backends/postgres/position.hpp"

namespace skein::postgres {

namespace {

class libpq_observer final : public skein::observer {
 public:
  explicit libpq_observer(const observer_settings& how)
      : session_({how.address, how.tls, how.who, how.database, "skein observer", how.timeout}) {}

  result<observation> look() override;
  void interrupt() override { session_.interrupt(); }

 private:
  libpq_session session_;
  known_timeline known_ = {};
};

result<observation> libpq_observer::look() {
  const auto answer =
      session_.ask(observation_query, std::nullopt, "did not say what state it is in");
  if (!answer) return std::unexpected(said_nothing(answer.error(), session_.heard()));
  if (PQntuples(answer->get()) != 1 || PQnfields(answer->get()) != observation_columns)
    return session_.refuse("did not say what state it is in");

  int column = 0;
  const auto next = [&] {
    const int taken = column++;
    return std::string_view(PQgetvalue(answer->get(), 0, taken),
                            static_cast<std::size_t>(PQgetlength(answer->get(), 0, taken)));
  };
  auto seen = read_observation({.in_recovery = next(),
                                .inserted = next(),
                                .file = next(),
                                .page_bytes = next(),
                                .flushed = next(),
                                .received = next(),
                                .replayed = next(),
                                .timeline = next(),
                                .replay_age = next(),
                                .started_at_us = next(),
                                .server_version = next()},
                               known_);
  if (seen) seen->round_trip = session_.round_trip();
  return seen;
}

}  // namespace

std::unique_ptr<skein::observer> make_observer(const observer_settings& how) {
  return std::make_unique<libpq_observer>(how);
}

}  // namespace skein::postgres
