// One signed-in connection to a server. A session holds it by a shared pointer (its lease); a
// cancel under way holds it too, so that nobody else can be given the connection before the cancel
// is over.
#pragma once

#include <memory>
#include <string>

#include "backends/backend.hpp"
#include "net/bell.hpp"
#include "net/dialer.hpp"
#include "net/stream.hpp"
#include "proxy/budget.hpp"

namespace skein::proxy {

struct server_connection {
  budget::slot place;  // first, so that it is free once the stream is closed
  net::stream stream = {};
  net::endpoint peer = {};  // which of the servers behind `address` it is
  server_greeting greeting = {};
  std::string key = {};  // who may reuse it: user, database and start-up settings
  member_address address = {};
  std::string member = {};
  std::uint64_t epoch = 0;
  net::bell cancels_over;    // rings when there are none left
  unsigned cancels = 0;      // under way; the connection stays where it is until there are none
  bool cancel_lost = false;  // one may still reach the server at any time: never for another client

  server_connection(net::executor where, budget::slot taken)
      : place(std::move(taken)), cancels_over(where) {}
};

net::endpoint endpoint_of(const backend& database, const member_address& address);

using lease = std::shared_ptr<server_connection>;

}  // namespace skein::proxy
