// LISTEN for many clients on one connection: one simple query a channel, answered in order.
#pragma once

#include <deque>

#include "backends/announcer.hpp"

namespace skein::postgres {

class announcer final : public skein::announcer {
 public:
  void begin(std::string& out) override;
  void listen(std::string_view channel, std::string& out) override;
  void unlisten(std::string_view channel, std::string& out) override;
  std::size_t from_server(byte_view input, std::vector<announcer_event>& events) override;
  bool broken() const override { return broken_; }

 private:
  void take(char type, byte_view message, std::vector<announcer_event>& events);
  void end_query(std::vector<announcer_event>& events);

  // A query that is to be answered, and the channel that it asks for; empty: it asks for none.
  std::deque<std::string> asked_ = {};
  std::optional<error> failure_ = {};  // of the query that is being answered
  bool broken_ = false;
};

}  // namespace skein::postgres
