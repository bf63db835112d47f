// The keys of `coordination`; conf/keys.hpp has the others.
#pragma once

#include "conf/fields.hpp"
#include "conf/settings.hpp"

namespace skein::conf {

template <>
struct table<coordination_tls_settings> {
  using self = coordination_tls_settings;
  static constexpr std::tuple keys{
      key("ca", &self::ca, "PEM file with the authorities that may sign etcd's certificates.")
          .only_at_start(),
      key("certificate", &self::certificate, "PEM file with the certificate shown to etcd.")
          .only_at_start(),
      key("key", &self::key, "PEM file with that certificate's private key.").only_at_start(),
  };
};

template <>
struct table<coordination_settings> {
  using self = coordination_settings;
  static constexpr std::tuple keys{
      key("etcd", &self::etcd,
          "Servers of one etcd, 3.4 or newer, by their client ports: http://host:port or https.")
          .required()
          .only_at_start(),
      key("user", &self::user, "As whom Skein logs in to etcd; by default without a login.")
          .only_at_start(),
      key("password", &self::password, "That user's password.").only_at_start(),
      key("tls", &self::tls, "TLS to those that are https."),
      key("lease", &self::lease,
          "A Skein that cannot reach etcd takes writes for so long at most, and the others wait so "
          "long before they move the lead without it.")
          .between(2000, a_minute)
          .only_at_start(),
      key("prefix", &self::prefix, "What Skein's keys in etcd begin with: /path.").only_at_start(),
      key("name", &self::name, "This Skein's name among the others; by default the machine's.")
          .name()
          .only_at_start(),
  };
};

}  // namespace skein::conf
