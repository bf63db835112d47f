// What several clients listen for, on one server connection for all of them: a pure state machine.
// It writes what the server is to be told and reads what the server says; proxy/switchboard carries
// bytes and hands announcements out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/error.hpp"
#include "backends/login.hpp"

namespace skein {

struct announcer_event {
  enum class what : std::uint8_t {
    live,      // the server has committed that it listens on `channel`
    refused,   // it does not: `why`
    announced  // `message` was said on `channel`, as it goes to each client
  };
  what kind = what::live;
  std::string channel = {};
  std::string message = {};
  error why = {};
};

class announcer {
 public:
  virtual ~announcer() = default;
  // Appends what is sent to the server. First of all, once: the connection may have had a user.
  virtual void begin(std::string& out) = 0;
  virtual void listen(std::string_view channel, std::string& out) = 0;
  virtual void unlisten(std::string_view channel, std::string& out) = 0;
  // Reads whole messages off the front of `input`; returns how many bytes. What it must not say
  // makes it `broken`: the connection is of no more use.
  virtual std::size_t from_server(byte_view input, std::vector<announcer_event>& events) = 0;
  virtual bool broken() const = 0;
};

}  // namespace skein
