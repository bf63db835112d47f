#include "tests/faults/wire.hpp"

#include <set>

#include "tests/servers/mysql/client.hpp"
#include "tests/servers/postgres/client.hpp"

namespace skein::servers::faults {
namespace {

class postgres_wire final : public wire {
 public:
  explicit postgres_wire(const std::string& words) : on_(words) {}
  reaction say(const std::string& sql) override {
    auto heard = on_.ask(sql);
    const bool some = heard.ok() && !heard.lines.empty() && !heard.lines[0].empty();
    return {heard.sqlstate, heard.text, some ? heard.lines[0][0].value_or("") : ""};
  }

 private:
  pg_session on_;
};

class mysql_wire final : public wire {
 public:
  explicit mysql_wire(std::uint16_t port) : on_({"tcp://127.0.0.1:" + std::to_string(port), app}) {}
  reaction say(const std::string& sql) override {
    auto heard = on_.ask(sql);
    const bool some = heard.ok() && !heard.lines.empty() && !heard.lines[0].empty();
    return {heard.ok() ? "" : std::to_string(heard.error), heard.text,
            some ? heard.lines[0][0].value_or("") : ""};
  }

 private:
  mysql::client on_;
};

}  // namespace

std::unique_ptr<wire> open_wire(engine which, std::uint16_t port, reaction& why) {
  try {
    if (which != engine::postgres) return std::make_unique<mysql_wire>(port);
    return std::make_unique<postgres_wire>(
        "host=127.0.0.1 sslmode=disable dbname=app port=" + std::to_string(port) +
        " user=" + app.user + " password=" + app.password);
  } catch (const pg_refusal& refusal) {
    why = {refusal.sqlstate.empty() ? "lost" : refusal.sqlstate, refusal.what(), ""};
  } catch (const mysql::login_failure& failure) {
    why = {std::to_string(failure.error), failure.what(), ""};
  }
  return nullptr;
}

// The client libraries' own: the connection went, or no answer came.
bool leaves_in_doubt(const tongue& in, const reaction& heard) {
  static const std::set<std::string> unheard = {"lost", "late", "2006", "2013", "-1"};
  return heard.code == in.heard.in_doubt || unheard.contains(heard.code);
}

}  // namespace skein::servers::faults
