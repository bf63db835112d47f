// Clients that are pooled by transaction, before a server alone. There is one connection to it,
// unless a test says otherwise.
#pragma once

#include "tests/servers/mysql/scene.hpp"

namespace skein::servers::transactions {

using mysql::scene;

inline skein_options one_server() {
  return {.users = {app}, .pool_size = 1, .threads = 1};
}

inline void on_each(void (*play)(scene&), const skein_options& how = one_server()) {
  mysql::on_each_server(how, 0, play);
}

}  // namespace skein::servers::transactions
