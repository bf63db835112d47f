// A freshness client of MySQL and MariaDB, by Connector/C++, which waits for each answer.
#include <optional>

#include "tests/servers/mysql/client.hpp"
#include "tests/servers/routing/session.hpp"

namespace skein::servers::freshness {
namespace {

// Each member has a name of its own in `served`: so a read tells who has served it.
constexpr auto read_sql = "select id, v, name from freshness, served order by id";

// No statement of this wire both writes and tells what it has written: the new version is the last
// insert id of its session.
std::string write_sql(const std::string& row) {
  return "update freshness set v = last_insert_id(v + 1) where id = " + row;
}

class mysql_session final : public session {
 public:
  mysql_session(const std::string& address, const std::string& name)
      : on_({address, app}, {.program = name}),
        look_(on_.prepare(read_sql)),
        raise_(on_.prepare(write_sql("?"))) {
    // As PostgreSQL's transactions are, so that each read of one sees what there is. The library
    // itself asks for REPEATABLE READ when it signs in.
    const auto told = on_.ask("set session transaction isolation level read committed");
    if (!told.ok()) throw refusal(std::to_string(told.error), told.text);
  }

  void send_read(protocol how) override {
    if (how == protocol::simple) hear(on_.ask(read_sql));
    if (how == protocol::extended) hear(on_.execute(read_sql, {}));
    if (how == protocol::prepared) hear(look_.execute());
  }

  void send_write(protocol how, std::size_t row) override {
    const auto number = std::to_string(row);
    if (how == protocol::simple) hear(on_.ask(write_sql(number)));
    if (how == protocol::extended) hear(on_.execute(write_sql("?"), {number}));
    if (how == protocol::prepared) hear(raise_.execute({number}));
    if (heard_.ok()) hear(on_.ask("select last_insert_id()"));
  }

  void send_begin(bool read_only) override {
    hear(on_.ask(read_only ? "start transaction read only" : "begin"));
  }
  void send_commit() override { hear(on_.ask("commit")); }

  answer finish() override { return std::move(heard_); }

 private:
  void hear(mysql::answer told) {
    heard_ = {std::move(told.lines), told.ok() ? "" : std::to_string(told.error),
              std::move(told.text)};
  }

  mysql::client on_;
  mysql::prepared look_;
  mysql::prepared raise_;
  answer heard_;
};

}  // namespace

std::unique_ptr<session> open_mysql(const std::string& where, const std::string& name) {
  try {
    return std::make_unique<mysql_session>(where, name);
  } catch (const mysql::login_failure& why) {
    throw refusal(std::to_string(why.error), why.what());
  }
}

}  // namespace skein::servers::freshness
