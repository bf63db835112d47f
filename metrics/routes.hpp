// What the admin server can be asked: paths, the functions that answer them, and who may ask. Plain
// values, no sockets; metrics/http turns bytes into requests and back.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::metrics {

struct http_request {
  std::string method = {};                                           // GET, HEAD, POST ...
  std::string path = {};                                             // decoded, without the query
  std::vector<std::pair<std::string, std::string>> parameters = {};  // decoded, in the order given
  std::string authorization = {};                                    // the header's value
  std::string body = {};

  std::optional<std::string_view> parameter(std::string_view name) const;
};

struct http_response {
  unsigned status = 200;
  std::string body = {};
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

using http_handler = std::function<http_response(const http_request&)>;

enum class access : std::uint8_t {
  open,   // no token is asked for
  token,  // where there is one
  order,  // something changes by it: there must be one
};

class routes {
 public:
  // An empty token: everybody who can connect may ask.
  explicit routes(std::string token = {});

  // A path that ends with '/' stands for all that is right below it, if nothing else does.
  void add(std::string method, std::string path, http_handler handler, access who = access::token);

  void demand(std::string token) { token_ = std::move(token); }  // from now on

  // Always an answer: 401, 404 and 405 say what to do, a handler that throws is a 500. HEAD is
  // answered like GET.
  http_response answer(const http_request& request) const;

 private:
  bool admits(const http_request& request) const;
  std::string list() const;

  struct route {
    http_handler handler;
    access who;
  };
  std::string token_;
  std::map<std::string, std::map<std::string, route>> paths_;  // path, then method
};

}  // namespace skein::metrics
