#include "conf/findings.hpp"

#include <algorithm>
#include <tuple>

namespace skein::conf {
namespace {

constexpr std::size_t reported_max = 100;

std::vector<mistake> in_order(std::vector<mistake> all) {
  std::ranges::sort(all, {}, [](const mistake& one) {
    return std::tuple(one.line, one.column, one.path, one.text);
  });
  if (all.size() > reported_max) {
    const std::size_t rest = all.size() - reported_max;
    all.resize(reported_max);
    all.push_back({.text = "and " + std::to_string(rest) + " more"});
  }
  return all;
}

}  // namespace

std::string child(const std::string& path, std::string_view key) {
  return path.empty() ? printable(key) : path + "." + printable(key);
}

std::string child(const std::string& path, std::size_t index) {
  return path + "[" + std::to_string(index) + "]";
}

std::string parent(const std::string& path) {
  const auto cut = path.find_last_of(".[");
  return cut == std::string::npos ? std::string() : path.substr(0, cut);
}

mark findings::where(const std::string& path) const {
  for (std::string at = path; !at.empty(); at = parent(at)) {
    if (const auto known = places_.find(at); known != places_.end()) return known->second;
  }
  return {};
}

void findings::wrong(const std::string& path, mark at, std::string text) {
  unsound_.insert(path);
  mistakes_.push_back({at.line, at.column, path, std::move(text)});
}

void findings::wrong(const std::string& path, std::string text) {
  wrong(path, where(path), std::move(text));
}

void findings::odd(const std::string& path, std::string text) {
  const mark at = where(path);
  warnings_.push_back({at.line, at.column, path, std::move(text)});
}

bool findings::sound(const std::string& path) const {
  for (std::string at = path; !at.empty(); at = parent(at)) {
    if (unsound_.contains(at)) return false;
  }
  return !unsound_.contains("");
}

std::vector<mistake> findings::mistakes() const {
  return in_order(mistakes_);
}
std::vector<mistake> findings::warnings() const {
  return in_order(warnings_);
}

}  // namespace skein::conf
