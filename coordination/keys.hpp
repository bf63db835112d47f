// Where in etcd the things of one cluster stand, and a picture made of what was read there. Pure.
#pragma once

#include <string>

#include "coordination/etcd_messages.hpp"
#include "coordination/standing.hpp"

namespace skein::coordination {

struct cluster_keys {
  std::string folder = {};  // of all of them; ends with '/'
  std::string lead = {};
  std::string decider = {};
  std::string present = {};  // with an id behind it

  cluster_keys(const std::string& prefix, const std::string& cluster)
      : folder(prefix + "/" + cluster + "/"),
        lead(folder + "lead"),
        decider(folder + "decider"),
        present(folder + "present/") {}
};

picture picture_of(const range_answer& read, const cluster_keys& keys);

}  // namespace skein::coordination
