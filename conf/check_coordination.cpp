// Skeins that agree through etcd: whom they trust there, and how soon they must hear of each other.
#include <algorithm>

#include "conf/checks.hpp"
#include "conf/uniqueness.hpp"

namespace skein::conf {
namespace {

void check_urls(const coordination_settings& how, findings& found) {
  uniqueness urls("the URL", found);
  for (std::size_t i = 0; i < how.etcd.size(); ++i) {
    const std::string alone = "coordination.etcd";
    const std::string at = child(alone, i);
    const std::string path = found.given(at) ? at : alone;
    if (!found.sound(path)) continue;
    urls.add(path, to_string(how.etcd[i]));
    if (how.etcd[i].tls && !found.given("coordination.tls.ca"))
      found.wrong(path,
                  "is https, and nothing says whom to trust: name the authority in "
                  "'coordination.tls.ca'");
    if (!how.etcd[i].tls && !how.password.empty() && !how.etcd[i].is_loopback())
      found.odd(path, "is http, so the password travels in the clear");
  }
  const bool any_tls = std::ranges::any_of(how.etcd, &service_url::tls);
  if (found.given("coordination.tls") && found.sound("coordination.etcd") && !any_tls)
    found.odd("coordination.tls", "is not used: no URL below 'etcd' is https");
}

void check_login(const coordination_settings& how, findings& found) {
  const bool password = found.given("coordination.password");
  if (how.user.empty() && password && found.sound("coordination.user"))
    found.wrong("coordination.password", "says nothing without 'user' beside it");
  if (!how.user.empty() && !password)
    found.wrong("coordination.user", "needs 'password' beside it");
}

void check_prefix(const coordination_settings& how, findings& found) {
  const auto plain = [](char each) { return each > 0x20 && each < 0x7f; };
  const std::string& prefix = how.prefix;
  if (prefix.size() > 1 && prefix.starts_with('/') && !prefix.ends_with('/') &&
      std::ranges::all_of(prefix, plain))
    return;
  found.wrong("coordination.prefix",
              "is no prefix of keys: it begins with '/', does not end with it, and has no spaces, "
              "as /skein");
}

// Who decides looks at the members some times before its lease is to be renewed.
void check_lease(const settings& what, findings& found) {
  if (!found.sound("coordination.lease")) return;
  for (const cluster_settings& each : what.clusters) {
    if (what.coordination.lease >= 5 * each.health.interval) continue;
    found.wrong(found.given("coordination.lease") ? "coordination.lease" : "coordination",
                "is " + to_string(what.coordination.lease) + ", less than five times clusters." +
                    each.name + ".health.interval (" + to_string(each.health.interval) +
                    "): who decides would know too little in that time");
  }
}

}  // namespace

void check_coordination(const settings& what, findings& found) {
  if (!found.given("coordination") || !found.sound("coordination")) return;
  check_urls(what.coordination, found);
  check_login(what.coordination, found);
  check_prefix(what.coordination, found);
  check_lease(what, found);
}

}  // namespace skein::conf
