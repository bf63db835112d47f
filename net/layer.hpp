// What may stand between a stream and who uses it, and codes the bytes of both directions. It makes
// its attempts on what is below it, TLS or the bare connection, and never waits.
#pragma once

#include "net/tls.hpp"

namespace skein::net {

class layer {
 public:
  virtual ~layer() = default;

  // As the stream's own. A read is blocked only when nothing can be made of what has come.
  virtual attempt read_now(std::span<std::byte> into, tls_session::transport& below) = 0;
  virtual attempt write_now(std::span<const std::byte> from, tls_session::transport& below) = 0;
  // There may be more to read though nothing comes from below.
  virtual bool readable() const = 0;
  // Nothing of what has come is left to be read, nor half read.
  virtual bool at_rest() const = 0;
};

}  // namespace skein::net
