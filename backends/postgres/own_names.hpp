// What the names that a database defines mean for routing: which of its functions, relations,
// operators and types a follower may not serve, each with the reason. By bare names, whatever their
// schema: a name is suspected of all that any thing so called does, so that no search_path matters.
// Made by own_names_maker, looked into by name_meanings.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace skein::postgres {

// How a statement uses a name. A column: what stands behind a dot, where a function of one argument
// may too.
enum class used_as : unsigned char { function, relation, operation, type, column };

// Why only the leader may be asked.
enum class cause : unsigned char {
  nothing,
  is_unlogged,
  is_foreign,
  of_one_server,
  may_read,  // another name, which is one of these
  may_run,   // another name, which is volatile or unknown
  cannot_be_seen_through,
  is_volatile,
  unknown,
};

struct meaning {
  cause why = cause::nothing;
  std::string other = {};
  bool differs = false;  // from call to call, as random() does
  bool operator==(const meaning&) const = default;
};
// Of two reasons the first counts, but `is_volatile` most. True: that was news.
bool add(meaning& to, const meaning& more);
// Goes on behind the name: "which is volatile"; empty for nothing.
std::string in_words(const meaning& what);

class own_names {
 public:
  // Adds to what is known of the name. True: that was news.
  bool note(used_as what, std::string_view name, const meaning& means);
  // Null: the database defines nothing so called.
  const meaning* at(used_as what, std::string_view name) const;

  // Every statement may run that code without naming it: a comparison of the server's own types
  // does.
  bool note_everywhere(std::string_view name, const meaning& means);
  struct ubiquitous {
    std::string name = {};
    meaning means = {};
  };
  const ubiquitous& everywhere() const { return everywhere_; }

 private:
  struct by_text {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using meanings = std::unordered_map<std::string, meaning, by_text, std::equal_to<>>;

  std::array<meanings, 5> known_ = {};
  ubiquitous everywhere_ = {};
};

}  // namespace skein::postgres
