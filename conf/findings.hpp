// What the loader learns beside the settings: where each key stood, what is wrong, what is odd.
// The reader fills in the places, so that checks over the finished structs can still say where.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "conf/document.hpp"
#include "conf/load.hpp"

namespace skein::conf {

std::string child(const std::string& path, std::string_view key);  // clusters.main
std::string child(const std::string& path, std::size_t index);     // members[2]
std::string parent(const std::string& path);                       // empty at the top

class findings {
 public:
  void place(const std::string& path, mark where) { places_.emplace(path, where); }
  bool given(const std::string& path) const { return places_.contains(path); }
  const std::map<std::string, mark>& places() const { return places_; }
  // The place of the path, or of the nearest thing around it.
  mark where(const std::string& path) const;

  void wrong(const std::string& path, mark at, std::string text);
  void wrong(const std::string& path, std::string text);
  void odd(const std::string& path, std::string text);
  // Nothing is wrong with it or with what holds it: a check may look at the value. (A value that
  // was wrong keeps its default, and a second complaint about that would only confuse.)
  bool sound(const std::string& path) const;

  std::vector<mistake> mistakes() const;  // by line and column, and no more than a person reads
  std::vector<mistake> warnings() const;

 private:
  std::map<std::string, mark> places_;
  std::set<std::string> unsound_;
  std::vector<mistake> mistakes_;
  std::vector<mistake> warnings_;
};

}  // namespace skein::conf
