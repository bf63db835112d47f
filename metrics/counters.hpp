// What a proxy core counts. Each number has one writer, the core's own thread, so an increment is a
// plain load and store: no lock, no read-modify-write, no line shared between cores. The exporter
// reads them from another thread and sums over cores; it may see a number a moment old, never torn.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skein::metrics {

// Only grows.
class counter {
 public:
  void add(std::uint64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// How many there are now. Signed, because a thing may be counted in on one core and out on another:
// only the sum means something then.
class gauge {
 public:
  void add(std::int64_t by = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void subtract(std::int64_t by = 1) { add(-by); }
  void set(std::int64_t to) { value_.store(to, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Durations in fixed buckets. One observation is two stores; the count is the sum of the buckets,
// so that a reader never sees a count that disagrees with them.
class latency_histogram {
 public:
  // Upper bounds, inclusive; what is longer than the last falls into one more bucket.
  static constexpr std::array<std::chrono::microseconds, 19> bounds = {
      std::chrono::microseconds(50),  std::chrono::microseconds(100),
      std::chrono::microseconds(200), std::chrono::microseconds(500),
      std::chrono::milliseconds(1),   std::chrono::milliseconds(2),
      std::chrono::milliseconds(5),   std::chrono::milliseconds(10),
      std::chrono::milliseconds(20),  std::chrono::milliseconds(50),
      std::chrono::milliseconds(100), std::chrono::milliseconds(200),
      std::chrono::milliseconds(500), std::chrono::seconds(1),
      std::chrono::seconds(2),        std::chrono::seconds(5),
      std::chrono::seconds(10),       std::chrono::seconds(20),
      std::chrono::seconds(60)};
  static constexpr std::size_t bucket_count = bounds.size() + 1;

  void observe(std::chrono::nanoseconds took) {
    if (took.count() < 0) took = {};
    // Most queries are short, so the scan ends early and its branches are predicted.
    std::size_t bucket = 0;
    while (bucket < bounds.size() && took > bounds[bucket]) ++bucket;
    buckets_[bucket].add();
    sum_ns_.add(static_cast<std::uint64_t>(took.count()));
  }

  // Of this bucket alone, not cumulated.
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].value(); }
  std::chrono::nanoseconds sum() const {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(sum_ns_.value()));
  }

 private:
  std::array<counter, bucket_count> buckets_ = {};
  counter sum_ns_ = {};
};

// Counted by words, of which there are few, but which only the caller knows: the first time they
// are kept. What finds no room is counted as "other".
class counter_by_reason {
 public:
  static constexpr std::size_t reasons_max = 16;

  void add(std::string_view why) { of(why).add(); }
  // For who counts the same again and again.
  counter& of(std::string_view why) {
    const std::size_t known = known_.load(std::memory_order_relaxed);
    std::size_t at = 0;
    while (at < known && reasons_[at].words != why) ++at;
    if (at == known) {
      if (known == reasons_max) return reasons_.back().times;
      reasons_[at].words = known + 1 == reasons_max ? "other" : why;
      known_.store(known + 1, std::memory_order_release);
    }
    return reasons_[at].times;
  }
  std::size_t size() const { return known_.load(std::memory_order_acquire); }
  const std::string& words(std::size_t index) const { return reasons_[index].words; }
  std::uint64_t value(std::size_t index) const { return reasons_[index].times.value(); }

 private:
  struct reason {
    std::string words = {};
    counter times = {};
  };
  std::array<reason, reasons_max> reasons_ = {};
  std::atomic<std::size_t> known_{0};  // whose words are written, and stay
};

// Room for the caller's own kinds of error; their names are given to the exporter.
inline constexpr std::size_t error_kinds_max = 16;

// One of these per core and cluster. Aligned, so that two cores never write to one cache line.
struct alignas(64) core_counters {
  // What each query touches comes first.
  counter queries;
  counter bytes_from_client;
  counter bytes_to_client;
  counter bytes_from_server;
  counter bytes_to_server;
  latency_histogram query_latency;  // from a query's first byte to the end of its reply
  gauge falls_short;                // 1: fewer followers acknowledge than durability promises

  counter clients_accepted;
  counter clients_refused;  // turned away before login: a limit, a shutdown, bytes of no protocol
  gauge clients_active;     // connected, logged in or not
  counter logins_failed;
  latency_histogram login_latency;  // from accept to welcome
  gauge sessions_active;            // logged in

  counter_by_reason sessions_pinned;  // a session once, by what pinned it first

  counter_by_reason routed;     // times that a server was lent where there was a choice: why there
  counter_by_reason routed_to;  // and to which member
  counter reads_repeated;
  counter commit_tokens_refused;
  counter acknowledged_short;          // that may have written, while `falls_short`
  counter_by_reason commits_resolved;  // whose answer was lost: what was found

  counter server_connections_opened;
  counter server_connections_failed;
  gauge server_connections_active;  // lent to a session
  gauge server_connections_idle;    // waiting in the pool
  gauge pool_waiting;               // sessions that wait for a server connection

  counter server_errors;  // errors that a server reported to its client
  counter cancels_requested;
  counter cancels_sent;
  counter announcements;                        // handed to sessions that listen
  counter announcement_gaps;                    // sessions that may have missed some
  std::array<counter, error_kinds_max> errors;  // of our own, by kind
};

}  // namespace skein::metrics
