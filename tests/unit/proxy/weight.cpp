// What an idle client costs, once it has signed in and has prepared and run a statement: the memory
// of the whole process, divided by clients. Proxies hold thousands of them.
#include <arpa/inet.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/postgres/message.hpp"
#include "backends/postgres/startup.hpp"
#include "tests/unit/proxy/house.hpp"

using namespace skein;
using namespace skein::proxy;
using namespace std::chrono_literals;

namespace {

// By plain calls, so that it takes no memory of its own.
class visitor {
 public:
  explicit visitor(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  visitor(visitor&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~visitor() {
    if (socket_ >= 0) ::close(socket_);
  }
  // Until the server is ready for more.
  void say(std::string_view words) const {
    REQUIRE(::send(socket_, words.data(), words.size(), MSG_NOSIGNAL) > 0);
    std::string heard;
    std::array<char, 1024> piece{};
    while (!heard.ends_with(std::string_view("Z\0\0\0\5I", 6))) {
      const ssize_t size = ::recv(socket_, piece.data(), piece.size(), 0);
      REQUIRE(size > 0);
      heard.append(piece.data(), static_cast<std::size_t>(size));
    }
  }

 private:
  int socket_;
};

std::string prepare() {
  std::string out;
  postgres::message_writer message(out);
  message.begin('P').text("P_0").text("select $1 from somewhere where id = $2").u16(0).end();
  message.begin('S').end();
  return out;
}

std::string run() {
  std::string out;
  postgres::message_writer message(out);
  message.begin('B').text("").text("P_0").u16(0).u16(0).u16(0).end();
  message.begin('D').byte('P').text("").end();
  message.begin('E').text("").u32(0).end();
  message.begin('S').end();
  return out;
}

void bring(std::vector<visitor>& in, std::uint16_t port, std::size_t count) {
  const login_request who{
      "friend", "shop", {{"client_encoding", "UTF8"}, {"application_name", "weight"}}};
  for (std::size_t i = 0; i < count; ++i) {
    const visitor& made = in.emplace_back(port);
    made.say(postgres::startup_message(who));
    made.say(prepare());
    made.say(run());
  }
}

}  // namespace

TEST_CASE("an idle client is small") {
  constexpr std::size_t clients = 400;
  pool_settings pool;
  pool.size = 2;
  house home(pool, {.answers_max = 1'000'000}, 1);
  std::vector<visitor> in;
  in.reserve(2 * clients);
  bring(in, home.port(), clients);  // containers have grown by then
  const std::size_t before = ::mallinfo2().uordblks;
  bring(in, home.port(), clients);
  const std::size_t each = (::mallinfo2().uordblks - before) / clients;
  MESSAGE("bytes an idle client: ", each);
#ifdef __clang__  // GCC keeps more of what a coroutine is done with
  CHECK(each < 5500);
#else
  CHECK(each < 8000);
#endif
  if (before > 0) CHECK(each > 1000);  // a sanitizer has a heap of its own, and does not tell
}
