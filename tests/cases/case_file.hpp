// Reads the *.cases files beside it: README.md there says what stands in them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace cases {

struct one_case {
  std::string title = {};
  std::string sql = {};
  std::string facts = {};  // "reads; t"
  std::string plan = {};
};

inline void read_file(const std::filesystem::path& path, std::vector<one_case>& into) {
  static const std::string title = "== ", facts = "-- facts: ", plan = "-- plan: ";
  std::ifstream file(path);
  bool in_sql = false;
  for (std::string line; std::getline(file, line);) {
    if (in_sql && line.starts_with(facts)) {
      in_sql = false;
      into.back().facts = line.substr(facts.size());
    } else if (in_sql) {
      std::string& sql = into.back().sql;
      sql += line + '\n';
    } else if (line.starts_with(title)) {
      in_sql = true;
      into.push_back({.title = line.substr(title.size())});
    } else if (line.starts_with(plan)) {
      into.back().plan = line.substr(plan.size());
    } else if (!line.empty() && !line.starts_with('#')) {
      throw std::runtime_error(path.string() + ": no line of a case: " + line);
    }
  }
}

// Of all files in a folder, in the order of their names.
inline std::vector<one_case> read_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& each : std::filesystem::directory_iterator(folder))
    if (each.path().extension() == ".cases") files.push_back(each.path());
  std::ranges::sort(files);
  std::vector<one_case> all;
  for (const auto& each : files) read_file(each, all);
  // The last line break of a text is the file's.
  for (auto& each : all)
    if (!each.sql.empty()) each.sql.pop_back();
  return all;
}

}  // namespace cases
