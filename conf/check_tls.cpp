// TLS modes against the files that they need, and files against the mode that would not use them.
#include <algorithm>

#include "conf/checks.hpp"

namespace skein::conf {
namespace {

class tls_check {
 public:
  tls_check(std::string path, findings& found) : path_(std::move(path)), found_(found) {}

  void pair() {
    if (!usable()) return;
    if (has("certificate") && !has("key")) wrong("certificate", "needs 'key' beside it");
    if (has("key") && !has("certificate")) wrong("key", "needs 'certificate' beside it");
  }

  void needs(std::string_view key, tls_mode mode) {
    if (!usable() || has(key)) return;
    wrong("mode", shown(to_string(mode)) + " needs '" + std::string(key) + "'");
  }

  void unused(std::string_view key, tls_mode mode, std::string_view who_uses_it) {
    if (!usable() || !has(key)) return;
    found_.odd(child(path_, key), "is not used while 'mode' is " + shown(to_string(mode)) + "; " +
                                      std::string(who_uses_it));
  }

  void odd(std::string_view key, std::string text) {
    if (usable()) found_.odd(child(path_, key), std::move(text));
  }
  // Given is enough: that the file could not be read is a mistake of its own.
  bool has(std::string_view key) const { return found_.given(child(path_, key)); }

 private:
  bool usable() const { return found_.sound(path_) && found_.sound(child(path_, "mode")); }
  void wrong(std::string_view key, std::string text) {
    found_.wrong(child(path_, key), std::move(text));
  }

  std::string path_;
  findings& found_;
};

bool verifies(tls_mode mode) {
  return mode == tls_mode::verify_ca || mode == tls_mode::verify_full;
}

void check_authorities(tls_check& tls, tls_mode mode) {
  if (verifies(mode)) {
    tls.needs("ca", mode);
  } else {
    tls.unused("ca", mode, "only verify_ca and verify_full look at it");
  }
}

// A rule may look at certificates that the mode does not demand.
bool rules_verify(const listener_settings& door) {
  return door.tls.mode != tls_mode::disable &&
         std::ranges::count(door.rules, proof_method::cert, &listener_rule::method) > 0;
}

void check_listener(const listener_settings& door, tls_check tls) {
  const listener_tls_settings& given = door.tls;
  tls.pair();
  if (!rules_verify(door)) check_authorities(tls, given.mode);
  switch (given.mode) {
    case tls_mode::disable:
      tls.unused("certificate", given.mode, "write allow or require to offer TLS");
      break;
    case tls_mode::allow:
      if (!tls.has("certificate") && tls.has("mode")) {
        tls.odd("mode", "without 'certificate' there is no TLS to offer");
      }
      break;
    case tls_mode::require:
    case tls_mode::verify_ca:
    case tls_mode::verify_full:
      tls.needs("certificate", given.mode);
      break;
  }
}

void check_server(const server_tls_settings& given, tls_check tls) {
  tls.pair();
  check_authorities(tls, given.mode);
  if (given.mode == tls_mode::disable) {
    tls.unused("certificate", given.mode, "any other mode shows it to servers");
  }
}

}  // namespace

void check_tls(const settings& what, findings& found) {
  for (std::size_t i = 0; i < what.listeners.size(); ++i) {
    check_listener(what.listeners[i], {child(child("listeners", i), "tls"), found});
  }
  for (const cluster_settings& cluster : what.clusters) {
    check_server(cluster.tls, {child(child("clusters", cluster.name), "tls"), found});
  }
  tls_check("admin.tls", found).pair();
  tls_check("coordination.tls", found).pair();
}

}  // namespace skein::conf
