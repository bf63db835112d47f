// Rules of listeners: those that can let nobody in, and those that let in whoever comes.
#include <algorithm>

#include "conf/checks.hpp"

namespace skein::conf {
namespace {

bool fits_all(const listener_rule& each) {
  return each.address == network{} && each.user.empty() && each.database.empty() &&
         each.tls == rule_tls::any;
}

void check_rule(const listener_rule& each, const std::string& path, const listener_settings& door,
                const std::string& tls, findings& found) {
  if (each.method == proof_method::cert && !found.given(child(tls, "ca"))) {
    found.wrong(child(path, "method"), "'cert' needs 'ca' below the listener's 'tls'");
  } else if (each.method == proof_method::cert && door.tls.mode == tls_mode::disable) {
    found.wrong(child(path, "method"), "'cert' fits nobody: the listener's 'tls' is disabled");
  } else if (each.method == proof_method::cert && each.tls == rule_tls::none) {
    found.wrong(child(path, "tls"), "'none' leaves no certificate to look at");
  }
  if (each.method != proof_method::cert && !each.names.empty()) {
    found.wrong(child(path, "names"), "says nothing without method 'cert'");
  }
  if (each.tls == rule_tls::required && door.tls.mode == tls_mode::disable) {
    found.wrong(child(path, "tls"), "'required' fits nobody: the listener's 'tls' is disabled");
  }
  if (each.address.of == network::kind::local && door.proxy_protocol) {
    found.wrong(child(path, "address"),
                "'unix' fits nobody: who comes by way of a load balancer is not on this machine");
  }
  if (each.method == proof_method::trust && reached_from_outside(door) &&
      each.address.of != network::kind::local) {
    found.odd(child(path, "method"),
              "'trust': whoever comes from there is any user that the rule fits, without a "
              "password");
  }
}

}  // namespace

// A load balancer brings clients from wherever it listens.
bool reached_from_outside(const listener_settings& door) {
  return door.proxy_protocol || !door.bind.is_loopback();
}

void check_rules(const settings& what, findings& found) {
  for (std::size_t i = 0; i < what.listeners.size(); ++i) {
    const listener_settings& door = what.listeners[i];
    const std::string path = child("listeners", i);
    const std::string list = child(path, "rules");
    if (!found.sound(list)) continue;
    if (door.rules.empty() && found.given(list)) {
      found.wrong(list, "is empty; left out, it would let in the users of the cluster");
    }
    for (std::size_t j = 0; j < door.rules.size(); ++j) {
      const std::string at = child(list, j);
      if (!found.sound(at)) continue;
      check_rule(door.rules[j], at, door, child(path, "tls"), found);
      if (fits_all(door.rules[j]) && j + 1 < door.rules.size()) {
        found.odd(at, "fits everybody: the rules behind it are never reached");
      }
    }
  }
}

}  // namespace skein::conf
