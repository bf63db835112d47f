// How a keeper moves the lead where a person has asked for that. See keeper.hpp; the steps are
// decided in moving.cpp.
#include "cluster/keeper.hpp"
#include "metrics/log.hpp"

namespace skein::cluster {

namespace log = metrics::log;

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

milliseconds time_since(moment then) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - then);
}

}  // namespace

move_report keeper::moved() const {
  const std::lock_guard lock(mutex_);
  move_report out = moved_;
  if (before_.moving) {
    out.took = time_since(before_.moving->since);
    if (before_.moving->held) out.held = time_since(*before_.moving->held);
    out.why = last_.why;
  }
  return out;
}

std::expected<move_report, std::string> keeper::move_lead(const move_wish& wish) {
  const agreement::standing where = together_.now();
  const watch::knowledge known = watch_.known();
  const std::lock_guard lock(mutex_);
  if (!decides(together_, where)) return std::unexpected(elsewhere(where.told));
  if (stopping_ || retired_ || hands_.size() != known.news.size())
    return std::unexpected("this Skein is about to stop, or reads its settings anew: ask again");
  const situation now = gather_all(known);
  const auto next = may_move(now, policy_now(now), wish);
  if (!next) return std::unexpected(next.error());
  before_.moving = move{.from = now.led->member,
                        .to = *next,
                        .since = steady_clock::now(),
                        .patience = wish.patience.value_or(settings_.patience)};
  moved_ = {.stands = move_report::state::under_way,
            .from = now.members[now.led->member].name,
            .to = now.members[*next].name,
            .why = "it has begun"};
  start_hands();
  wake_.notify_all();
  return moved_;
}

void keeper::carry_on_moving(const decision& made, const situation& now) {
  if (made.what == step::hold && !before_.moving->held) {
    watch_.hold(now.led->member, moves());
    if (together_.all_hold()) before_.moving->held = steady_clock::now() + others_hear();
  }
  if (made.what == step::resume && !before_.moving->given_up) {
    before_.moving->given_up = steady_clock::now();
    before_.moving->why = made.why;
  }
  const auto ended = end_of_move(now, policy_now(now), made);
  const bool leads = now.led && now.led->member == before_.moving->to;
  if (leads && moved_.held == milliseconds(0) && before_.moving->held)
    moved_.held = time_since(*before_.moving->held);
  if (ended)
    end_moving(ended->done ? move_report::state::done : move_report::state::failed, ended->why);
}

void keeper::end_moving(move_report::state how, std::string why) {
  moved_.stands = how;
  moved_.why = std::move(why);
  moved_.took = time_since(before_.moving->since);
  if (before_.moving->held && moved_.held == milliseconds(0))
    moved_.held = time_since(*before_.moving->held);
  before_.moving.reset();
  watch_.hold(0, {});
  log::write(how == move_report::state::done ? log::level::info : log::level::warn,
             how == move_report::state::done ? "the lead was moved" : "the lead was not moved",
             {{"cluster", settings_.cluster},
              {"from", moved_.from},
              {"to", moved_.to},
              {"took", moved_.took},
              {"held", moved_.held},
              {"why", moved_.why}});
}

}  // namespace skein::cluster
