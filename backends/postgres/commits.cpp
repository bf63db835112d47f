#include "backends/postgres/commits.hpp"

#include <charconv>

#include "backends/postgres/libpq_session.hpp"

namespace skein::postgres {

namespace {

// Of one that follows, or is on its way up, nothing can be told yet.
constexpr auto question = "SELECT pg_is_in_recovery(), txid_status($1::bigint)";

std::optional<std::uint64_t> number_in(const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc() || at != end) return std::nullopt;
  return number;
}

class libpq_commit_inquiry final : public commit_inquiry {
 public:
  explicit libpq_commit_inquiry(const observer_settings& how)
      : session_({.address = how.address,
                  .tls = how.tls,
                  .who = how.who,
                  .database = how.database,
                  .application = "skein commits",
                  .timeout = how.timeout}) {}

  result<std::optional<commit_fate>> ask(const std::string& token,
                                         std::span<const std::string> marks) override;
  void interrupt() override { session_.interrupt(); }

 private:
  libpq_session session_;
};

result<std::optional<commit_fate>> libpq_commit_inquiry::ask(const std::string& token,
                                                             std::span<const std::string> marks) {
  if (const auto fate = fate_by_marks(token, marks)) return fate;
  const auto told = session_.ask(question, token, "does not say what became of a transaction");
  // A number that was never used there: the server has crashed since, and not kept it.
  if (!told && session_.sqlstate() == "22023") return commit_fate::rolled_back;
  if (!told) return std::unexpected(told.error());
  if (PQntuples(told->get()) != 1 || PQnfields(told->get()) != 2)
    return session_.refuse("does not say what became of a transaction");
  const std::string_view follows = PQgetvalue(told->get(), 0, 0);
  const std::string_view status = PQgetvalue(told->get(), 0, 1);
  if (follows == "t" || status == "in progress") return std::nullopt;
  // Without a mark the server may have crashed, and have given the number to another since.
  if (status == "committed" && marks.empty()) return commit_fate::unknown;
  if (status == "committed") return commit_fate::committed;
  if (status == "aborted") return commit_fate::rolled_back;
  return commit_fate::unknown;  // so old that nobody remembers
}

}  // namespace

std::optional<commit_fate> fate_by_marks(const std::string& token,
                                         std::span<const std::string> marks) {
  const auto number = number_in(token);
  if (!number) return commit_fate::unknown;
  for (const std::string& each : marks) {
    const auto mark = number_in(each);
    if (!mark) return commit_fate::unknown;
    if (*number >= *mark) return commit_fate::rolled_back;
  }
  return std::nullopt;
}

std::unique_ptr<commit_inquiry> make_commit_inquiry(const observer_settings& how) {
  return std::make_unique<libpq_commit_inquiry>(how);
}

}  // namespace skein::postgres
