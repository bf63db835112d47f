// A PostgreSQL server that stands still, by its files: where its data, its settings and the
// programs of its version are, and how those are run. A server's own last command line tells most
// of it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "backends/error.hpp"
#include "backends/postgres/divergence.hpp"

namespace skein::postgres {

class server_files {
 public:
  // The error says what is wrong with the folder.
  static result<server_files> find(const std::filesystem::path& data);

  const std::filesystem::path& data() const { return data_; }
  unsigned version() const { return version_; }  // 15

  result<control_data> control() const;
  bool runs() const;
  // What its settings say, wherever they stand; empty: nothing.
  std::string setting(const std::string& name) const;
  // Only as far as pg_rewind needs it: recovers from a crash, and stops again.
  result<void> recover() const;

  struct tool {
    std::string name = {};
    std::vector<std::string> arguments = {};
    std::vector<std::string> environment = {};
    std::function<void(std::string_view)> hears = {};
  };
  // What it said; the error begins with its name.
  result<std::string> run(const tool& what) const;
  // Its own settings file, where that does not stand in its data.
  const std::string& settings_file() const { return settings_file_; }

 private:
  std::filesystem::path data_ = {};
  std::filesystem::path programs_ = {};
  std::string settings_file_ = {};
  unsigned version_ = 0;
};

// The words of a line of postmaster.opts: `/usr/bin/postgres "-D" "/data"`.
std::vector<std::string> words_of_options(std::string_view line);

// `name = 'value'` lines, as ALTER SYSTEM writes them; a later one counts. Without those of the
// names in `change`, of which each that has a value is put at the end.
std::string change_settings(const std::string& text,
                            const std::map<std::string, std::string>& change);
// The value that counts; empty: it has none.
std::string setting_in(std::string_view text, std::string_view name);

}  // namespace skein::postgres
