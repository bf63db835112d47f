#include "net/lookup.hpp"

#include <netdb.h>

#include <system_error>

namespace skein::net {

namespace {

error_code failure_of(int answer) {
  switch (answer) {
    case EAI_SYSTEM:
      return {errno, boost::system::system_category()};
    case EAI_AGAIN:
      return asio::error::host_not_found_try_again;
    case EAI_FAIL:
      return asio::error::no_recovery;
    case EAI_MEMORY:
      return asio::error::no_memory;
    default:
      return asio::error::host_not_found;
  }
}

}  // namespace

lookup_result look_up(const std::string& host, std::uint16_t port) {
  addrinfo wanted = {};
  wanted.ai_flags = AI_NUMERICSERV;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int answer = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (answer != 0) return std::unexpected(failure_of(answer));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, &::freeaddrinfo);
  std::vector<socket_address> addresses;
  for (; found; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    addresses.emplace_back(found->ai_addr, found->ai_addrlen);
  }
  if (addresses.empty()) return std::unexpected(asio::error::host_not_found);
  return addresses;
}

lookup_thread::lookup_thread(asio::io_context& context)
    : asio::execution_context::service(context), home_(poller::of(context.get_executor())) {}

void lookup_thread::ask(std::shared_ptr<lookup> question) {
  if (!thread_.joinable()) {
    try {
      thread_ = std::thread([this] { run(); });
    } catch (const std::system_error& failed) {  // no thread to be had
      question->answer = std::unexpected(error_code(failed.code()));
      return;
    }
  }
  const std::lock_guard lock(mutex_);
  questions_.push_back(std::move(question));
  asked_.notify_one();
}

void lookup_thread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    auto question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    lookup_result answer = std::unexpected(error_code(asio::error::operation_aborted));
    if (!question->forgotten) answer = look_up(question->host, question->port);
    reply(std::move(question), std::move(answer));
    lock.lock();
  }
}

// The question goes with it: its timer must not end on this thread.
void lookup_thread::reply(std::shared_ptr<lookup> to, lookup_result answer) {
  home_.post([to = std::move(to), answer = std::move(answer)]() mutable {
    to->answer = std::move(answer);
    to->answered.cancel();
  });
}

void lookup_thread::shutdown() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    asked_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  questions_.clear();
}

}  // namespace skein::net
