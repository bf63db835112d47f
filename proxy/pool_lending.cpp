// How a pool and those of the other cores help each other out: a place or an open connection goes
// to the core of who is next of all who wait. What passes between two cores is posted.
#include "proxy/pool.hpp"

namespace skein::proxy {

// A place for one who has gone meanwhile goes on to the next.
void pool::hear_place(budget::slot place) {
  const auto told = line_.offer_place();
  if (told.what == waiting_line::fate::elsewhere) {
    return places_.pass_on(std::move(place), told.core);
  }
  if (told.what != waiting_line::fate::handed_on) return;
  auto& who = static_cast<waiter&>(*told.who);
  counters_.pool_waiting.subtract();
  who.place = std::move(place);
  who.your_turn();
}

// Somebody waits on another core.
void pool::hear_wanted(budget::wish what) {
  if (!idle_.empty()) return offer_one_idle({what.key, what.epoch});
  places_.may_be_called(number_, false);
  places_.call_for(std::move(what), number_);
}

// As if all came back now, the oldest first.
void pool::offer_idle() {
  for (lease& each : std::exchange(idle_, {})) shelve(std::move(each));
  count();
}

// As if it came back now: one that fits, else the oldest.
void pool::offer_one_idle(const waiting_line::fit& preferred) {
  lease one = take_idle(preferred.key, preferred.epoch);
  if (!one) {
    one = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
  shelve(std::move(one));
  count();
}

// Where nobody reads it any more. What cannot leave is closed, and its place is for who waits.
void pool::send_off(server_connection& leaving) {
  const bool may_go = leaving.at_rest() && !closing_;
  auto luggage = may_go ? leaving.stream.release() : std::nullopt;
  if (!luggage) {
    leaving.close();
    const budget::slot freed = std::move(leaving.place);
    return;
  }
  leaving.memory->leave_core();
  places_.send(std::make_shared<traveller>(std::move(leaving.place), std::move(*luggage),
                                           std::move(static_cast<server_facts&>(leaving))),
               *leaving.leaves_for);
}

// As if a client of this core had given it back.
void pool::hear_arrival(traveller& come) {
  auto stream = net::stream::adopt(core_.where(), std::move(come.luggage));
  const bool of_use = come.facts.epoch == epoch_ && come.facts.tls_turn == tls_turn_;
  if (!stream || closing_ || !of_use) {
    const budget::slot freed = std::move(come.place);
    return;
  }
  const auto made =
      std::make_shared<server_connection>(core_.where(), std::move(*stream), std::move(come.place));
  static_cast<server_facts&>(*made) = std::move(come.facts);
  made->home = this;
  tasks_.spawn(look_after(made));
  shelve(made);
}

}  // namespace skein::proxy
