#include "backends/mysql/memory.hpp"

#include <charconv>

namespace skein::mysql {

server_memory::server_memory(const server_greeting& greeting) {
  for (const auto& [name, value] : greeting.parameters) {
    if (name == "capabilities") {
      std::from_chars(value.data(), value.data() + value.size(), agreed);
    } else if (name == "flavour") {
      which = value == to_string(flavour::mariadb) ? flavour::mariadb : flavour::mysql;
    } else if (name == "version") {
      version = value;
    }
  }
  shape.deprecates_eof = (agreed & capability::deprecate_eof) != 0;
}

}  // namespace skein::mysql
