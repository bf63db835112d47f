#include "coordination/council.hpp"

#include <algorithm>

#include "coordination/seat.hpp"

namespace skein::coordination {

council::council(council_settings settings, tell on_change)
    : seat_(std::make_unique<seat>(std::move(settings), std::move(on_change))) {}

council::~council() {
  stop();
}

void council::start() {
  renewing_ = std::thread([this] { seat_->renew(); });
  watching_ = std::thread([this] { seat_->watch(); });
}

void council::stop() {
  if (!renewing_.joinable()) return;
  seat_->retire();
  seat_->end(std::chrono::seconds(1));
  renewing_.join();
  watching_.join();
}

outlook council::now() const {
  return seat_->now();
}

const write_permit& council::writes() const {
  return seat_->permit();
}

std::expected<lead_record, std::string> council::announce(const std::string& member,
                                                          const std::string& address,
                                                          const std::string& why,
                                                          std::uint64_t above) {
  return seat_->write_lead(refuse_to_announce, [&](const knowledge& known) {
    return lead_record{.epoch = std::max(next_epoch(known), above + 1),
                       .state = lead_state::announced,
                       .member = member,
                       .address = address,
                       .why = why,
                       .before = who_led(known)};
  });
}

std::expected<lead_record, std::string> council::hold(const std::string& why) {
  return seat_->write_lead(refuse_to_hold, [&](const knowledge& known) {
    lead_record out = *known.seen.lead->value;
    out.held = !why.empty();
    if (out.held) out.why = why;
    return out;
  });
}

std::expected<lead_record, std::string> council::settle(const std::string& member,
                                                        const std::string& address,
                                                        const std::string& why,
                                                        const std::string& mark) {
  return seat_->write_lead(refuse_to_settle, [&](const knowledge& known) {
    return lead_record{.epoch = known.seen.lead->value->epoch,
                       .state = lead_state::led,
                       .member = member,
                       .address = address,
                       .why = why,
                       .mark = mark};
  });
}

void council::acknowledge(std::uint64_t epoch) {
  seat_->acknowledge(epoch);
}

void council::offer(bool willing) {
  seat_->offer(willing);
}

void council::retire() {
  seat_->retire();
}

}  // namespace skein::coordination
