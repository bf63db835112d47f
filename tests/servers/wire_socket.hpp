// A client that speaks bytes: for what no driver would send. Connects to a port on 127.0.0.1 or
// takes over a driver's socket; reads messages of PostgreSQL's protocol with a deadline.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::servers {

struct wire_message {
  char type = 0;
  std::string body;
  // Of an ErrorResponse: 'C' is its SQLSTATE, 'M' its text, 'S' its severity.
  std::string field(char code) const;
};

class wire_socket {
 public:
  explicit wire_socket(std::uint16_t port);
  explicit wire_socket(int borrowed);  // a descriptor, duplicated
  ~wire_socket();
  wire_socket(wire_socket&& other) noexcept;
  wire_socket& operator=(wire_socket&&) = delete;

  // Throws when the peer does not take it within the deadline; false when the peer has gone.
  bool send(std::string_view bytes, std::chrono::milliseconds deadline = std::chrono::seconds{10});
  void finish();  // no more is sent
  void reset();   // RST, at once

  // As many bytes as asked for, or those that came before the end; throws when neither happens
  // within the deadline.
  std::string receive(std::size_t bytes,
                      std::chrono::milliseconds deadline = std::chrono::seconds{10});
  // All until the peer closes; throws when it does not within the deadline.
  std::string receive_all(std::chrono::milliseconds deadline);
  // One message; nothing at the end of the stream.
  std::optional<wire_message> message(std::chrono::milliseconds deadline = std::chrono::seconds{
                                          10});
  // All messages until the peer closes.
  std::vector<wire_message> messages(std::chrono::milliseconds deadline);

 private:
  int socket_;
};

// Building blocks.
std::string u32(std::uint32_t value);
std::string startup_packet(std::uint32_t code, std::string_view body);
std::string startup_session(std::string_view user, std::string_view database);
std::string wire(char type, std::string_view body);

inline constexpr std::uint32_t protocol_3 = 3U << 16;
inline constexpr std::uint32_t cancel_code = (1234U << 16) | 5678;
inline constexpr std::uint32_t tls_code = (1234U << 16) | 5679;
inline constexpr std::uint32_t gss_code = (1234U << 16) | 5680;

}  // namespace skein::servers
