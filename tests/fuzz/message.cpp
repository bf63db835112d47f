// Messages and their fields: nothing is read past the end, nothing is taken twice, and whole
// messages are found at the same places however the bytes arrive.
#include "backends/postgres/message.hpp"

#include "backends/postgres/errors.hpp"
#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

void read_fields(byte_view body, std::uint8_t order) {
  field_reader fields(body);
  for (int i = 0; i < 8; ++i, order = static_cast<std::uint8_t>(order * 5 + 1)) {
    const auto before = fields.failed();
    if (order % 4 == 0) fields.byte();
    if (order % 4 == 1) fields.u32();
    if (order % 4 == 2) fuzz::must(fields.text().size() <= body.size(), "a text fits its body");
    if (order % 4 == 3) fuzz::must(fields.raw(order).size() <= body.size(), "raw fits its body");
    fuzz::must(!before || fields.failed(), "a failed reader stays failed");
  }
  const auto told = read_error_response(body);
  fuzz::must(!told.text_for_client.empty(), "a server's error has a text");
  const auto written = error_response(told);
  byte_view again = as_bytes(written);
  const auto taken = take_message(again, 1 << 20, fault::us);
  fuzz::must(taken && *taken && again.empty(), "our own message is one whole message");
  fuzz::must(read_error_response((*taken)->body).text_for_client == told.text_for_client,
             "an error's text comes through");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto order = in.choose();
  auto all = in.rest();
  for (;;) {
    const auto before = all;
    const auto taken = take_message(all, 4096, fault::client);
    if (!taken || !*taken) {
      fuzz::must(all.size() == before.size(), "nothing is taken without a message");
      break;
    }
    const auto used = before.size() - all.size();
    fuzz::must(used == header_bytes + (*taken)->body.size(), "a message is all of what is taken");
    auto shorter = before.first(used - 1);
    const auto early = take_message(shorter, 4096, fault::client);
    fuzz::must(early && !*early, "a message is not taken before its last byte");
    read_fields((*taken)->body, order);
  }
  return 0;
}
