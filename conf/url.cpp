// URLs of services as people write them: http://host:port and https://host:port, nothing behind.
#include "conf/values.hpp"

namespace skein::conf {

parsed<service_url> parse_url(std::string_view text) {
  constexpr std::string_view form = "write it as http://host:port or https://host:port";
  // It may carry a password, so it is not repeated in the message.
  if (text.contains('@')) return std::unexpected("names a user; keys of their own are for that");
  service_url where;
  if (text.starts_with("https://")) {
    where.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return std::unexpected(shown(text) + " is no URL; " + std::string(form));
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?#") != text.npos)
    return std::unexpected("has a path behind the port; " + std::string(form));
  if (text.starts_with("unix:")) return std::unexpected("has no host; " + std::string(form));
  auto place = parse_endpoint(text);
  if (!place) return std::unexpected(std::move(place.error()));
  where.host = std::move(place->host);
  where.port = place->port;
  return where;
}

std::string to_string(const service_url& where) {
  return (where.tls ? "https://" : "http://") +
         to_string(endpoint{.host = where.host, .port = where.port});
}

}  // namespace skein::conf
