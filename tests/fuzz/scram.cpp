// SCRAM on both sides with texts of a peer that lies: nobody is admitted who does not know the
// password, and an honest exchange always succeeds.
#include "backends/postgres/message.hpp"
#include "backends/postgres/saslprep.hpp"
#include "backends/postgres/scram_client.hpp"
#include "backends/postgres/scram_server.hpp"
#include "tests/fuzz/input.hpp"

using namespace skein;
using namespace skein::postgres;

namespace {

scram_shared& shared() {
  static scram_shared one;
  one.iterations = 1;
  return one;
}

// Lines of the input are the peer's texts.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void lie_to_server(std::string_view text, const std::string& hash) {
  scram_server server(shared(), "ann", "a password that no input holds", "salt", hash);
  const auto mechanism = hash.empty() ? scram_sha_256 : scram_sha_256_plus;
  auto first = std::string(take_line(text));
  const auto challenge = server.begin(mechanism, first);
  if (!challenge) return;
  // The server's half of the nonce is given to the liar, so that the proof itself is reached.
  const auto nonce = challenge->substr(0, challenge->find(','));
  auto last = std::string(take_line(text));
  fuzz::must(!server.finish(last), "a made-up proof is refused");
  auto other = server;
  const auto bound = (hash.empty() ? first.substr(0, 3) : "p=tls-server-end-point,," + hash);
  fuzz::must(!other.finish("c=" + base64(bound) + "," + nonce + "," + last),
             "a made-up proof with the right nonce is refused");
}

void lie_to_client(std::string_view text) {
  static constexpr std::uint32_t cheap = 64;
  scram_client client(shared(), "pencil", channel_binding::unable, "");
  const auto first = client.begin();
  const auto nonce = first.substr(first.find("r="));
  auto challenge = std::string(take_line(text));
  // Large counts are right, and slow.
  const auto count = challenge.rfind(",i=");
  if (count != std::string::npos && challenge.size() - count > 5)
    challenge = challenge.substr(0, count) + ",i=" + std::to_string(cheap);
  if (!client.answer(nonce + challenge)) return;
  fuzz::must(!client.finish(take_line(text)), "a made-up server is refused");
}

void be_honest(std::string_view password, const std::string& hash) {
  scram_client client(shared(), std::string(password),
                      hash.empty() ? channel_binding::unable : channel_binding::endpoint, hash);
  scram_server server(shared(), "ann", std::string(password), "salt", hash);
  const auto challenge = server.begin(client.mechanism(), client.begin());
  fuzz::must(challenge.has_value(), "an honest client is answered");
  const auto answer = client.answer(*challenge);
  fuzz::must(answer.has_value(), "an honest server is answered");
  const auto proof = server.finish(*answer);
  fuzz::must(proof.has_value(), "an honest client is admitted");
  fuzz::must(client.finish(*proof).has_value(), "an honest server is believed");
  fuzz::must(saslprep(password).size() <= password.size(), "preparing lengthens nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::input in(data, size);
  const auto choice = in.choose();
  const auto hash = choice % 2 == 0 ? std::string() : std::string(32, 'h');
  const auto text = as_text(in.rest());
  if (choice % 8 < 4) lie_to_server(text, hash);
  if (choice % 8 == 4 || choice % 8 == 5) lie_to_client(text);
  if (choice % 8 > 5) be_honest(text, hash);
  return 0;
}
