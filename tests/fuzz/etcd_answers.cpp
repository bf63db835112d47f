// What etcd's gateway answers, and what stands in its keys: whatever is read comes out the same
// when it is written and read again, and every refusal has words fit for one line.
#include <string_view>

#include "coordination/keys.hpp"
#include "coordination/lead_record.hpp"
#include "tests/fuzz/input.hpp"

using namespace skein::coordination;

namespace {

void check(const etcd_error& refused) {
  fuzz::must(!refused.text.empty() && refused.text.size() < 400, "a refusal has a short text");
  fuzz::must(refused.text.find('\n') == std::string::npos, "of one line");
}

template <typename T>
void check(const etcd_result<T>& read) {
  if (!read) check(read.error());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(read_token(text));
  check(read_header(text));
  check(read_lease(text));
  check(read_keep_alive(text));
  check(read_txn(text));
  check(read_watch(text));
  check(read_error(500, text));
  const auto range = read_range(text);
  check(range);
  if (range) (void)picture_of(*range, cluster_keys("/skein", "shop"));
  if (const auto lead = read_lead_record(text)) {
    const auto again = read_lead_record(to_text(*lead));
    fuzz::must(again && again->epoch == lead->epoch && again->state == lead->state,
               "a record is read as it is written");
  }
  if (const auto here = read_presence(text))
    fuzz::must(read_presence(to_text(*here))->acknowledged == here->acknowledged,
               "a presence is read as it is written");
  if (const auto bytes = from_base64(text))
    fuzz::must(to_base64(*bytes) == text, "base64 has one form");
  fuzz::must(from_base64(to_base64(text)) == text, "base64 loses nothing");
  return 0;
}
