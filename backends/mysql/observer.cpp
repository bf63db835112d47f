#include "backends/mysql/observer.hpp"

#include "backends/mysql/position.hpp"
#include "backends/mysql/server_start.hpp"
#include "backends/mysql/wire_session.hpp"
#include "net/boot_clock.hpp"

namespace skein::mysql {

namespace {

constexpr std::uint16_t no_such_syntax = 1064;

class wire_observer final : public skein::observer {
 public:
  explicit wire_observer(const observer_settings& how)
      : session_({.address = how.address,
                  .tls = how.tls,
                  .who = how.who,
                  .database = how.database,
                  .application = "skein observer",
                  .timeout = how.timeout}),
        timeout_(how.timeout) {}

  result<observation> look() override;
  void interrupt() override { session_.interrupt(); }

 private:
  // One question has other words on an older server, which remembers `known` of them.
  result<wire_result> ask_one_of(std::span<const std::string_view> questions, std::size_t& known);
  result<wire_result> ask_state();

  wire_session session_;
  const std::chrono::milliseconds timeout_;
  std::size_t following_ = 0;
  std::size_t log_end_ = 0;
  server_start start_ = {};
};

// Which of the two it is is known once it has been connected to.
result<wire_result> wire_observer::ask_state() {
  const flavour guessed = session_.which();
  auto state = session_.ask(state_question(guessed));
  if (!state && session_.refusal() != 0 && session_.which() != guessed)
    return session_.ask(state_question(session_.which()));
  return state;
}

result<wire_result> wire_observer::ask_one_of(std::span<const std::string_view> questions,
                                              std::size_t& known) {
  if (known >= questions.size()) known = 0;
  const auto until = std::chrono::steady_clock::now() + timeout_;
  auto told = session_.go_on(questions[known], until);
  if (told || session_.refusal() != no_such_syntax || questions.size() == 1) return told;
  known = (known + 1) % questions.size();  // it may be another server than before
  return session_.go_on(questions[known], until);
}

// A follower's state is asked for ahead of whom it follows: what it is said to follow, and how
// well, is then at least as new as what it shows. All is asked over one connection, for another one
// may be to a server that was started anew.
result<observation> wire_observer::look() {
  const auto asked = net::since_boot();
  const auto state = ask_state();
  if (!state) return std::unexpected(said_nothing(state.error(), session_.heard()));
  if (state->rows.size() != 1)
    return failure(error_kind::unavailable, fault::server, "it did not say what state it is in");
  const auto round_trip = session_.round_trip();
  const sign_of_life sign{.connection = session_.connection(),
                          .asked = asked,
                          .answered = net::since_boot(),
                          .clock = number_in(value_of(state->rows.front(), "now")).value_or(0),
                          .uptime = number_in(value_of(state->rows.front(), "uptime")).value_or(0)};
  const auto following = ask_one_of(following_questions(session_.which()), following_);
  if (!following) return std::unexpected(following.error());
  observation_rows told{.of = session_.which(),
                        .state = state->rows.front(),
                        .following = following->rows,
                        .log_end = nullptr};
  result<wire_result> log_end = wire_result();
  if (wants_log_end(told)) log_end = ask_one_of(log_end_questions, log_end_);
  if (!log_end) return std::unexpected(log_end.error());
  if (!log_end->rows.empty()) told.log_end = &log_end->rows.front();
  observation seen = read_observation(told);
  seen.started_at_us = start_.by(sign);
  seen.round_trip = round_trip;
  return seen;
}

}  // namespace

std::unique_ptr<skein::observer> make_observer(const observer_settings& how) {
  return std::make_unique<wire_observer>(how);
}

}  // namespace skein::mysql
