// From the text of a settings file to `settings`, or to every mistake in it at once.
// cli calls this at start, on `check` and on reload; nothing else reads configuration.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/settings.hpp"

namespace skein::conf {

inline constexpr std::size_t file_bytes_max = std::size_t{1024} * 1024;

std::optional<std::string> process_environment(const std::string& name);

struct load_options {
  std::vector<std::string> engines = {};  // what `engine` may name; the first is the default
  std::filesystem::path directory = {};   // relative paths in the text start here
  std::function<std::optional<std::string>(const std::string&)> environment = process_environment;
};

struct mistake {
  int line = 0;  // both count from 1; 0 when the file as a whole is meant
  int column = 0;
  std::string path = {};  // clusters.main.pool.size
  std::string text = {};

  bool operator==(const mistake&) const = default;
};

// "skein.yaml:7:5: clusters.main.pool.sizee: no such key; did you mean 'size'?"
std::string format(const mistake& what, std::string_view file);

struct loaded {
  conf::settings settings = {};
  std::vector<mistake> warnings = {};     // allowed, and worth a second look
  std::map<std::string, int> lines = {};  // where each key and item of the file stands
  // Of each file that a key names: what tells whether it holds something else by now.
  std::map<std::filesystem::path, std::size_t> digests = {};
};

using load_result = std::expected<loaded, std::vector<mistake>>;

// Both read the secrets and look at the files that the settings name.
load_result load_text(std::string_view text, const load_options& options);
// Relative paths start at the file's own directory, whatever `options.directory` says.
load_result load_file(const std::filesystem::path& file, const load_options& options);

}  // namespace skein::conf
