// A stream whose two ends have agreed on a code for what follows the login: gives the bytes to the
// backend's coder, keeps what did not fit, and holds no buffer while there is nothing to keep.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "backends/wire_coder.hpp"
#include "net/layer.hpp"
#include "net/stream.hpp"

namespace skein::proxy {

class coded_wire final : public net::layer {
 public:
  // So many of the first bytes to be written are the login's last, and go as they are; `ahead` is
  // what has been read behind the login.
  coded_wire(std::unique_ptr<wire_coder> by, std::size_t uncoded, std::string ahead);

  net::attempt read_now(std::span<std::byte> into, net::tls_session::transport& below) override;
  net::attempt write_now(std::span<const std::byte> from,
                         net::tls_session::transport& below) override;
  bool readable() const override { return failure_ || holds_more(); }
  bool at_rest() const override { return !failure_ && heard_.empty() && coder_->at_rest(); }

 private:
  bool holds_more() const { return !heard_.empty() || coder_->has_more(); }
  // How much was used, and how much made.
  std::pair<std::size_t, std::size_t> decode(std::span<const std::byte> heard,
                                             std::span<std::byte> into);
  bool send_rest(net::tls_session::transport& below, net::attempt& made);

  std::unique_ptr<wire_coder> coder_;
  std::string heard_;        // in code
  std::string unsent_ = {};  // in code, and of how many bytes that their writer still has
  std::size_t unsent_for_ = 0;
  std::size_t uncoded_;
  net::error_code failure_ = {};
};

// Whether it is the peer's bytes that were at fault, not the connection.
bool is_coding_fault(const net::error_code& why);

// Does nothing without a coder.
void code(net::stream& what, std::unique_ptr<wire_coder> by, std::size_t uncoded = 0,
          std::string ahead = {});

}  // namespace skein::proxy
