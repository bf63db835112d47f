// One connection of a freshness client, to a server or to Skein before it, in its engine's tongue.
// What is sent is answered by finish(): later, where the engine's library need not wait for it.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/servers/server.hpp"

namespace skein::servers::freshness {

struct answer {
  rows lines = {};
  std::string code = {};  // of the error, SQLSTATE or number; empty: it went well
  std::string text = {};
  bool ok() const { return code.empty(); }
};

// It could not sign in.
struct refusal : std::runtime_error {
  refusal(std::string code_said, const std::string& text)
      : std::runtime_error(text), code(std::move(code_said)) {}
  std::string code;
};

enum class protocol { simple, extended, prepared };
constexpr std::size_t protocols = 3;

class session {
 public:
  virtual ~session() = default;

  // Answered by all rows, in order: number, version and, where reads tell, the member's name.
  virtual void send_read(protocol how) = 0;
  // Answered by the new version.
  virtual void send_write(protocol how, std::size_t row) = 0;
  virtual void send_begin(bool read_only) = 0;
  virtual void send_commit() = 0;
  // In a pipeline: of the next statement, and each sync has an answer of its own.
  virtual answer finish() = 0;

  // False: there are none.
  virtual bool begin_pipeline() { return false; }
  virtual void sync() {}
  virtual bool end_pipeline() { return false; }
};

// libpq's words, or an address for Connector/C++; `name` is the application's. Throws refusal.
std::unique_ptr<session> open_session(engine which, const std::string& where,
                                      const std::string& name);
std::unique_ptr<session> open_postgres(const std::string& where, const std::string& name);
std::unique_ptr<session> open_mysql(const std::string& where, const std::string& name);

}  // namespace skein::servers::freshness
