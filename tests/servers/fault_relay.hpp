// A TCP relay that misbehaves on command; it stands between any two parties of a test.
// One thread of its own. Every switch acts at once on the connections that are open and on those
// to come, and is safe to call from any thread. When the target is down a connection is accepted
// and then reset; refuse() is what makes it be refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

namespace skein::servers {

enum class direction { to_server, to_client, both };

enum class cut { reset, silence };

class relay_loop;

class fault_relay {
 public:
  // Relays from a port of its own on 127.0.0.1 to target_port there.
  explicit fault_relay(std::uint16_t target_port);
  ~fault_relay();  // closes everything

  std::uint16_t port() const;
  void aim(std::uint16_t target_port);  // for connections to come

  void set_latency(std::chrono::milliseconds delay, direction way = direction::both);
  void set_bandwidth(std::uint64_t bytes_per_second, direction way = direction::both);  // 0: free

  // Nothing moves any more, both ends stay open; what arrives waits until heal().
  void half_open(direction way = direction::both);

  // Each connection passes exactly so many bytes more in that direction; the next byte cuts it.
  // So cut_after(0, to_client) lets a COMMIT through and loses its answer.
  void cut_after(std::uint64_t bytes, direction way, cut how = cut::reset);

  void reset_all();      // RST to both ends of every open connection; new ones are served
  void refuse();         // "connection refused" to new connections; the open ones go on
  void accept_mutely();  // new connections are accepted and hear nothing, ever
  void part();           // a cut cable: half_open() and accept_mutely()

  // All faults off. Connections that were accepted mutely are dialled now.
  void heal();

  std::size_t open_connections() const;
  std::uint64_t accepted() const;                   // connections since the start
  std::uint64_t passed_bytes(direction way) const;  // since the start

 private:
  std::unique_ptr<relay_loop> loop_;
};

}  // namespace skein::servers
