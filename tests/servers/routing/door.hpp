// One connection of a client: by which door its writes leave and by which its reads. Through Skein
// they are the same. A naive splitter's are not: it writes to the leader and reads from whichever
// server comes next, without a care for what that one has applied; it is what an audit must find.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/servers/routing/session.hpp"

namespace skein::servers::freshness {

// Where, as open_session() takes it; no readers: reads leave by the writer's door.
struct way {
  engine which = engine::postgres;
  std::string writer = {};
  std::vector<std::string> readers = {};
};

class door {
 public:
  door(const way& to, const std::string& name);  // throws refusal

  session& writer() { return *writer_; }
  session& next_reader();

 private:
  std::unique_ptr<session> writer_;
  std::vector<std::unique_ptr<session>> readers_;
  std::size_t turn_ = 0;
};

}  // namespace skein::servers::freshness
