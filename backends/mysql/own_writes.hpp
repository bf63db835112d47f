// What a session has written, by the GTIDs that servers tell in their answers: who covers it shows
// all of it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "backends/members.hpp"
#include "backends/mysql/gtid_position.hpp"

namespace skein::mysql {

class own_writes {
 public:
  // As session_track_gtids has them, or MariaDB's last_gtid. All that came before from the same
  // source is asked for with them: so a session of a million writes is one range.
  void add(flavour of, std::string_view told);
  // Null: nothing was told.
  const std::shared_ptr<const extent>& exact() const { return exact_; }

 private:
  std::optional<gtid_position> all_ = {};
  std::shared_ptr<const extent> exact_ = {};
};

}  // namespace skein::mysql
