// What each database of one cluster defines, read from the leader for all cores: one thread that
// reads, because that blocks, over connections of its own. Conversations hold their database's
// `definitions`, which say what was read last; what is read and when, proxy/catalog_schedule says.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "backends/definitions.hpp"
#include "metrics/log.hpp"
#include "proxy/catalog_schedule.hpp"
#include "routing/view.hpp"

namespace skein::proxy {

struct catalogs_settings {
  std::string cluster = {};  // for the log
  std::string user = {};     // who reads; for the log
  catalog_pace pace = {};
};

class catalogs {
 public:
  using open_reader = std::function<std::unique_ptr<catalog_reader>(const member_address& at,
                                                                    const std::string& database)>;

  catalogs(catalogs_settings how, open_reader open);
  catalogs(const catalogs&) = delete;
  ~catalogs() { stop(); }
  void start();
  void stop();  // ends a reading under way; joins
  // From now on in this way. What is known stays known, and is looked at anew.
  void adopt(catalogs_settings how, open_reader open);

  // From any thread.
  void see(const routing::view& now);
  // Never null, and good for longer than we are; who holds it has the database read. On a core's
  // path of a new client: it waits for nothing.
  std::shared_ptr<definitions> of(const std::string& database);

 private:
  using clock = std::chrono::steady_clock;
  using lock = std::unique_lock<std::mutex>;

  // Wakes our thread. Whoever holds definitions may ring it, when we are gone, too.
  class doorbell {
   public:
    void ring();
    void wait_until(clock::time_point end);  // or until it rings, or has rung since the last wait

   private:
    std::mutex mutex_;
    std::condition_variable rung_here_;
    bool rung_ = false;
  };

  struct reading_place {
    std::unique_ptr<catalog_reader> reader = {};  // null: closed
    std::uint64_t way = 0;
  };
  struct entry {
    std::shared_ptr<definitions> what = {};
    std::weak_ptr<definitions> lent = {};  // one for all who hold it: the last one's leaving rings
    clock::time_point left = {};           // where nobody holds it; 0: our thread has not seen it
    catalog_times times = {};
    reading_place place = {};
    // What was read last, known or overtaken: readers say no more than that nothing is new since.
    std::shared_ptr<const catalog> given = {};
    std::string words = {};  // of the last reading, for the log
    bool failing = false;
  };
  using entries = std::map<std::string, entry>;

  void work();
  void read(entries::value_type& which);
  bool open(lock& held, entries::value_type& which);
  void take(entries::value_type& which, std::uint64_t begun_at, clock::time_point begun,
            std::shared_ptr<const catalog> given);
  void note_failure(entries::value_type& which, clock::time_point begun, const error& why);
  void note_success(entries::value_type& which, clock::duration took);
  void turn_to_another_way();

  catalogs_settings how_;
  open_reader open_;
  const std::shared_ptr<doorbell> bell_ = std::make_shared<doorbell>();
  std::mutex mutex_;
  bool stopping_ = false;
  bool led_ = false;
  member_address leader_ = {};  // the last there was
  std::uint64_t way_ = 1;       // counts leaders and `adopt`: readers of another are of no use
  catalog_reader* asked_ = nullptr;
  entries all_ = {};
  metrics::log::repeat_limit failures_{std::chrono::seconds(1)};
  metrics::log::repeat_limit news_{std::chrono::seconds(10)};
  std::thread thread_ = {};
};

}  // namespace skein::proxy
