// Endpoints against each other: two that listen at one place, a member that is Skein itself, an
// admin port that strangers can reach.
#include "conf/checks.hpp"

namespace skein::conf {
namespace {

struct taken_place {
  std::string path;
  const endpoint* where;
};

// The proxy's sockets share their ports between cores (SO_REUSEPORT), so the kernel would let two
// listeners have one place and deal connections out at random: it has to be noticed here.
bool collide(const endpoint& a, const endpoint& b) {
  if (a.is_unix() || b.is_unix()) return a == b;
  return a.port == b.port && (a.host == b.host || a.is_wildcard() || b.is_wildcard());
}

bool leads_to(const endpoint& member, const endpoint& bind) {
  if (member == bind) return true;
  return !member.is_unix() && !bind.is_unix() && member.port == bind.port && member.is_loopback() &&
         (bind.is_wildcard() || bind.is_loopback());
}

std::vector<taken_place> listening_places(const settings& what, const findings& found) {
  std::vector<taken_place> all;
  for (std::size_t i = 0; i < what.listeners.size(); ++i) {
    const std::string path = child(child("listeners", i), "bind");
    if (found.sound(path)) all.push_back({path, &what.listeners[i].bind});
  }
  if (found.sound("admin.bind")) {
    // The later of two is the one to blame, and a default is not in the file to be mended.
    const auto at = found.given("admin.bind") ? all.end() : all.begin();
    all.insert(at, {"admin.bind", &what.admin.bind});
  }
  if (found.given("takeover.socket") && found.sound("takeover.socket")) {
    all.push_back({"takeover.socket", &what.takeover.socket});
  }
  return all;
}

void check_admin(const admin_settings& admin, findings& found) {
  if (admin.bind.is_loopback() || !found.sound("admin.bind")) return;
  if (admin.token.empty() && !found.given("admin.token")) {
    found.odd("admin.bind", "can be reached from other machines, and no 'token' is set");
  } else if (admin.tls.certificate.empty() && found.sound("admin.tls")) {
    found.odd("admin.bind",
              "can be reached from other machines without TLS, so the token travels in the clear");
  }
}

}  // namespace

void check_places(const settings& what, findings& found) {
  const std::vector<taken_place> places = listening_places(what, found);
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!collide(*places[i].where, *places[j].where)) continue;
      found.wrong(places[i].path, to_string(*places[i].where) + " is taken already by " +
                                      places[j].path + " (" + to_string(*places[j].where) + ")");
      break;
    }
  }
  for (const cluster_settings& cluster : what.clusters) {
    const std::string path = child(child("clusters", cluster.name), "members");
    for (std::size_t i = 0; i < cluster.members.size(); ++i) {
      const std::string at = child(child(path, i), "address");
      if (!found.sound(at)) continue;
      for (const taken_place& place : places) {
        if (!leads_to(cluster.members[i].address, *place.where)) continue;
        found.wrong(at, "is where Skein itself listens (" + place.path + ")");
        break;
      }
    }
  }
  check_admin(what.admin, found);
}

}  // namespace skein::conf
