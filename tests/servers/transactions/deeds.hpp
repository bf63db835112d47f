// Two clients that share the one server connection: what the one does must not reach the other, and
// must be there when it comes again itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/transactions/scene.hpp"

namespace skein::servers::transactions {

struct deed {
  std::vector<std::string> does;  // "!..." fails; "@..." by a prepared statement
  std::string looks;              // what it asks when it comes again
  std::string sees;               // the first line, by bars; or the error's number
};

// What a session looks like from inside, a line a setting, a user variable, or whatever else it may
// hold.
using picture = std::vector<std::string>;
picture draw(mysql::client& session);
// What stands in one of them only; empty: they are the same.
std::string difference(const picture& one, const picture& other);

void act(mysql::client& who, const std::vector<std::string>& does);
std::string line_of(const mysql::answer& told);

// A scene with what a session is that nobody has touched.
struct shared_server {
  explicit shared_server(scene& on);
  mysql::client direct() const { return mysql::client(server); }

  scene& at;
  mysql::target server;
  picture as_new;
};

// It goes on without a server connection of its own; the other sees nothing of it.
void check_shared(shared_server& on, const deed& what);
// It keeps the server connection, and for that reason; the other waits until it has gone.
void check_held(shared_server& on, const deed& what, const std::string& reason);

}  // namespace skein::servers::transactions
