#include "tests/servers/waiting.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>

namespace skein::servers {

std::chrono::milliseconds wait_until(const std::function<bool()>& predicate,
                                     std::chrono::milliseconds deadline, std::string_view what) {
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  auto pause = std::chrono::milliseconds{1};
  std::string last_trouble;
  for (;;) {
    try {
      if (predicate())
        return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
      last_trouble.clear();
    } catch (const std::exception& trouble) {
      last_trouble = trouble.what();
    }
    if (clock::now() - start >= deadline) break;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds{20});
  }
  throw std::runtime_error("waited " + std::to_string(deadline.count()) + " ms in vain until " +
                           std::string(what) +
                           (last_trouble.empty() ? "" : "; last seen: " + last_trouble));
}

}  // namespace skein::servers
