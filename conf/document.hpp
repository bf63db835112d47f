// A YAML text as a tree that remembers where each node stood. Only this module sees yaml-cpp; it
// takes the parser's events, because yaml-cpp's own nodes lose the positions of keys and resolve
// aliases into graphs that can unfold without bound.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::conf {

struct mark {
  int line = 1;  // both count from 1
  int column = 1;
};

enum class node_kind { nothing, scalar, list, map };

struct node {
  node_kind kind = node_kind::nothing;
  mark where = {};
  bool plain = false;                                   // a scalar without quotes
  std::string text = {};                                // a scalar's
  std::size_t weight = 1;                               // nodes in it, aliases unfolded
  std::vector<std::shared_ptr<const node>> items = {};  // a list's; a map's keys and values in turn
};

struct syntax_error {
  mark where;
  std::string text;
};

std::expected<std::shared_ptr<const node>, syntax_error> parse_document(std::string_view text);

}  // namespace skein::conf
