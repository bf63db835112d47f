#include "backends/mysql/directory.hpp"

#include <vector>

#include "backends/mysql/account_hosts.hpp"
#include "backends/mysql/lexer.hpp"
#include "backends/mysql/stored_password.hpp"

namespace skein::mysql {

namespace {

// The server knows from where Skein comes, and so by which of a user's accounts it is let in.
constexpr std::string_view accounts_of_mysql =
    "select user as name, host as host, plugin as plugin, authentication_string as secret, "
    "account_locked = 'Y' or password_expired = 'Y' as barred, substring_index(user(), '@', -1) "
    "as place from mysql.user where user = ?";
// Roles stand among them, without a host. A password that has expired was last changed never.
constexpr std::string_view accounts_of_mariadb =
    "select user as name, host as host, json_value(priv, '$.plugin') as plugin, "
    "json_value(priv, '$.authentication_string') as secret, "
    "coalesce(json_value(priv, '$.account_locked'), 0) or "
    "coalesce(json_value(priv, '$.password_last_changed') = 0, 0) as barred, "
    "substring_index(user(), '@', -1) as place from mysql.global_priv where user = ? "
    "and coalesce(json_value(priv, '$.is_role'), 0) = 0";

// It has another name at the client's end.
constexpr std::string_view ed25519_of_servers = "ed25519";

constexpr const char* no_answer = "did not say which user that is";

std::string_view text_of(const std::map<std::string, std::optional<std::string>, std::less<>>& row,
                         std::string_view name) {
  const auto found = row.find(name);
  return found == row.end() || !found->second ? std::string_view() : *found->second;
}

class wire_directory final : public skein::directory {
 public:
  explicit wire_directory(const directory_settings& how)
      : session_({.address = how.address,
                  .tls = how.tls,
                  .who = how.who,
                  .database = how.database,
                  .application = "skein auth_query",
                  .timeout = how.timeout}),
        query_(how.query) {}

  result<std::optional<credentials>> find(const std::string& user) override;
  void interrupt() override { session_.interrupt(); }

 private:
  result<wire_result> ask(const std::string& user);

  wire_session session_;
  std::string query_;
};

// Which of the two it is is known once it has been connected to.
result<wire_result> wire_directory::ask(const std::string& user) {
  const auto question = [&] {
    const flavour of = session_.which();
    const auto own = of == flavour::mariadb ? accounts_of_mariadb : accounts_of_mysql;
    return with_user(query_.empty() ? own : query_, user, of);
  };
  const flavour guessed = session_.which();
  auto told = session_.ask(question());
  if (!told && session_.refusal() != 0 && session_.which() != guessed)
    return session_.ask(question());
  return told;
}

result<std::optional<credentials>> wire_directory::find(const std::string& user) {
  auto told = ask(user);
  if (!told) {
    // A server asks for methods of every kind where it does not know who looks: it has not
    // answered.
    if (told.error().kind == error_kind::unsupported) told.error().kind = error_kind::unavailable;
    return std::unexpected(std::move(told.error()));
  }
  if (query_.empty()) return read_accounts(user, *told);
  auto read = read_user(user, *told);
  if (read) return *std::move(read);
  return failure(error_kind::unsupported, fault::server, no_answer, read.error());
}

}  // namespace

// As bytes in hexadecimal letters nothing in a name can be SQL, whatever the server's modes are.
std::string with_user(std::string_view query, std::string_view user, flavour of) {
  static constexpr std::string_view letters = "0123456789abcdef";
  std::string value = "_utf8mb4 x'";
  for (const char each : user) {
    value.push_back(letters[static_cast<unsigned char>(each) >> 4]);
    value.push_back(letters[static_cast<unsigned char>(each) & 0xf]);
  }
  value.push_back('\'');
  std::string made;
  std::size_t copied = 0;
  lexer tokens(query, {.of = of});
  for (token one = tokens.next(); one.kind != token_kind::end; one = tokens.next()) {
    if (one.kind != token_kind::parameter) continue;
    made.append(query.substr(copied, tokens.at() - one.text.size() - copied)).append(value);
    copied = tokens.at();
  }
  return made.append(query.substr(copied));
}

std::optional<credentials> read_accounts(const std::string& asked, const wire_result& told) {
  std::vector<std::string> hosts;
  for (const auto& row : told.rows) hosts.emplace_back(text_of(row, "host"));
  if (hosts.empty()) return std::nullopt;
  const auto chosen = account_for(hosts, text_of(told.rows.front(), "place"));
  if (!chosen) return std::nullopt;
  const auto& row = told.rows[*chosen];
  const auto plugin = text_of(row, "plugin");
  std::string stored(text_of(row, "secret"));
  if (plugin == ed25519_of_servers) stored.insert(0, ed25519_prefix);
  if (text_of(row, "name") != asked || text_of(row, "barred") != "0") return std::nullopt;
  // An account that is proved in another way has something else there, or nothing.
  const auto known = read_stored_password(stored);
  const bool signs = known && known->by == auth_plugin::ed25519;
  if (!known || plugin != (signs ? ed25519_of_servers : to_string(known->by))) return std::nullopt;
  return credentials{.user = asked, .verifier = stored};
}

std::expected<std::optional<credentials>, std::string> read_user(const std::string& asked,
                                                                 const wire_result& told) {
  if (told.rows.empty()) return std::nullopt;
  if (told.rows.size() != 1 || told.columns.size() != 2 || told.rows.front().size() != 2)
    return std::unexpected("the query must give one row of two columns, the user and its password");
  const auto& row = told.rows.front();
  const auto name = text_of(row, told.columns[0]);
  if (name != asked)
    return std::unexpected("asked for user \"" + asked + "\", the query gave \"" +
                           std::string(name) + "\"");
  const auto stored = row.find(told.columns[1]);
  if (!stored->second || stored->second->empty()) return std::nullopt;
  auto known = credentials_of(asked, *stored->second);
  if (known && !known->verifier.empty()) return *std::move(known);
  return std::unexpected(
      "what the query gives for user \"" + asked +
      "\" is neither of mysql_native_password nor of caching_sha2_password, nor a key of "
      "client_ed25519 behind $ed25519$");
}

std::unique_ptr<skein::directory> make_directory(const directory_settings& how) {
  return std::make_unique<wire_directory>(how);
}

}  // namespace skein::mysql
