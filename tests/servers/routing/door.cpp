#include "tests/servers/routing/door.hpp"

namespace skein::servers::freshness {
namespace {

constexpr auto patience = std::chrono::seconds{20};

void prepare(pg_session& on, const char* name, const char* sql) {
  if (PQsendPrepare(on.raw(), name, sql, 0, nullptr) == 0) throw pg_refusal("", "not sent");
  const auto heard = on.finish(patience);
  if (!heard.ok()) throw pg_refusal(heard.sqlstate, heard.text);
}

std::unique_ptr<pg_session> session(const std::string& words) {
  auto made = std::make_unique<pg_session>(words, patience);
  prepare(*made, "look", read_sql);
  prepare(*made, "raise", "update freshness set v = v + 1 where id = $1::int returning v");
  return made;
}

}  // namespace

door::door(const way& to, const std::string& more_words)
    : writer_(session(to.writer + more_words)) {
  for (const auto& each : to.readers) readers_.push_back(session(each + more_words));
}

pg_session& door::next_reader() {
  return readers_.empty() ? *writer_ : *readers_[turn_++ % readers_.size()];
}

void send_read(pg_session& to, protocol how) {
  auto* raw = to.raw();
  if (how == protocol::simple) PQsendQuery(raw, read_sql);
  if (how == protocol::extended)
    PQsendQueryParams(raw, read_sql, 0, nullptr, nullptr, nullptr, nullptr, 0);
  if (how == protocol::prepared) PQsendQueryPrepared(raw, "look", 0, nullptr, nullptr, nullptr, 0);
}

void send_write(pg_session& to, protocol how, std::size_t row) {
  auto* raw = to.raw();
  const auto number = std::to_string(row);
  const char* values[] = {number.c_str()};
  const auto sql = [](const std::string& which) {
    return "update freshness set v = v + 1 where id = " + which + " returning v";
  };
  if (how == protocol::simple) PQsendQuery(raw, sql(number).c_str());
  if (how == protocol::extended)
    PQsendQueryParams(raw, sql("$1::int").c_str(), 1, nullptr, values, nullptr, nullptr, 0);
  if (how == protocol::prepared) PQsendQueryPrepared(raw, "raise", 1, values, nullptr, nullptr, 0);
}

}  // namespace skein::servers::freshness
