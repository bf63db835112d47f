#include "tests/servers/routing/door.hpp"

namespace skein::servers::freshness {

door::door(const way& to, const std::string& name)
    : writer_(open_session(to.which, to.writer, name)) {
  for (const auto& each : to.readers) readers_.push_back(open_session(to.which, each, name));
}

session& door::next_reader() {
  return readers_.empty() ? *writer_ : *readers_[turn_++ % readers_.size()];
}

std::unique_ptr<session> open_session(engine which, const std::string& where,
                                      const std::string& name) {
  return which == engine::postgres ? open_postgres(where, name) : open_mysql(where, name);
}

}  // namespace skein::servers::freshness
