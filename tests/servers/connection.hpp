// One client's connection, to a server or to Skein before it, in its engine's tongue: for tests
// that are the same on every engine. What else they say and hear in an engine's own words is in
// tongue.hpp.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/servers/server.hpp"

namespace skein::servers {

struct reply {
  rows lines = {};  // of the last statement that has some
  std::vector<std::string> columns = {};
  std::string code = {};  // of the error, SQLSTATE or number; empty: it went well. "late": none yet
  std::string text = {};  // of the error
  bool ok() const { return code.empty(); }
};

// It could not sign in.
struct not_admitted : std::runtime_error {
  not_admitted(std::string code_said, const std::string& text)
      : std::runtime_error(text), code(std::move(code_said)) {}
  std::string code;
};

struct destination {
  std::uint16_t port = 0;
  login who = app;
  std::string database = "app";
  std::string program = {};  // the application's name, as its engine is told it
};

class connection {
 public:
  virtual ~connection() = default;

  virtual void send(const std::string& sql) = 0;  // the answer is taken by finish()
  virtual reply finish(milliseconds deadline = std::chrono::seconds{30}) = 0;
  // A statement of its own that is prepared with `?` or $1, and executed so often.
  virtual reply execute(const std::string& sql, const std::vector<std::string>& values,
                        int times = 1) = 0;

  reply ask(const std::string& sql, milliseconds deadline = std::chrono::seconds{30});
  std::string value(const std::string& sql);  // first column of the first row, or the error's text
};

std::unique_ptr<connection> connect(engine which, const destination& where);  // throws not_admitted
// "28P01: password authentication failed ...", "1045: ..."; empty: it could sign in.
std::string admission_failure(engine which, const destination& where);

// One of the rows as a map by column; null is empty.
using named_row = std::map<std::string, std::string>;
std::vector<named_row> named_rows(const reply& told);
std::vector<named_row> named_rows(const reply& told, const std::string& column,
                                  const std::string& value);  // those that have it there

namespace postgres {
std::unique_ptr<connection> connect(const destination& where);
}
namespace mysql {
std::unique_ptr<connection> connect(const destination& where);
}

}  // namespace skein::servers
