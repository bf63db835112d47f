// A client that talks to Skein itself: carries its bytes to the console's talk and the answers
// back. While an answer is looked for the client may leave, cancel, or be told that this is the
// end.
#pragma once

#include "backends/console_talk.hpp"
#include "net/stream.hpp"
#include "proxy/console_desk.hpp"

namespace skein::proxy {

class console_session {
 public:
  console_session(net::core& core, net::stream& client, console_talk& talk, console_desk& desk,
                  std::string who);

  // Until either side ends it. `early` is what the client sent behind its login.
  net::awaitable<> run(std::string welcome, std::string early);
  void end(error why);  // the client hears why
  void cancel();        // what is looked for is given up

 private:
  struct asking {
    bool called_off = false;
    std::optional<result<console::table>> got = {};
  };
  net::awaitable<bool> converse();
  net::awaitable<bool> find_answer();
  net::awaitable<> ask(asking& now);
  net::awaitable<bool> hear();
  net::awaitable<bool> send(std::string text);

  net::core& core_;
  net::stream& client_;
  console_talk& talk_;
  console_desk& desk_;
  std::string who_;         // as the log is told
  std::string heard_ = {};  // and not used yet
  net::task_group tasks_;
  asking* asking_ = nullptr;
  std::optional<error> ending_ = {};
};

}  // namespace skein::proxy
