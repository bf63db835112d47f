// A client's connection by MariaDB's C library, for what Connector/C++ has no word for: signing in
// again on the same connection, and the methods of authentication that are plugins of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/servers/mysql/client.hpp"

namespace skein::servers::mysql {

struct native_options {
  std::string database = "app";
  bool tls = false;
  std::string method = {};  // of authentication, to begin with; empty: as the server would like
};

class native_client {
 public:
  // Throws login_failure.
  native_client(std::uint16_t port, const login& who, const native_options& how = {});
  ~native_client();

  answer change_user(const login& who, const std::string& database = "app");
  answer ask(std::string_view sql);
  std::string value(std::string_view sql);  // first column of the first row, or the error's text
  unsigned long id() const;                 // as it was told when it connected

 private:
  answer told() const;
  struct closing {
    void operator()(void* connection) const;
  };
  std::unique_ptr<void, closing> connection_;
};

}  // namespace skein::servers::mysql
