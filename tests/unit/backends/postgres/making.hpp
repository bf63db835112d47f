// A database in the making, whose definitions a catalog is made of, for the tests of
// catalog_maker.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "backends/postgres/catalog_maker.hpp"

namespace skein::postgres::making {

inline constexpr const char* opaque = "BEGIN EXECUTE 'x'; RETURN NULL; END";
inline constexpr const char* clear = "BEGIN NEW.updated_at = now(); RETURN NEW; END";
inline constexpr oid int4 = 23;
inline constexpr oid text = 25;

// What it makes is numbered as it comes.
struct shop {
  database_code code = {};
  oid last = first_user_oid;

  oid function(std::string name, std::string body, std::string language = "plpgsql",
               std::string extension = {}) {
    code.functions.push_back({++last, std::move(name), function_sort::plain, std::move(language),
                              std::move(extension), std::move(body), false});
    return last;
  }
  oid aggregate(std::string name) {
    code.functions.push_back(
        {++last, std::move(name), function_sort::aggregate, "internal", "", "", false});
    return last;
  }
  oid relation(std::string name) {
    const std::string array = "_" + name;
    code.relations.push_back({last + 1, std::move(name), last + 2, last + 3, array});
    last += 3;
    return last - 2;
  }
  static oid row_of(oid relation) { return relation + 1; }
  oid type(std::string name) {
    const std::string array = "_" + name;
    code.types.push_back({last + 1, std::move(name), last + 2, array});
    last += 2;
    return last - 1;
  }
  static oid array_of(oid type) { return type + 1; }
  oid sign(std::string symbol, oid function, oid left, oid right) {
    code.operators.push_back({++last, std::move(symbol), function, left, right});
    return last;
  }
  void written(text_kind kind, oid owner, std::string code_text) {
    code.texts.push_back({kind, owner, std::move(code_text)});
  }
  void link(link_kind kind, oid from, oid to) { code.links.push_back({kind, from, to}); }
  void trigger(oid function, oid relation, bool on_truncate = false) {
    code.triggers.push_back({function, relation, on_truncate});
  }
  // A column of that type.
  void column(oid relation, oid of) { link(link_kind::type_of_type, of, row_of(relation)); }
};

inline constexpr name_facts reads{.reading = true};
inline constexpr name_facts writes{.writing = true};
inline constexpr name_facts both{.reading = true, .writing = true};
inline constexpr name_facts calls{.calling = true, .seen_through = true};
inline constexpr name_facts seen{.seen_through = true};
inline constexpr name_facts nothing{};

struct fact {
  const char* name;
  name_facts facts;
};
struct made_case {
  const char* title;
  std::function<void(shop&)> make;
  std::vector<fact> found;
  bool everywhere = false;
  bool defining = false;
};

inline void check(const std::vector<made_case>& cases) {
  for (const auto& one : cases) {
    CAPTURE(one.title);
    shop made;
    one.make(made);
    const auto known = make_catalog(made.code);
    CHECK(known->everywhere() == one.everywhere);
    CHECK(known->watches_definitions() == one.defining);
    for (const auto& [name, facts] : one.found) {
      CAPTURE(std::string(name));
      CHECK(known->at(name) == facts);
    }
  }
}

}  // namespace skein::postgres::making
