// A freshness client of PostgreSQL, by libpq.
#include "tests/servers/postgres/client.hpp"
#include "tests/servers/routing/session.hpp"

namespace skein::servers::freshness {
namespace {

// Longer than any strike and Skein's own deadlines together.
constexpr auto patience = std::chrono::seconds{20};

constexpr auto read_sql = "select id, v from freshness order by id";

class postgres_session final : public session {
 public:
  explicit postgres_session(const std::string& words) : on_(words, patience) {
    prepare("look", read_sql);
    prepare("raise", "update freshness set v = v + 1 where id = $1::int returning v");
  }

  void send_read(protocol how) override {
    if (how == protocol::simple) PQsendQuery(on_.raw(), read_sql);
    if (how == protocol::extended)
      PQsendQueryParams(on_.raw(), read_sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
    if (how == protocol::prepared)
      PQsendQueryPrepared(on_.raw(), "look", 0, nullptr, nullptr, nullptr, 0);
  }

  void send_write(protocol how, std::size_t row) override {
    const auto number = std::to_string(row);
    const char* values[] = {number.c_str()};
    const auto sql = [](const std::string& which) {
      return "update freshness set v = v + 1 where id = " + which + " returning v";
    };
    if (how == protocol::simple) PQsendQuery(on_.raw(), sql(number).c_str());
    if (how == protocol::extended)
      PQsendQueryParams(on_.raw(), sql("$1::int").c_str(), 1, nullptr, values, nullptr, nullptr, 0);
    if (how == protocol::prepared)
      PQsendQueryPrepared(on_.raw(), "raise", 1, values, nullptr, nullptr, 0);
  }

  void send_begin(bool read_only) override {
    PQsendQuery(on_.raw(), read_only ? "begin read only" : "begin");
  }
  void send_commit() override { PQsendQuery(on_.raw(), "commit"); }

  answer finish() override {
    auto heard = on_.finish(patience);
    return {std::move(heard.lines), std::move(heard.sqlstate), std::move(heard.text)};
  }

  bool begin_pipeline() override { return PQenterPipelineMode(on_.raw()) == 1; }
  void sync() override { PQpipelineSync(on_.raw()); }
  bool end_pipeline() override { return PQexitPipelineMode(on_.raw()) == 1; }

 private:
  void prepare(const char* name, const char* sql) {
    if (PQsendPrepare(on_.raw(), name, sql, 0, nullptr) == 0) throw refusal("", "not sent");
    const auto heard = on_.finish(patience);
    if (!heard.ok()) throw refusal(heard.sqlstate, heard.text);
  }

  pg_session on_;
};

}  // namespace

std::unique_ptr<session> open_postgres(const std::string& where, const std::string& name) {
  try {
    return std::make_unique<postgres_session>(where + " application_name=" + name);
  } catch (const pg_refusal& why) {
    throw refusal(why.sqlstate, why.what());
  }
}

}  // namespace skein::servers::freshness
