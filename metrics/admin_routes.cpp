#include "metrics/admin_routes.hpp"

namespace skein::metrics {

void add_metrics_route(routes& paths, std::shared_ptr<const exporter> source) {
  paths.add("GET", "/metrics", [source = std::move(source)](const http_request&) {
    return http_response{200, source->text(), std::string(exporter::content_type)};
  });
}

void add_health_routes(routes& paths, const std::function<health_facts()>& facts) {
  const auto add = [&](const char* path, health_question asked, access who) {
    const auto handler = [facts, asked](const http_request& request) {
      auto [status, sentence] = answer(asked, facts(), request.parameter("cluster"));
      return http_response{status, std::move(sentence) + "\n"};
    };
    paths.add("GET", path, handler, who);
  };
  add("/health", health_question::alive, access::open);
  add("/ready", health_question::ready, access::open);
  add("/leader", health_question::leader, access::token);
  add("/followers", health_question::followers, access::token);
}

}  // namespace skein::metrics
