#include "proxy/catalogs.hpp"

#include <exception>
#include <utility>

namespace skein::proxy {

namespace log = metrics::log;

namespace {

// Definitions may change thousands of times a second: what comes within this is seen together.
constexpr std::chrono::milliseconds breath{2};

}  // namespace

void catalogs::doorbell::ring() {
  {
    const std::lock_guard held(mutex_);
    if (std::exchange(rung_, true)) return;
  }
  rung_here_.notify_one();
}

void catalogs::doorbell::wait_until(clock::time_point end) {
  lock held(mutex_);
  rung_here_.wait_until(held, end, [this] { return rung_; });
  rung_ = false;
}

catalogs::catalogs(catalogs_settings how, open_reader open)
    : how_(std::move(how)), open_(std::move(open)) {}

void catalogs::start() {
  thread_ = std::thread([this] { work(); });
}

void catalogs::stop() {
  {
    const std::lock_guard held(mutex_);
    stopping_ = true;
    if (asked_) asked_->interrupt();
  }
  bell_->ring();
  if (thread_.joinable()) thread_.join();
}

void catalogs::adopt(catalogs_settings how, open_reader open) {
  {
    const std::lock_guard held(mutex_);
    how_ = std::move(how);
    open_ = std::move(open);
    turn_to_another_way();
  }
  bell_->ring();
}

void catalogs::see(const routing::view& now) {
  {
    const std::lock_guard held(mutex_);
    const bool was = std::exchange(led_, now->leader.has_value());
    const bool moved = led_ && now->members[*now->leader].address != leader_;
    if (was == led_ && !moved) return;  // as a rule
    if (moved) {
      leader_ = now->members[*now->leader].address;
      turn_to_another_way();
      // It may define something else.
      for (auto& [database, each] : all_)
        if (each.what->now().known) each.what->change();
    }
  }
  bell_->ring();
}

// Our thread closes what is open; a reading in the old way may be held up for long.
void catalogs::turn_to_another_way() {
  ++way_;
  for (auto& [database, each] : all_) each.times.begin_anew();
  if (asked_) asked_->interrupt();
}

std::shared_ptr<definitions> catalogs::of(const std::string& database) {
  const std::lock_guard held(mutex_);
  entry& found = all_[database];
  if (auto lent = found.lent.lock()) return lent;
  if (!found.what) found.what = std::make_shared<definitions>([bell = bell_] { bell->ring(); });
  if (found.what->now().known && !found.times.fresh(clock::now())) found.what->change();
  std::shared_ptr<definitions> lent(found.what.get(), [what = found.what, bell = bell_](auto*) {
    bell->ring();  // nobody holds it any more
  });
  found.lent = lent;
  found.left = {};
  if (found.what->wanted()) bell_->ring();
  return lent;
}

void catalogs::work() {
  std::vector<std::unique_ptr<catalog_reader>> closed;  // without the lock: that may take a moment
  std::vector<entries::node_type> forgotten;
  std::vector<entries::value_type*> which;
  std::vector<catalog_case> cases;
  for (;;) {
    which.clear();
    cases.clear();
    lock held(mutex_);
    const auto now = clock::now();
    for (auto& named : all_) {
      entry& each = named.second;
      const bool in_use = !each.lent.expired();
      if (!in_use && each.left == clock::time_point()) each.left = now;
      auto& place = each.place;
      if (place.reader && (place.way != way_ || stopping_)) {
        closed.push_back(std::exchange(place, {}).reader);
      }
      which.push_back(&named);
      cases.push_back({.held = in_use,
                       .wanted = each.what->wanted(),
                       .open = place.reader != nullptr,
                       .due = each.times.due(each.what->now().known != nullptr),
                       .left = each.left});
    }
    if (stopping_) return;
    const catalog_step step = next_step(cases, how_.pace, now, led_ && open_);
    for (const auto i : step.close) {
      closed.push_back(std::exchange(which[i]->second.place, {}).reader);
    }
    for (const auto i : step.forget) forgotten.push_back(all_.extract(which[i]->first));
    held.unlock();
    closed.clear();  // before another is opened
    forgotten.clear();
    if (step.read) {
      read(*which[*step.read]);
    } else {
      bell_->wait_until(step.wake);
      std::this_thread::sleep_until(now + breath);
    }
  }
}

// False: there is no reader. The lock is not held meanwhile.
bool catalogs::open(lock& held, entries::value_type& which) {
  const auto way = way_;
  const auto begun = clock::now();
  const auto how_to = open_;
  const auto at = leader_;
  held.unlock();
  std::unique_ptr<catalog_reader> made;
  std::string why_not;
  try {
    made = how_to(at, which.first);
  } catch (const std::exception& thrown) {  // out of descriptors, as a rule
    why_not = thrown.what();
  }
  held.lock();
  if (stopping_ || way != way_) return false;
  if (made) {
    which.second.place = {std::move(made), way};
  } else {
    note_failure(which, begun,
                 {error_kind::internal, fault::us, {}, "it cannot be begun", why_not});
  }
  return which.second.place.reader != nullptr;
}

void catalogs::read(entries::value_type& which) {
  entry& each = which.second;
  lock held(mutex_);
  if (!each.place.reader && !open(held, which)) return;
  const auto way = each.place.way;
  if (stopping_ || way != way_) return;
  const auto begun = clock::now();
  const std::uint64_t begun_at = each.what->edition();
  asked_ = each.place.reader.get();
  const auto before = each.given;
  held.unlock();
  result<std::shared_ptr<const catalog>> said;
  try {
    said = asked_->read(before.get());
  } catch (const std::exception& thrown) {  // out of memory, as a rule
    said = failure(error_kind::internal, fault::us, "it cannot be read", thrown.what());
  }
  held.lock();
  asked_ = nullptr;
  if (stopping_ || way != way_) return;  // it was interrupted, or asked the wrong one
  if (said) {
    take(which, begun_at, begun, std::move(*said));
  } else {
    note_failure(which, begun, said.error());
  }
}

// What has been overtaken by a change is still what the reader compares with from now on.
void catalogs::take(entries::value_type& which, std::uint64_t begun_at, clock::time_point begun,
                    std::shared_ptr<const catalog> given) {
  entry& each = which.second;
  const auto ended = clock::now();
  each.times.succeeded(how_.pace, begun, ended);
  const bool anew = given != nullptr;
  if (anew) each.given = std::move(given);
  if (!each.given) return;
  if (anew || !each.what->now().known) each.what->publish(begun_at, each.given);
  if (anew || each.failing) note_success(which, ended - begun);
}

void catalogs::note_success(entries::value_type& which, clock::duration took) {
  entry& each = which.second;
  std::string words = each.given->in_words();
  const bool first = each.words.empty();
  const bool mended = std::exchange(each.failing, false);
  const bool other = words != each.words;
  each.words = std::move(words);
  const std::initializer_list<log::field> fields = {
      {"cluster", how_.cluster}, {"database", which.first}, {"found", each.words}, {"took", took}};
  if (mended) {
    log::write(log::level::info, "what a database defines can be read again", fields);
  } else if (first) {
    log::write(log::level::info, "what a database defines has been read", fields);
  } else if (other) {
    log::write_limited(news_, log::level::info, "a database defines something else", fields);
  } else {
    log::write(log::level::debug, "what a database defines has been read again", fields);
  }
}

// Who changes definitions just now is let go first. Else the reader goes, too: its connection may
// be of no use, and another database may have one.
void catalogs::note_failure(entries::value_type& which, clock::time_point begun, const error& why) {
  entry& each = which.second;
  const auto ended = clock::now();
  const bool in_the_way = why.kind == error_kind::timeout;
  if (in_the_way && !each.failing && each.times.put_off(how_.pace, begun, ended)) return;
  each.place = {};
  each.times.failed(how_.pace, begun, ended);
  const auto read_at = each.times.read_at();
  if (read_at && ended - *read_at > how_.pace.believed && each.what->now().known) {
    each.what->change();
  }
  if (std::exchange(each.failing, true)) return;
  log::write_limited(
      failures_, log::level::warn, "what a database defines cannot be read",
      {{"cluster", how_.cluster},
       {"database", which.first},
       {"user", how_.user},
       {"error", why.text_for_client},
       {"detail", why.detail_for_log},
       {"meaning",
        "until it can, its server connections are cleaned after each transaction before another "
        "client has them, which costs"},
       {"advice",
        in_the_way
            ? "who keeps tables locked there, or the server busy, must come to an end: it is "
              "tried again"
            : "the user of `health` must be able to connect to this database: `skein grants` "
              "prints what that takes"}});
}

}  // namespace skein::proxy
