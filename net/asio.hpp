// Boost.Asio as this house uses it: one concrete executor, awaitables without type erasure. Its
// sockets and timers are not used: net/socket and net/timer stand on a loop of our own.
// Also the precompiled header of every target, so that its cost is paid once a build.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace skein::net {

namespace asio = boost::asio;
using boost::system::error_code;

// Every thread that runs coroutines runs one io_context; naming its executor spares the hot path
// the virtual calls of any_io_executor.
using executor = asio::io_context::executor_type;

template <typename T = void>
using awaitable = asio::awaitable<T, executor>;

// co_await f(..., use_result) yields a tuple that starts with the error_code; nothing throws.
inline constexpr auto use_result = asio::as_tuple(asio::use_awaitable_t<executor>{});
// The same without a frame of its own: what f returns is awaited at once, and by nobody else.
inline constexpr auto in_frame = asio::as_tuple(asio::deferred);

using steady_time = std::chrono::steady_clock::time_point;

}  // namespace skein::net
