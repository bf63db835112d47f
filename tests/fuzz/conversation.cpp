// The conversation, fed the same bytes whole and in pieces: both sides receive the same, the ledger
// ends the same, and no action takes more than there is.
#include "backends/postgres/conversation.hpp"

#include <vector>

#include "tests/fuzz/input.hpp"

using namespace skein;

namespace {

struct piece {
  bool of_client;
  byte_view bytes;
};

class exchange {
 public:
  void hear(bool client, byte_view bytes) {
    auto& held = client ? from_client_ : from_server_;
    held.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto view = std::as_bytes(std::span(held));
    actions_.clear();
    client ? talk.from_client(view, actions_) : talk.from_server(view, actions_);
    std::size_t taken = 0;
    for (const auto& one : actions_.all()) {
      // Which error it is may depend on whether a query's text was seen whole.
      if (one.kind == action_kind::to_client) to_client += "answer";
      if (one.kind == action_kind::finish) finished = true;
      if (one.kind != action_kind::forward && one.kind != action_kind::hide) continue;
      if (one.kind == action_kind::forward)
        (client ? to_server : to_client) += held.substr(taken, one.bytes);
      fuzz::must(one.bytes <= held.size() - taken, "no action takes more than there is");
      taken += one.bytes;
    }
    fuzz::must(held.size() - taken < 5, "only an incomplete header stays");
    held.erase(0, taken);
    if (talk.at_rest()) fuzz::must(!talk.busy(), "at rest nothing is owed");
  }

  postgres::conversation talk;
  std::string to_server, to_client;
  bool finished = false;

 private:
  action_list actions_;
  std::string from_client_, from_server_;
};

void check_end(exchange& whole, exchange& split) {
  fuzz::must(whole.to_server == split.to_server, "the server receives the same");
  fuzz::must(whole.to_client == split.to_client, "the client receives the same");
  fuzz::must(whole.finished == split.finished, "both end, or neither");
  fuzz::must(whole.talk.at_rest() == split.talk.at_rest(), "both rest, or neither");
  fuzz::must(whole.talk.busy() == split.talk.busy(), "both owe, or neither");
  const auto one = whole.talk.counts();
  const auto other = split.talk.counts();
  fuzz::must(one.queries_started == other.queries_started &&
                 one.queries_finished == other.queries_finished &&
                 one.errors_seen == other.errors_seen,
             "the counts are the same");
  fuzz::must(one.queries_finished <= one.queries_started, "no reply without a question");
  const error lost{skein::error_kind::lost, fault::server, {}, "gone", {}};
  fuzz::must(whole.talk.break_off(lost).empty() == split.talk.break_off(lost).empty(),
             "both are told of the end, or neither");
  fuzz::must(!whole.talk.at_rest(), "what was broken off is not used again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  auto step = in.choose();
  std::vector<piece> pieces;
  while (!in.empty()) {
    const auto choice = in.choose();
    pieces.push_back({choice % 2 == 0, in.bytes(choice / 2)});
  }
  exchange whole, split;
  for (const auto& one : pieces) {
    whole.hear(one.of_client, one.bytes);
    for (auto rest = one.bytes; !rest.empty();) {
      step = static_cast<std::uint8_t>(step * 13 + 7);
      const auto part = rest.first(std::min<std::size_t>(rest.size(), 1 + step % 9));
      split.hear(one.of_client, part);
      rest = rest.subspan(part.size());
    }
  }
  check_end(whole, split);
  return 0;
}
