#include "backends/postgres/directory.hpp"

#include "backends/postgres/libpq_session.hpp"
#include "backends/postgres/md5.hpp"
#include "backends/postgres/scram_secret.hpp"

namespace skein::postgres {

namespace {

// A function, because pg_shadow itself is for superusers alone; the README has its text.
constexpr const char* own_query = "select usename, passwd from skein.user_secret($1)";
constexpr const char* no_answer = "did not say which user that is";

class libpq_directory final : public skein::directory {
 public:
  explicit libpq_directory(const directory_settings& how)
      : session_({how.address, how.tls, how.who, how.database, "skein auth_query", how.timeout}),
        query_(how.query.empty() ? own_query : how.query) {}

  result<std::optional<credentials>> find(const std::string& user) override;
  void interrupt() override { session_.interrupt(); }

 private:
  libpq_session session_;
  std::string query_;
};

result<std::optional<credentials>> libpq_directory::find(const std::string& user) {
  const auto answer = session_.ask(query_.c_str(), user, no_answer);
  if (!answer) return std::unexpected(answer.error());
  PGresult* const rows = answer->get();
  if (PQntuples(rows) == 0) return std::nullopt;
  const auto cell = [&](int column) -> std::optional<std::string_view> {
    if (PQgetisnull(rows, 0, column) != 0) return std::nullopt;
    return std::string_view(PQgetvalue(rows, 0, column),
                            static_cast<std::size_t>(PQgetlength(rows, 0, column)));
  };
  std::expected<std::optional<credentials>, std::string> read =
      std::unexpected("the query must give one row of two columns, the user and its password");
  if (PQntuples(rows) == 1 && PQnfields(rows) == 2)
    read = read_user(user, cell(0).value_or(""), cell(1));
  if (read) return *read;
  return failure(error_kind::unsupported, fault::server, no_answer, read.error());
}

}  // namespace

std::expected<std::optional<credentials>, std::string> read_user(
    const std::string& asked, std::string_view name, std::optional<std::string_view> stored) {
  if (name != asked)
    return std::unexpected("asked for user \"" + asked + "\", the query gave \"" +
                           std::string(name) + "\"");
  if (!stored) return std::nullopt;
  // Anything else is no password: a view that hides it gives the same stars for everybody.
  if (!is_md5_hash(*stored) && !read_scram_secret(*stored))
    return std::unexpected("what the query gives for user \"" + asked +
                           "\" is neither a SCRAM secret nor an md5 hash");
  return credentials{.user = asked, .verifier = std::string(*stored)};
}

std::unique_ptr<skein::directory> make_directory(const directory_settings& how) {
  return std::make_unique<libpq_directory>(how);
}

}  // namespace skein::postgres
