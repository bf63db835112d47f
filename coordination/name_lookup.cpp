#include "coordination/name_lookup.hpp"

#include <netdb.h>

#include <algorithm>
#include <array>
#include <list>
#include <memory>
#include <mutex>

namespace skein::coordination {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One question to glibc's resolver threads, which write into it until it is answered.
struct question {
  explicit question(std::string asked) : host(std::move(asked)) {
    hints.ai_socktype = SOCK_STREAM;
    request.ar_name = host.c_str();
    request.ar_request = &hints;
  }
  question(const question&) = delete;
  ~question() {
    if (request.ar_result) ::freeaddrinfo(request.ar_result);
  }
  bool pending() { return ::gai_error(&request) == EAI_INPROGRESS; }

  std::string host;
  addrinfo hints = {};
  gaicb request = {};
};

// Those that nobody waits for any more; each is let go once it has been answered.
void leave_behind(std::unique_ptr<question> late) {
  static std::mutex guard;
  static auto* left = new std::list<std::unique_ptr<question>>;  // outlives the resolver's threads
  const std::lock_guard lock(guard);
  left->remove_if([](const auto& each) { return !each->pending(); });
  left->push_back(std::move(late));
}

net::error_code failure_of(int answer) {
  if (answer == EAI_AGAIN) return net::asio::error::host_not_found_try_again;
  return net::asio::error::host_not_found;
}

std::vector<std::string> addresses_in(const addrinfo* found) {
  std::vector<std::string> all;
  for (; found; found = found->ai_next) {
    std::array<char, NI_MAXHOST> text = {};
    if (::getnameinfo(found->ai_addr, found->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0)
      all.emplace_back(text.data());
  }
  return all;
}

}  // namespace

std::expected<std::vector<std::string>, net::error_code> look_up_until(
    const std::string& host, net::steady_time until, const std::atomic<bool>& interrupted) {
  net::error_code no_address;
  net::asio::ip::make_address(host, no_address);
  if (!no_address) return std::vector{host};
  auto asked = std::make_unique<question>(host);
  gaicb* list[] = {&asked->request};
  if (const int refused = ::getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr); refused != 0)
    return std::unexpected(failure_of(refused));
  while (asked->pending()) {
    const auto left = until - steady_clock::now();
    if (interrupted || left <= milliseconds(0)) {
      if (::gai_cancel(&asked->request) != EAI_CANCELED) leave_behind(std::move(asked));
      if (interrupted) return std::unexpected(net::asio::error::operation_aborted);
      return std::unexpected(net::asio::error::timed_out);
    }
    // In slices, since nothing wakes it when somebody interrupts.
    const auto slice = std::min<steady_clock::duration>(left, milliseconds(50));
    const timespec wait = {0, std::chrono::nanoseconds(slice).count()};
    const gaicb* waited[] = {&asked->request};
    ::gai_suspend(waited, 1, &wait);
  }
  const int answer = ::gai_error(&asked->request);
  if (answer != 0) return std::unexpected(failure_of(answer));
  auto found = addresses_in(asked->request.ar_result);
  if (found.empty()) return std::unexpected(net::asio::error::host_not_found);
  return found;
}

}  // namespace skein::coordination
