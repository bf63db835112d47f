// A listening socket; several may share a port (SO_REUSEPORT), one a core. A unix socket cannot be
// shared that way: its first listener takes it.
#pragma once

#include "net/endpoint.hpp"
#include "net/stream.hpp"

namespace skein::net {

// Who may connect to a unix socket; with TCP, and as a rule, that is decided by the log-in.
enum class callers : std::uint8_t { anybody, own_user };

class acceptor {
 public:
  // The error is a sentence that names the address and says what to do. May look a name up: not
  // for a core that serves.
  static std::expected<acceptor, std::string> listen(executor where, const endpoint& on,
                                                     callers who = callers::anybody);
  // A socket that another process has opened there, and passed on. Until `keep_file` the file of a
  // unix socket is that process's to remove.
  static std::expected<acceptor, std::string> adopt(executor where, owned_handle listening,
                                                    const endpoint& on);
  // Whether nobody listens there yet. Sharing a port lets a second Skein of the same user take half
  // of the first one's clients, so who starts asks this once before its cores listen.
  static std::expected<void, std::string> probe(const endpoint& on);

  acceptor(acceptor&&) noexcept = default;
  acceptor& operator=(acceptor&& other) noexcept;
  ~acceptor() { close(); }
  // Awaited once at a time. An error means that the process is short of something (descriptors,
  // memory) and the client still waits in the queue: come back after a pause. operation_aborted:
  // closed or cancelled.
  awaitable<std::pair<error_code, stream>> accept();
  // The same without waiting; would_block: nobody is in the queue. So a listener that is to be
  // closed lets nobody stand there, whom the kernel would reset.
  std::pair<error_code, stream> accept_now();
  std::uint16_t port() const;  // the one chosen where 0 was asked; 0 for a unix socket
  void close();                // removes the file of a unix socket, if it is still ours
  void keep_file();
  // To be passed to another process; -1: the system has no descriptor left.
  owned_handle duplicate() const;
  // Accepts no more: who waits in the queue, and a unix socket's file, are another process's now.
  void let_go();

 private:
  struct state;
  explicit acceptor(std::shared_ptr<state> made) : state_(std::move(made)) {}
  static awaitable<std::pair<error_code, stream>> accept_on(std::shared_ptr<state> on);
  static std::pair<error_code, stream> take_from(state& on);
  std::shared_ptr<state> state_;
};

}  // namespace skein::net
