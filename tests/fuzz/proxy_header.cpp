// PROXY headers: what is asked for always belongs to the header, stays bounded, and however the
// bytes are split the answer is the same.
#include "net/proxy_header.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein::net;

namespace {

constexpr std::size_t most = 16 + proxy_body_max;

// Takes at most `step` bytes at a time.
std::string carried(std::span<const std::byte> all, std::size_t step, std::size_t& taken) {
  taken = 0;
  for (;;) {
    const auto now = read_proxy_header(all.first(taken));
    if (!now) {
      fuzz::must(!now.error().empty(), "a refusal has a text");
      return "wrong";
    }
    fuzz::must(taken + now->more <= most, "a header is bounded");
    if (now->more == 0) return "peer " + now->peer;
    fuzz::must(now->peer.empty(), "nobody is named before the end");
    if (taken == all.size()) return "unfinished";
    taken += std::min({step, now->more, all.size() - taken});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t step = 1 + in.choose() % 32;
  std::string bytes;
  // Most inputs get a mark, so that the parser is reached.
  const auto kind = in.choose() % 4;
  if (kind == 1) bytes = "PROXY TCP4 ";
  if (kind == 2) bytes = "PROXY TCP6 ";
  if (kind == 3) bytes.assign("\r\n\r\n\0\r\nQUIT\n", 12);
  const auto rest = in.rest();
  bytes.append(reinterpret_cast<const char*>(rest.data()), rest.size());
  const auto all = std::as_bytes(std::span(bytes));
  std::size_t at_once_taken = 0;
  std::size_t taken = 0;
  const auto at_once = carried(all, most, at_once_taken);
  const auto split = carried(all, step, taken);
  fuzz::must(at_once == split, "it is the same however it is split");
  if (at_once.starts_with("peer")) fuzz::must(taken == at_once_taken, "and ends at one place");
  return 0;
}
