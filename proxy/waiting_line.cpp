#include "proxy/waiting_line.hpp"

namespace skein::proxy {

void waiting_line::join(waiter& who) {
  if (who.ticket == 0) who.ticket = all_.draw_ticket();
  waiter* before = last_;
  while (before && before->ticket > who.ticket) before = before->before_;
  who.before_ = before;
  who.after_ = before ? before->after_ : first_;
  (before ? before->after_ : first_) = &who;
  (who.after_ ? who.after_->before_ : last_) = &who;
  who.overtaken_ = 0;
  who.waits_ = true;
  all_.count(core_, ++size_);
  show_first();
}

void waiting_line::leave(waiter& who) {
  if (!who.waits_) return;
  (who.before_ ? who.before_->after_ : first_) = who.after_;
  (who.after_ ? who.after_->before_ : last_) = who.before_;
  who.before_ = who.after_ = nullptr;
  who.waits_ = false;
  all_.count(core_, --size_);
  show_first();
}

// Who is first no more, because one with an older ticket came back, keeps its count.
void waiting_line::show_first() {
  const std::uint64_t ticket = first_ ? first_->ticket : 0;
  if (ticket == shown_) return;
  const std::uint64_t before = shown_;
  shown_ = ticket;
  const unsigned overtaken = all_.show(core_, ticket, first_ ? first_->overtaken_ : 0);
  waiter* const second = first_ ? first_->after_ : nullptr;
  if (second && second->ticket == before) second->overtaken_ = overtaken;
}

waiting_line::verdict waiting_line::hand_to(waiter& who) {
  leave(who);
  return {fate::handed_on, &who, core_};
}

waiting_line::verdict waiting_line::offer_place() {
  const auto told = all_.ask(first_ ? first_->ticket : 0, false);
  if (told.granted) return hand_to(*first_);
  if (!told.first) return {fate::stays};
  return {fate::elsewhere, nullptr, *told.first};
}

waiting_line::verdict waiting_line::offer(const fit& back, std::size_t places) {
  waiter* fitting = first_;
  while (fitting && fitting->wanted != back) fitting = fitting->after_;
  const bool place_wanted = places == 0 || places < all_.waiting();
  const auto told = all_.ask(fitting ? fitting->ticket : 0, !place_wanted);
  if (told.granted) return hand_to(*fitting);
  if (!told.first) return {fate::stays};
  if (*told.first != core_) return {fate::elsewhere, nullptr, *told.first};
  return {place_wanted ? fate::closes : fate::stays};
}

}  // namespace skein::proxy
