#include "proxy/coded_wire.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace skein::proxy {

namespace {

// Of a core's thread: what has just come, and what is about to go.
constexpr std::size_t heard_max = 32UZ * 1024;
struct workbench {
  std::array<std::byte, heard_max> heard;
  std::string sent = {};
};
workbench& bench() {
  thread_local const auto mine = std::make_unique<workbench>();
  return *mine;
}

// Boost's base has a protected destructor, which GCC takes for a mistake in its heirs.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class fault_category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "coding"; }
  std::string message(int value) const override {
    switch (static_cast<coding_fault>(value)) {
      case coding_fault::out_of_order:
        return "malformed compressed data: packets are out of order";
      case coding_fault::wrong_length:
        return "malformed compressed data: a packet does not hold as many bytes as it says";
      case coding_fault::corrupt:
        return "malformed compressed data: a packet cannot be uncompressed";
      case coding_fault::none:
        break;
    }
    return "malformed compressed data";
  }
};
#pragma GCC diagnostic pop

const fault_category& faults() {
  static const fault_category all;
  return all;
}

}  // namespace

coded_wire::coded_wire(std::unique_ptr<wire_coder> by, std::size_t uncoded, std::string ahead)
    : coder_(std::move(by)), heard_(std::move(ahead)), uncoded_(uncoded) {}

std::pair<std::size_t, std::size_t> coded_wire::decode(std::span<const std::byte> heard,
                                                       std::span<std::byte> into) {
  const auto now = coder_->decode(heard, into);
  if (now.fault != coding_fault::none) failure_ = {static_cast<int>(now.fault), faults()};
  return {now.used, now.made};
}

net::attempt coded_wire::read_now(std::span<std::byte> into, net::tls_session::transport& below) {
  for (;;) {
    if (failure_) return {.failure = failure_};
    std::size_t made = 0;
    if (holds_more()) {
      std::size_t used = 0;
      std::tie(used, made) = decode(std::as_bytes(std::span(heard_)), into);
      heard_.erase(0, used);
      if (heard_.empty()) heard_.shrink_to_fit();
    } else {
      const net::attempt got = below.read_now(bench().heard);
      if (got.bytes == 0) return got;
      const auto heard = std::span<const std::byte>(bench().heard).first(got.bytes);
      std::size_t used = 0;
      std::tie(used, made) = decode(heard, into);
      heard_.append(reinterpret_cast<const char*>(heard.data()) + used, heard.size() - used);
    }
    if (made > 0) return {.bytes = made};
  }
}

// False: not all went; `made` says why if that is a failure.
bool coded_wire::send_rest(net::tls_session::transport& below, net::attempt& made) {
  while (!unsent_.empty()) {
    const net::attempt sent = below.write_now(std::as_bytes(std::span(unsent_)));
    made.failure = sent.failure;
    if (sent.bytes == 0) return false;
    unsent_.erase(0, sent.bytes);
  }
  unsent_.shrink_to_fit();
  made.bytes += std::exchange(unsent_for_, 0);
  return true;
}

// Bytes whose code has not gone as a whole count as not written: who writes them comes again.
net::attempt coded_wire::write_now(std::span<const std::byte> from,
                                   net::tls_session::transport& below) {
  if (uncoded_ > 0) {
    const net::attempt made = below.write_now(from.first(std::min(uncoded_, from.size())));
    uncoded_ -= made.bytes;
    return made;
  }
  net::attempt made;
  while (unsent_for_ > 0 || made.bytes < from.size()) {
    if (unsent_for_ == 0) {
      std::string& code = bench().sent;
      code.clear();
      const std::size_t coded = coder_->encode(from.subspan(made.bytes), code);
      const auto sent =
          code.empty() ? net::attempt{} : below.write_now(std::as_bytes(std::span(code)));
      if (sent.failure) return sent;
      if (sent.bytes == code.size()) {
        made.bytes += coded;
        continue;
      }
      unsent_for_ = coded;
      unsent_.assign(code, sent.bytes);
    }
    if (!send_rest(below, made)) break;
  }
  if (made.failure) made.bytes = 0;
  made.blocked = made.bytes == 0 && !made.failure;
  return made;
}

bool is_coding_fault(const net::error_code& why) {
  return why.category() == faults();
}

void code(net::stream& what, std::unique_ptr<wire_coder> by, std::size_t uncoded,
          std::string ahead) {
  if (!by) return;
  what.put_above(std::make_unique<coded_wire>(std::move(by), uncoded, std::move(ahead)));
}

}  // namespace skein::proxy
