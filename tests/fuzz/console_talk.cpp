// The console's wire under any bytes: it answers the same however they arrive, in whole messages,
// and what is said at it splits into statements that are parts of it.
#include "backends/postgres/console_talk.hpp"

#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

result<console::table> find(const console::command& asked) {
  if (asked.what == console::verb::kill)
    return failure(error_kind::unsupported, fault::client, "no such session");
  console::table told{console::columns_of(asked.what)};
  if (!told.columns.empty()) told.rows.assign(3, console::row(told.columns.size()));
  return told;
}

std::string answers(byte_view all, std::size_t piece) {
  postgres::console_talk talk;
  std::string waiting;
  std::string output;
  for (std::size_t at = 0; at < all.size(); at += piece) {
    waiting += as_text(all.subspan(at, std::min(piece, all.size() - at)));
    for (auto wanted = console_want::answer; wanted == console_want::answer;) {
      byte_view input = as_bytes(waiting);
      wanted = talk.advance(input);
      waiting.erase(0, waiting.size() - input.size());
      output += talk.take_output();
      if (wanted == console_want::finish) return output;
      if (wanted == console_want::answer) talk.answer(find(talk.asked()));
    }
    output += talk.take_output();
  }
  return output;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const std::size_t piece = 1 + in.choose();
  const auto all = in.rest();
  const std::string told = answers(all, std::max<std::size_t>(all.size(), 1));
  fuzz::must(answers(all, piece) == told, "the pieces do not matter");
  byte_view rest = as_bytes(told);
  while (!rest.empty()) {
    const auto taken = take_message(rest, 1U << 30, fault::us);
    fuzz::must(taken && *taken, "it speaks in whole messages");
  }
  std::size_t bytes = 0;
  for (const auto each : console::statements_of(as_text(all))) bytes += each.size();
  fuzz::must(bytes <= all.size(), "statements are parts of the text");
  return 0;
}
