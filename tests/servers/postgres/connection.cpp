// connection.hpp for PostgreSQL, over libpq.
#include "tests/servers/connection.hpp"

#include "tests/servers/postgres/client.hpp"

namespace skein::servers::postgres {
namespace {

std::string words(const destination& where) {
  return "host=127.0.0.1 sslmode=disable connect_timeout=30 port=" + std::to_string(where.port) +
         " user=" + where.who.user + " password=" + where.who.password +
         " dbname=" + where.database + " application_name='" + where.program + "'";
}

class over_libpq final : public connection {
 public:
  explicit over_libpq(const destination& where) : on_(words(where)) {}

  void send(const std::string& sql) override { sent_ = PQsendQuery(on_.raw(), sql.c_str()) != 0; }
  reply finish(milliseconds deadline) override {
    if (!sent_) return {.code = "lost", .text = PQerrorMessage(on_.raw())};
    return to_reply(on_.finish(deadline));
  }
  reply execute(const std::string& sql, const std::vector<std::string>& values,
                int times) override {
    const std::string name = "s" + std::to_string(++prepared_);
    if (PQsendPrepare(on_.raw(), name.c_str(), sql.c_str(), 0, nullptr) == 0)
      return {.code = "lost", .text = PQerrorMessage(on_.raw())};
    reply told = to_reply(on_.finish());
    std::vector<const char*> texts;
    for (const auto& each : values) texts.push_back(each.c_str());
    for (; told.ok() && times > 0; --times) {
      if (PQsendQueryPrepared(on_.raw(), name.c_str(), static_cast<int>(texts.size()), texts.data(),
                              nullptr, nullptr, 0) == 0)
        return {.code = "lost", .text = PQerrorMessage(on_.raw())};
      told = to_reply(on_.finish());
    }
    return told;
  }

 private:
  static reply to_reply(pg_answer told) {
    return {std::move(told.lines), std::move(told.columns), std::move(told.sqlstate),
            std::move(told.text)};
  }

  pg_session on_;
  bool sent_ = false;
  int prepared_ = 0;
};

}  // namespace

std::unique_ptr<connection> connect(const destination& where) {
  try {
    return std::make_unique<over_libpq>(where);
  } catch (const pg_refusal& why) {
    const std::string text = why.what();
    throw not_admitted(why.sqlstate, text.substr(std::min(why.sqlstate.size() + 1, text.size())));
  }
}

}  // namespace skein::servers::postgres
