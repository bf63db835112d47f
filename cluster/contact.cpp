#include "cluster/contact.hpp"

#include <exception>

#include "net/blocking_stream.hpp"

namespace skein::cluster {

namespace {

// Who said something lives, whatever it was. A load balancer takes connections for a server that
// is dead.
contact knock_once(const member_address& at, const error& why, std::chrono::milliseconds patience) {
  net::blocking_stream door;
  door.set_deadline(std::chrono::steady_clock::now() + patience);
  const auto failed = door.connect({at.host, {}, at.port});
  if (!failed) return why.kind == error_kind::lost ? contact::closes : contact::starting;
  if (failed == net::asio::error::connection_refused) return contact::refuses;
  return failed == net::asio::error::connection_reset ? contact::closes : contact::silent;
}

}  // namespace

// A unix socket is named by its backend alone, and is on our own machine: what stands there is
// believed to start as long as it may.
contact knock(const member_address& at, const error& why, std::chrono::milliseconds patience) {
  if (why.kind == error_kind::timeout) return contact::silent;
  if (at.host.starts_with('/')) return contact::starting;
  try {
    return knock_once(at, why, patience);
  } catch (const std::exception&) {  // we are out of descriptors: that says nothing of it
    return contact::starting;
  }
}

}  // namespace skein::cluster
