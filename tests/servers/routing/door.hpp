// One connection of a client: by which door its writes leave and by which its reads. Through Skein
// they are the same. A naive splitter's are not: it writes to the leader and reads from whichever
// server comes next, without a care for what that one has applied; it is what an audit must find.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/servers/postgres/client.hpp"

namespace skein::servers::freshness {

// libpq's words for each; no readers: reads leave by the writer's door.
struct way {
  std::string writer;
  std::vector<std::string> readers = {};
};

enum class protocol { simple, extended, prepared };
constexpr std::size_t protocols = 3;

inline constexpr auto read_sql = "select id, v from freshness order by id";

class door {
 public:
  // Throws pg_refusal.
  door(const way& to, const std::string& more_words);

  pg_session& writer() { return *writer_; }
  pg_session& next_reader();

 private:
  std::unique_ptr<pg_session> writer_;
  std::vector<std::unique_ptr<pg_session>> readers_;
  std::size_t turn_ = 0;
};

// Sent without waiting; the answer is taken by finish().
void send_read(pg_session& to, protocol how);
void send_write(pg_session& to, protocol how, std::size_t row);

}  // namespace skein::servers::freshness
