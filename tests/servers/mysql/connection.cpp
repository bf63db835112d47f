// connection.hpp for MySQL and MariaDB, over Connector/C++, which waits for each answer: what is
// sent is asked by a thread of its own.
#include "tests/servers/connection.hpp"

#include <future>

#include "tests/servers/mysql/client.hpp"

namespace skein::servers::mysql {
namespace {

class over_connector final : public connection {
 public:
  explicit over_connector(const destination& where)
      : on_({"tcp://127.0.0.1:" + std::to_string(where.port), where.who},
            {.database = where.database, .program = where.program}) {}

  void send(const std::string& sql) override {
    asked_ = std::async(std::launch::async, [this, sql] { return on_.ask(sql); });
  }
  reply finish(milliseconds deadline) override {
    if (asked_.wait_for(deadline) != std::future_status::ready)
      return {.code = "late", .text = "no answer within the deadline"};
    return to_reply(asked_.get());
  }
  reply execute(const std::string& sql, const std::vector<std::string>& values,
                int times) override {
    auto statement = on_.prepare(sql);
    const std::vector<std::optional<std::string>> given(values.begin(), values.end());
    reply told;
    for (; told.ok() && times > 0; --times) told = to_reply(statement.execute(given));
    return told;
  }

 private:
  static reply to_reply(answer told) {
    return {std::move(told.lines), std::move(told.columns),
            told.ok() ? "" : std::to_string(told.error), std::move(told.text)};
  }

  client on_;
  std::future<answer> asked_;  // goes first, and with it who asks
};

}  // namespace

std::unique_ptr<connection> connect(const destination& where) {
  try {
    return std::make_unique<over_connector>(where);
  } catch (const login_failure& why) {
    throw not_admitted(std::to_string(why.error), why.what());
  }
}

}  // namespace skein::servers::mysql
