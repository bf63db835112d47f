#include "tests/servers/mysql/native.hpp"

// Its header is in a package that Connector/C++ does not bring along.
extern "C" {
void* mysql_init(void*);
void* mysql_real_connect(void*, const char*, const char*, const char*, const char*, unsigned,
                         const char*, unsigned long);
int mysql_options(void*, int, const void*);
int mysql_ssl_set(void*, const char*, const char*, const char*, const char*, const char*);
signed char mysql_change_user(void*, const char*, const char*, const char*);
int mysql_real_query(void*, const char*, unsigned long);
void* mysql_store_result(void*);
char** mysql_fetch_row(void*);
unsigned long* mysql_fetch_lengths(void*);
unsigned mysql_num_fields(void*);
void mysql_free_result(void*);
unsigned mysql_errno(void*);
const char* mysql_error(void*);
const char* mysql_sqlstate(void*);
unsigned long mysql_thread_id(void*);
void mysql_close(void*);
}

namespace skein::servers::mysql {

namespace {

constexpr int connect_timeout = 0, read_timeout = 11, write_timeout = 12, default_auth = 23;
constexpr unsigned deadline_seconds = 30;

}  // namespace

void native_client::closing::operator()(void* connection) const {
  mysql_close(connection);
}

native_client::native_client(std::uint16_t port, const login& who, const native_options& how)
    : connection_(mysql_init(nullptr)) {
  void* const mine = connection_.get();
  for (const int each : {connect_timeout, read_timeout, write_timeout})
    mysql_options(mine, each, &deadline_seconds);
  if (!how.method.empty()) mysql_options(mine, default_auth, how.method.c_str());
  if (how.tls) mysql_ssl_set(mine, nullptr, nullptr, nullptr, nullptr, nullptr);
  if (mysql_real_connect(mine, "127.0.0.1", who.user.c_str(), who.password.c_str(),
                         how.database.c_str(), port, nullptr, 0) == nullptr)
    throw login_failure(static_cast<int>(mysql_errno(mine)), mysql_error(mine));
}

native_client::~native_client() = default;

answer native_client::told() const {
  void* const mine = connection_.get();
  return {.error = static_cast<int>(mysql_errno(mine)),
          .sqlstate = mysql_sqlstate(mine),
          .text = mysql_error(mine)};
}

answer native_client::change_user(const login& who, const std::string& database) {
  const bool failed = mysql_change_user(connection_.get(), who.user.c_str(), who.password.c_str(),
                                        database.c_str()) != 0;
  return failed ? told() : answer{};
}

answer native_client::ask(std::string_view sql) {
  if (mysql_real_query(connection_.get(), sql.data(), sql.size()) != 0) return told();
  const std::unique_ptr<void, decltype(&mysql_free_result)> result(
      mysql_store_result(connection_.get()), &mysql_free_result);
  answer all = told();
  if (!result) return all;
  while (char** const row = mysql_fetch_row(result.get())) {
    const unsigned long* const sizes = mysql_fetch_lengths(result.get());
    auto& cells = all.lines.emplace_back();
    for (unsigned at = 0; at < mysql_num_fields(result.get()); ++at) {
      if (row[at] == nullptr) {
        cells.emplace_back();
      } else {
        cells.emplace_back(std::string(row[at], sizes[at]));
      }
    }
  }
  return all;
}

std::string native_client::value(std::string_view sql) {
  const answer all = ask(sql);
  if (!all.ok()) return all.text;
  return all.lines.empty() ? "no row" : all.lines.front().front().value_or("null");
}

unsigned long native_client::id() const {
  return mysql_thread_id(connection_.get());
}

}  // namespace skein::servers::mysql
