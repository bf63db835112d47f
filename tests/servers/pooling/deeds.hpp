// Two clients that share the one server connection: what the one does must not reach the other, and
// must be there when it comes again itself.
#pragma once

#include "tests/servers/pooling/picture.hpp"

namespace skein::servers {

struct deed {
  std::vector<std::string> does;  // may fail; "@..." as an extended query
  std::string looks;              // what it asks when it comes again
  std::string sees;               // the answer, or "SQLSTATE" of the error
};

struct shared_server {
  // `prepare`: what the leader gets before Skein is there.
  explicit shared_server(void (*prepare)(cluster& shop))
      : shop(prepared(prepare)), skein(shop, one_server()) {}

  cluster shop;
  skein_process skein;
  pg_session alone{direct_words(shop.leader(), app)};
  picture as_new = draw(alone);

 private:
  static cluster prepared(void (*prepare)(cluster& shop));
};

void act(pg_session& who, const deed& what);
// The first value, "nothing" or the SQLSTATE.
std::string answer(pg_session& who, const std::string& sql);
// It goes on without a server connection of its own; the other sees nothing of it.
void check_shared(shared_server& at, const deed& what, const std::string& more = "sslmode=disable");
// It keeps the server connection; the other waits until it has gone.
void check_held(shared_server& at, const deed& what);

}  // namespace skein::servers
