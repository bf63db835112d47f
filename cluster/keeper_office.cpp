// A keeper among several Skeins: one of them decides, and tells the others before anybody is
// promoted. See keeper.hpp; alone, all of this is granted at once.
#include "cluster/keeper.hpp"

namespace skein::cluster {

using std::chrono::steady_clock;

namespace {

// Who has met no member for so long knows too little to decide.
constexpr std::chrono::seconds blind{2};
// For the others to go by what they are told.
constexpr std::chrono::milliseconds hearing{100};

}  // namespace

void keeper::seek_office(const watch::knowledge& known) {
  const moment now = steady_clock::now();
  for (const member_news& each : known.news)
    if (each.met == contact::answers) met_ = now;
  together_.offer(!retired_ && now - met_ < blind);
}

// Another Skein decides, or another process. Who writes here does by what is found here, and this
// one may be next.
void keeper::look_on(const watch::knowledge& known) {
  for (auto& each : hands_) each->obey({}, false);
  if (!retired_) before_.chosen.reset();
  before_.fenced.reset();
  const situation now = gather_all(known);
  if (!now.led && together_.alone()) recall(now);
  give_up_others(now);
  last_ = {.what = step::rest, .why = "another process decides who leads"};
  if (!retired_) last_.why = together_.in_words();
  note_shortfall(last_, now);
  vouch(now);
  if (before_.moving) end_moving(move_report::state::failed, last_.why);
}

std::string keeper::moves() const {
  return "the lead is on its way from " + moved_.from + " to " + moved_.to;
}

std::chrono::milliseconds keeper::others_hear() const {
  return together_.alone() ? std::chrono::milliseconds(0) : hearing;
}

// What is decided, or that others have yet to hear of it.
decision keeper::after_telling(decision made, const routing::cluster_view& seen,
                               const agreement::standing& where) {
  intention meant{.why = made.why};
  if (made.what == step::promote) {
    meant.member = made.who.front();
  } else if (const auto word = seen.claimant ? hands_[*seen.claimant]->word() : hand_word{};
             seen.claimant && !(word.told && word.told->fenced)) {
    meant = {.member = seen.claimant,
             .leads = true,
             .held = before_.moving && !before_.moving->given_up,
             .why = seen.members[*seen.claimant].name + " takes writes",
             .mark = word.promoted ? word.mark : ""};
    if (meant.held) meant.why = moves();
    // What a new leader began with is known once it has been promoted.
    if (before_.chosen == seen.claimant && !word.promoted) meant.member.reset();
  }
  if (together_.tell(where, meant, seen.epoch) || made.what != step::promote) return made;
  return {.what = step::wait,
          .why = made.why + ", once all Skeins know of it: " + together_.in_words()};
}

}  // namespace skein::cluster
