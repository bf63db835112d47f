#include "proxy/announcement.hpp"

#include "net/proxy_header.hpp"

namespace skein::proxy {

net::awaitable<result<std::string>> hear_announcement(net::stream& client, bool& silent) {
  std::vector<std::byte> heard;
  for (;;) {
    auto now = net::read_proxy_header(heard);
    if (!now) {
      co_return failure(error_kind::protocol, fault::client,
                        now.error() + ": see proxy_protocol of the listener");
    }
    if (now->more == 0) co_return std::move(now->peer);
    const std::size_t before = heard.size();
    heard.resize(before + now->more);
    const auto [failed, count] = co_await client.read_some(std::span(heard).subspan(before));
    if (failed) {
      co_return failure(error_kind::lost, fault::client,
                        "it left before its PROXY header: " + failed.message());
    }
    silent = false;
    heard.resize(before + count);
  }
}

}  // namespace skein::proxy
