// What the tests of conf share: a directory with the files that samples name, an environment that
// is not the process's, and mistakes as the lines that a person would read.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "conf/load.hpp"

namespace skein::conf::testing {

// The tests run in the root of the tree.
inline const std::filesystem::path samples = "conf/samples";
inline const std::filesystem::path goldens = "tests/unit/conf/mistakes";

inline std::string slurp(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE_MESSAGE(in, "cannot open " << file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// A new directory below the system's temporary one, gone at the end of the test.
class scratch {
 public:
  scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "skein-conf-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
    for (const char* file : {"tls/skein.crt", "tls/skein.key", "tls/authority.crt",
                             "tls/client.crt", "tls/client.key"}) {
      write(file, "a PEM file\n");
    }
    write("secrets/app", "wild\n");
    write("secrets/reporting", "geese\r\n");
    write("secrets/admin", "formation");
    write("secrets/replicator", "vee");
    write("secrets/etcd", "clutch");
  }
  ~scratch() { std::filesystem::remove_all(root_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  void write(const std::filesystem::path& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }
  const std::filesystem::path& root() const { return root_; }

  load_options options() const {
    return {.engines = {"postgres", "mysql"},
            .directory = root_,
            .environment = [](const std::string& name) -> std::optional<std::string> {
              static const std::map<std::string, std::string> variables{
                  {"APP_PASSWORD", "honk"}, {"WATCHER_PASSWORD", "watch"}, {"EMPTY", ""}};
              const auto known = variables.find(name);
              if (known == variables.end()) return std::nullopt;
              return known->second;
            }};
  }

 private:
  std::filesystem::path root_;
};

inline std::string lines(const std::vector<mistake>& all) {
  std::string text;
  for (const mistake& each : all) text += format(each, "skein.yaml") + "\n";
  return text;
}

// What a person would be told: mistakes, or that all is good, or good with warnings.
inline std::string outcome(const load_result& result) {
  if (!result) return lines(result.error());
  return result->warnings.empty() ? "good\n" : "good, but\n" + lines(result->warnings);
}

inline settings load_good(const std::string& text) {
  const scratch here;
  const load_result result = load_text(text, here.options());
  REQUIRE_MESSAGE(result, outcome(result));
  return result->settings;
}

}  // namespace skein::conf::testing
