// Values of a list that must differ: checks give each to one of these.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "conf/findings.hpp"

namespace skein::conf {

// Reports each value that an earlier item of the list has already.
class uniqueness {
 public:
  uniqueness(std::string what, findings& found) : what_(std::move(what)), found_(found) {}

  bool add(const std::string& path, const std::string& value) {
    if (value.empty() || !found_.sound(path)) return true;
    const auto [first, is_new] = first_.emplace(value, path);
    if (is_new) return true;
    found_.wrong(path, what_ + " " + shown(value) + " is taken already, in line " +
                           std::to_string(found_.where(first->second).line));
    return false;
  }

 private:
  std::string what_;
  findings& found_;
  std::map<std::string, std::string> first_;
};

}  // namespace skein::conf
