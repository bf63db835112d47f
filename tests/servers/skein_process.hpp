// The real skein binary as a child of the test: settings written from a small struct, started and
// waited for until it is ready, asked over its admin port, stopped by SIGTERM with its exit code.
//
//   auto shop = cluster::start(engine::postgres);
//   skein_process skein(shop, {.pool_size = 5});
//   pg_session one(skein.words(app));
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/servers/cluster.hpp"

namespace skein::servers {

// Whether the tests, and so Skein, are built with a sanitizer: its memory is then no measure.
extern const bool is_sanitized;
// UBSan looks by a pipe whether memory can be read: without a descriptor it takes every object for
// a broken one, and ends Skein.
extern const bool needs_descriptors;

struct skein_options {
  std::string client_tls = "allow";    // listeners.tls.mode, with test_certificates()
  std::string server_tls = "disable";  // clusters.tls.mode
  std::string compression = "none";    // clusters.compression
  std::vector<login> users = {app, app_md5};
  std::vector<login> trusted = {};      // more users, by method: trust
  std::string health = {};              // more keys of `health`: "user: app, password: secret"
  bool unix_socket = false;             // a second listener, in folder()
  std::string auth_query = {};          // the keys of it: "user: app, password: secret"
  std::vector<std::string> rules = {};  // of each listener: "method: reject"
  std::vector<std::string> socket_rules = {};  // of the second one, where it has others
  std::string pool_mode = "transaction";
  int pool_size = 100;
  milliseconds pool_wait{5000};
  milliseconds connect_timeout{3000};
  milliseconds health_interval{100};
  milliseconds health_timeout{1000};
  milliseconds startup_timeout{15000};
  milliseconds drain{5000};
  int threads = 2;
  int clients_max = 10000;
  int descriptors = 0;  // hard limit of its open files; 0: ours
  bool linked = false;  // reaches its members through links: shop.link(party, name)
  std::string party = "skein";
  std::string pool = {};                            // more keys of `pool`: "lifetime: 1s"
  bool proxy_protocol = false;                      // on each listener
  std::string timeouts = {};                        // of the cluster: "statement: 1s"
  std::string limits = {};                          // more keys of `limits`: "per_user: 2"
  std::map<std::string, std::string> members = {};  // more keys of some, by name: "zone: eu"
  std::string routing = {};        // the keys of it: "reads: followers"; empty: no such section
  std::string failover = {};       // likewise: "automatic: yes"
  std::string durability = {};     // likewise: "mode: quorum"
  std::string of_first_user = {};  // more keys of the first of `users`
  std::vector<std::string> lines = {};  // of YAML, at the end: other sections
  milliseconds linger{0};               // above 0: with a takeover.socket in folder()
  std::string admin = {};               // more keys of the section `admin`: "token: secret"
};

// The binary under test.
std::string skein_program();

struct http_answer {
  int status = 0;
  std::string body;
};

class skein_process {
 public:
  // Returns when /ready says so. Throws with Skein's log when it does not within the deadline.
  explicit skein_process(cluster& before, skein_options options = {});
  ~skein_process();  // asked to stop, CHECKs its exit code; shows its log when the test has failed
  skein_process(const skein_process&) = delete;
  skein_process& operator=(const skein_process&) = delete;

  std::uint16_t port() const { return port_; }
  std::uint16_t admin_port() const { return admin_port_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& settings_file() const { return settings_; }
  child_process& process() { return *process_; }
  std::string log() const;

  // libpq's connection words; `more` is appended: "sslmode=require".
  std::string words(const login& who, const std::string& more = "sslmode=disable") const;

  // SIGTERM, then the exit code within the deadline; CHECKs that it is 0.
  void stop(milliseconds deadline = std::chrono::seconds{10});

  void kill();   // SIGKILL; nothing is asked of it before it is started again
  void start();  // again, as the first time; its log begins anew

  http_answer get(const std::string& path, const std::string& token = {}) const;
  // A sample of /metrics, summed over the labels that are not named: metric("skein_queries_total"),
  // metric("skein_errors_total", "kind=\"limit\""). Nothing when there is no such sample.
  std::optional<double> metric(const std::string& name, const std::string& label = {}) const;
  // skein WORDS... to its end, in a folder without settings.
  finished_child command(std::vector<std::string> words,
                         std::vector<std::string> environment = {}) const;
  void wait_until_status_says(const std::string& text,
                              milliseconds deadline = std::chrono::seconds{10}) const;

  std::size_t rss_bytes() const;
  std::size_t rss_peak_bytes() const;  // since the start or reset_rss_peak()
  void reset_rss_peak() const;
  milliseconds cpu() const;  // user and system, so far
  std::size_t descriptors() const;

 private:
  void write_settings(cluster& before, const skein_options& options) const;
  void wait_until_ready();
  std::size_t status_field(const char* name) const;

  std::filesystem::path folder_;
  std::filesystem::path settings_;
  std::uint16_t port_;
  std::uint16_t admin_port_;
  std::vector<std::string> command_ = {};
  std::optional<child_process> process_;
  int exceptions_before_;
};

}  // namespace skein::servers
