#include "metrics/routes.hpp"

#include <algorithm>
#include <exception>

#include "net/secret.hpp"

namespace skein::metrics {

namespace {

http_response refuse(unsigned status, std::string text) {
  return {status, std::move(text) + "\n"};
}

// HEAD asks what GET would say.
std::string_view served_as(std::string_view method) {
  return method == "HEAD" ? "GET" : method;
}

}  // namespace

std::optional<std::string_view> http_request::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

routes::routes(std::string token) : token_(std::move(token)) {}

void routes::add(std::string method, std::string path, http_handler handler, access who) {
  paths_[std::move(path)][std::move(method)] = {std::move(handler), who};
}

http_response routes::answer(const http_request& request) const {
  auto path = paths_.find(request.path);
  if (path == paths_.end()) path = paths_.find(request.path.substr(0, request.path.rfind('/') + 1));
  const auto method = std::string(served_as(request.method));
  const bool is_open =
      path != paths_.end() && std::ranges::any_of(path->second, [&](const auto& entry) {
        return entry.second.who == access::open &&
               (entry.first == method || !path->second.contains(method));
      });
  // Before 404 and 405: who has no token learns nothing about what there is.
  if (!is_open && !admits(request)) {
    auto refusal = refuse(401,
                          "a token is needed: send the header 'Authorization: Bearer TOKEN' "
                          "with the token of the admin section of Skein's configuration");
    refusal.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"skein\"");
    return refusal;
  }
  if (path == paths_.end()) return refuse(404, "there is no such path; there are:\n" + list());
  const auto found = path->second.find(method);
  if (found == path->second.end()) {
    std::string allowed;
    for (const auto& [name, entry] : path->second)
      allowed += (allowed.empty() ? "" : ", ") + name + (name == "GET" ? ", HEAD" : "");
    auto refusal = refuse(405, "this path is not asked that way; it takes " + allowed);
    refusal.headers.emplace_back("Allow", allowed);
    return refusal;
  }
  if (found->second.who == access::order && token_.empty())
    return refuse(403,
                  "this changes something, so not everybody who reaches this port may ask it: set "
                  "admin.token in Skein's configuration, and send it");
  try {
    return found->second.handler(request);
  } catch (const std::exception&) {
    // A scrape that fails must not take the process with it.
    return refuse(500, "Skein could not answer this; its log may tell more");
  }
}

bool routes::admits(const http_request& request) const {
  static constexpr std::string_view scheme = "bearer ";
  if (token_.empty()) return true;
  std::string_view given = request.authorization;
  const bool bearer =
      given.size() >= scheme.size() &&
      std::ranges::equal(given.substr(0, scheme.size()), scheme, [](char sent, char lower) {
        return sent == lower || (sent >= 'A' && sent <= 'Z' && sent + ('a' - 'A') == lower);
      });
  if (!bearer) return false;
  given.remove_prefix(scheme.size());
  while (given.starts_with(' ')) given.remove_prefix(1);
  return net::equal_in_constant_time(token_, given);
}

std::string routes::list() const {
  std::string text;
  for (const auto& [path, methods] : paths_) text += (text.empty() ? "  " : "\n  ") + path;
  return text;
}

}  // namespace skein::metrics
