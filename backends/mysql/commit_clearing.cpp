#include "backends/mysql/commit_clearing.hpp"

#include "backends/mysql/commit_tokens.hpp"
#include "backends/mysql/own_rows.hpp"

namespace skein::mysql {

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::minutes rest{1};
constexpr std::chrono::seconds rest_without_table{10};
constexpr std::uint16_t no_such_database = 1049, no_such_table = 1146;
constexpr unsigned rows_at_once = 2000;

}  // namespace

commit_clearing::~commit_clearing() {
  interrupt();
  if (thread_.joinable()) thread_.join();
}

void commit_clearing::interrupt() {
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
  }
  session_.interrupt();
  changed_.notify_all();
}

void commit_clearing::beaten() {
  {
    const std::lock_guard held(mutex_);
    beaten_ = steady_clock::now();
    if (stopping_ || due_ || beaten_ < next_) return;
    due_ = true;
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  }
  changed_.notify_all();
}

bool commit_clearing::may_go_on() {
  const std::lock_guard held(mutex_);
  return !stopping_ && steady_clock::now() < beaten_ + how_.timeout;
}

// What fails, because there is no such table or we may not, is tried again after the rest.
void commit_clearing::work() {
  for (;;) {
    {
      std::unique_lock held(mutex_);
      changed_.wait(held, [this] { return stopping_ || due_; });
      if (stopping_) return;
    }
    bool more = true;
    while (more && may_go_on()) more = clear_some().value_or(false);
    const auto refusal = session_.refusal();
    const bool missing = refusal == no_such_database || refusal == no_such_table;
    const std::lock_guard held(mutex_);
    due_ = false;
    next_ = steady_clock::now() + (missing ? rest_without_table : std::chrono::seconds(rest));
  }
}

// True: there may be more.
result<bool> commit_clearing::clear_some() {
  const auto until = steady_clock::now() + how_.timeout;
  if (const auto done = session_.ask(settle_session(lock_seconds(how_.timeout)), until); !done)
    return std::unexpected(done.error());
  const auto there = session_.go_on(commits_table().asks, until);
  if (!there) return std::unexpected(there.error());
  const auto asked = session_.go_on(limits_question, until);
  if (!asked) return std::unexpected(asked.error());
  const auto limits =
      asked->rows.empty() ? std::nullopt : read_limits(asked->rows[0], how_.timeout);
  if (!limits) return false;
  const auto done = session_.go_on(clear_statement(*limits, rows_at_once), until);
  if (!done) return std::unexpected(done.error());
  return done->changed == rows_at_once;
}

}  // namespace skein::mysql
