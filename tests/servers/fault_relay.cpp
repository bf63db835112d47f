#include "tests/servers/fault_relay.hpp"

#include "tests/servers/relay_loop.hpp"

namespace skein::servers {
namespace {

// Calls act(0) for the way to the server, act(1) for the way to the client.
template <typename Act>
void for_each_way(direction which, Act act) {
  if (which != direction::to_client) act(0);
  if (which != direction::to_server) act(1);
}

}  // namespace

fault_relay::fault_relay(std::uint16_t target_port)
    : loop_(std::make_unique<relay_loop>(target_port)) {}

fault_relay::~fault_relay() = default;

std::uint16_t fault_relay::port() const {
  return loop_->port();
}

void fault_relay::aim(std::uint16_t target_port) {
  loop_->apply([=](relay_loop& loop) { loop.target_port = target_port; });
}

void fault_relay::set_latency(std::chrono::milliseconds delay, direction way) {
  loop_->apply([=](relay_loop& loop) {
    for_each_way(way, [&](int each) { loop.faults[each].latency = delay; });
  });
}

void fault_relay::set_bandwidth(std::uint64_t bytes_per_second, direction way) {
  loop_->apply([=](relay_loop& loop) {
    for_each_way(way, [&](int each) {
      loop.faults[each].bytes_per_second = bytes_per_second;
      loop.faults[each].next_send = {};
    });
  });
}

void fault_relay::half_open(direction way) {
  loop_->apply([=](relay_loop& loop) {
    for_each_way(way, [&](int each) { loop.faults[each].halted = true; });
  });
}

void fault_relay::cut_after(std::uint64_t bytes, direction way, cut how) {
  loop_->apply([=](relay_loop& loop) {
    for_each_way(way, [&](int each) {
      loop.faults[each].cut_bytes = bytes;
      loop.faults[each].how = how;
      for (auto& pair : loop.pairs) pair.lanes[each].left = bytes;
    });
  });
}

void fault_relay::reset_all() {
  loop_->apply([](relay_loop& loop) { loop.reset_all(); });
}

void fault_relay::refuse() {
  loop_->apply([](relay_loop& loop) { loop.set_door(door::shut); });
}

void fault_relay::accept_mutely() {
  loop_->apply([](relay_loop& loop) { loop.set_door(door::mute); });
}

void fault_relay::part() {
  loop_->apply([](relay_loop& loop) {
    loop.faults[0].halted = loop.faults[1].halted = true;
    loop.set_door(door::mute);
  });
}

void fault_relay::heal() {
  loop_->apply([](relay_loop& loop) {
    for (auto& fault : loop.faults) {
      const auto passed = fault.passed;
      fault = {};
      fault.passed = passed;
    }
    for (auto& pair : loop.pairs) {
      pair.silenced = false;
      pair.lanes[0].left.reset();
      pair.lanes[1].left.reset();
    }
    loop.set_door(door::open);
  });
}

std::size_t fault_relay::open_connections() const {
  return loop_->apply([](relay_loop& loop) { return loop.pairs.size(); });
}

std::uint64_t fault_relay::accepted() const {
  return loop_->apply([](relay_loop& loop) { return loop.accepted; });
}

std::uint64_t fault_relay::passed_bytes(direction way) const {
  return loop_->apply([=](relay_loop& loop) {
    std::uint64_t sum = 0;
    for_each_way(way, [&](int each) { sum += loop.faults[each].passed; });
    return sum;
  });
}

}  // namespace skein::servers
