// Start-up packets: what is accepted is written again and read again to the same.
#include "backends/postgres/startup.hpp"

#include "backends/postgres/message.hpp"
#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

void read_again(const startup_packet& packet) {
  const auto written = packet.kind == startup_kind::cancel
                           ? cancel_request(packet.key)
                           : startup_message(packet.request, packet.version);
  if (written.size() > startup_length_max) return;  // the database may have been filled in
  auto input = as_bytes(written);
  const auto taken = take_startup(input);
  fuzz::must(taken && *taken && input.empty(), "what was accepted is accepted again");
  const auto& again = **taken;
  fuzz::must(again.kind == packet.kind && again.key == packet.key, "the key stays");
  fuzz::must(again.request.user == packet.request.user &&
                 again.request.database == packet.request.database &&
                 again.request.parameters == packet.request.parameters,
             "the request stays");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  // Half of the inputs are bodies that get a right length, so that the parser is reached.
  std::string framed;
  auto all = in.choose() % 2 == 0 ? in.rest() : [&] {
    const auto body = in.bytes(startup_length_max - length_bytes);
    message_writer(framed).begin_startup().raw(as_text(body)).end();
    return as_bytes(framed);
  }();
  const auto before = all;
  const auto taken = take_startup(all);
  fuzz::must(all.size() <= before.size(), "no more is taken than there is");
  if (!taken) {
    fuzz::must(!taken.error().text_for_client.empty(), "a refusal has a text");
  } else if (!*taken) {
    fuzz::must(all.size() == before.size(), "nothing is taken without a packet");
  } else {
    const auto& packet = **taken;
    if (packet.kind == startup_kind::session) {
      fuzz::must(!packet.request.user.empty() && !packet.request.database.empty(),
                 "a session has a user and a database");
      fuzz::must(agreed_version(packet.version) <= protocol_3_2, "no newer protocol than ours");
      negotiation(packet);
    }
    if (packet.kind == startup_kind::session || packet.kind == startup_kind::cancel)
      read_again(packet);
  }
  return 0;
}
