// One scalar of the file into one value of the settings, or a finding that says what is wrong.
// The reader walks the tree and calls these at its leaves.
#pragma once

#include <optional>
#include <span>

#include "conf/document.hpp"
#include "conf/fields.hpp"
#include "conf/findings.hpp"
#include "conf/load.hpp"

namespace skein::conf {

// A node with the path by which messages call it.
struct spot {
  const node& at;
  const std::string& path;
};

// "a list", "a map", "text", "nothing": for sentences such as "wants a list, and this is a map".
std::string kind_of(const node& at);

class scalars {
 public:
  scalars(const load_options& options, findings& found) : options_(options), found_(found) {}

  void read(const spot& from, const rule& rules, std::string& into);
  void read(const spot& from, const rule& rules, secret& into);
  void read(const spot& from, const rule& rules, std::filesystem::path& into);
  void read(const spot& from, const rule& rules, endpoint& into);
  void read(const spot& from, const rule& rules, service_url& into);
  void read(const spot& from, const rule& rules, network& into);
  void read(const spot& from, const rule& rules, duration& into);
  void read(const spot& from, const rule& rules, byte_size& into);
  void read(const spot& from, const rule& rules, thread_count& into);
  void read(const spot& from, const rule& rules, unsigned& into);
  void read(const spot& from, const rule& rules, share& into);
  void read(const spot& from, const rule& rules, pattern& into);
  void read(const spot& from, const rule& rules, fingerprint& into);
  void read(const spot& from, const rule& rules, bool& into);
  std::optional<std::size_t> read_word(const spot& from, std::span<const std::string_view> all);

 private:
  bool is_scalar(const spot& from, std::string_view wanted);
  bool is_number(const spot& from, std::string_view wanted);
  template <typename T>
  bool take(const spot& from, parsed<T> value, T& into);
  std::filesystem::path resolve(const std::string& text) const;
  bool read_secret_file(const spot& from, const std::string& name, std::string& into);
  bool read_variable(const spot& from, const std::string& name, std::string& into);

  const load_options& options_;
  findings& found_;
};

// Why the file cannot be read, or nothing. A reason begins with "cannot read".
std::optional<std::string> unreadable(const std::filesystem::path& file);
// At most `bytes_max` bytes; the unexpected value is a reason as above.
parsed<std::string> read_whole(const std::filesystem::path& file, std::size_t bytes_max);

// Why this cannot be a name of ours, or nothing.
std::optional<std::string> bad_name(std::string_view text);

}  // namespace skein::conf
