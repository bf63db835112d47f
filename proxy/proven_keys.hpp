// What clients have proved, for as long as a session of theirs keeps it: in its name the pools of
// one core open connections that they keep warm, and with no older key of its user.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "backends/login.hpp"

namespace skein::proxy {

class proven_keys {
 public:
  // Sessions that have proved the same share it; after a change of the password the newest holds.
  std::shared_ptr<const wiped> share(const credentials& who) {
    auto& known = by_user_[who.user];
    auto key = known.lock();
    if (!key || key->view() != who.proven.view()) {
      key = std::make_shared<const wiped>(who.proven);
      known = key;
    }
    return key;
  }
  // Null: none of its sessions is there.
  std::shared_ptr<const wiped> of(const std::string& user) const {
    const auto held = by_user_.find(user);
    return held == by_user_.end() ? nullptr : held->second.lock();
  }
  void forget_gone() {
    std::erase_if(by_user_, [](const auto& each) { return each.second.expired(); });
  }

 private:
  std::map<std::string, std::weak_ptr<const wiped>> by_user_ = {};
};

}  // namespace skein::proxy
