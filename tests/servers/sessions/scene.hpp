// Clients that are pooled by session, before a leader and a follower.
#pragma once

#include "tests/servers/mysql/scene.hpp"

namespace skein::servers::sessions {

using mysql::scene;

inline void on_each(void (*play)(scene&), skein_options how = {}) {
  how.pool_mode = "session";
  how.users = {app, replicator};
  mysql::on_each_server(how, 1, play);
}

}  // namespace skein::servers::sessions
