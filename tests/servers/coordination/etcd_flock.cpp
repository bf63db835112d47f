#include "tests/servers/coordination/etcd_flock.hpp"

#include <fstream>
#include <stdexcept>
#include <thread>

#include "coordination/gateway_line.hpp"
#include "coordination/json.hpp"
#include "tests/servers/certificates.hpp"
#include "tests/servers/ports.hpp"
#include "tests/servers/waiting.hpp"

namespace skein::servers {

using namespace std::chrono_literals;
using coordination::etcd_client;

etcd_flock::etcd_flock(etcd_options options) : options_(options) {
  for (std::size_t i = 0; i < options.count; ++i) {
    ports_.push_back(free_port());
    peers_.push_back(free_port());
  }
  servers_.resize(options.count);
  if (options.tls) make_certificate();
  for (std::size_t i = 0; i < options.count; ++i) start(i);
  wait_until_ready();
}

// etcd's gateway is a client of its own server, to which it shows the server's certificate: that
// must do for both.
void etcd_flock::make_certificate() const {
  const auto authority = test_certificates().authority.parent_path();
  std::ofstream(folder_ / "etcd.ext")
      << "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n";
  run_well(
      {.command = {"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-keyout", "etcd.key", "-out", "etcd.csr", "-subj", "/CN=etcd"},
       .folder = folder_.path()});
  run_well({.command = {"openssl", "x509", "-req", "-in", "etcd.csr", "-CA", authority / "ca.crt",
                        "-CAkey", authority / "ca.key", "-set_serial", "77", "-days", "30", "-out",
                        "etcd.crt", "-extfile", "etcd.ext"},
            .folder = folder_.path()});
}

void etcd_flock::start(std::size_t which) {
  const auto at = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  const std::string scheme = options_.tls ? "https://" : "http://";
  std::string all;
  for (std::size_t i = 0; i < size(); ++i)
    all += (i == 0 ? "e" : ",e") + std::to_string(i) + "=http://" + at(peers_[i]);
  const std::string name = "e" + std::to_string(which);
  std::vector<std::string> command{"etcd",
                                   "--name",
                                   name,
                                   "--data-dir",
                                   folder_ / name,
                                   "--listen-client-urls",
                                   scheme + at(ports_[which]),
                                   "--advertise-client-urls",
                                   scheme + at(ports_[which]),
                                   "--listen-peer-urls",
                                   "http://" + at(peers_[which]),
                                   "--initial-advertise-peer-urls",
                                   "http://" + at(peers_[which]),
                                   "--initial-cluster",
                                   all};
  if (options_.quota_bytes != 0) {
    command.emplace_back("--quota-backend-bytes");
    command.push_back(std::to_string(options_.quota_bytes));
  }
  if (options_.tls) {
    command.insert(command.end(),
                   {"--cert-file", folder_ / "etcd.crt", "--key-file", folder_ / "etcd.key",
                    "--client-cert-auth", "--trusted-ca-file", test_certificates().authority});
  }
  servers_[which].emplace(
      child_options{.command = std::move(command), .output = folder_ / (name + ".log")});
}

void etcd_flock::kill(std::size_t which) {
  servers_[which]->kill();
}

void etcd_flock::freeze(std::size_t which) {
  servers_[which]->freeze();
}

void etcd_flock::thaw(std::size_t which) {
  servers_[which]->thaw();
}

coordination::etcd_settings etcd_flock::access() const {
  coordination::etcd_settings how;
  for (const auto port : ports_) how.places.push_back({"127.0.0.1", port, options_.tls});
  if (options_.tls) {
    const auto& files = test_certificates();
    how.ca_file = files.authority;
    how.certificate_file = files.client_certificate;
    how.key_file = files.client_key;
  }
  return how;
}

void etcd_flock::wait_until_ready() const {
  etcd_client any(access(), 2s);
  wait_until(
      [&] {
        any.set_deadline(std::chrono::steady_clock::now() + 5s);
        return any.read("/").has_value();
      },
      60s, "etcd has a leader");
}

std::string etcd_flock::post(std::size_t which, const std::string& path,
                             const std::string& body) const {
  coordination::gateway_line line;
  line.set_deadline(std::chrono::steady_clock::now() + 20s);
  if (const auto open = line.open("127.0.0.1", ports_[which], nullptr); !open)
    throw std::runtime_error("etcd: " + open.error().text);
  const auto answer = line.exchange({.path = path, .body = body});
  if (!answer) throw std::runtime_error("etcd: " + answer.error().text);
  return answer->body;
}

std::size_t etcd_flock::leader() const {
  std::optional<std::size_t> found;
  const auto look = [&] {
    for (std::size_t i = 0; i < size() && !found; ++i) {
      try {
        const auto read = coordination::read_object(post(i, "/v3/maintenance/status", "{}"));
        if (!read) continue;
        coordination::json_fields fields(*read);
        const auto* header = fields.object("header");
        if (!header) continue;
        const auto leader = fields.natural("leader");
        if (leader != 0 && coordination::json_fields(*header).natural("member_id") == leader)
          found = i;
      } catch (const std::runtime_error&) {
        continue;  // that one is not there
      }
    }
    return found.has_value();
  };
  wait_until(look, 60s, "etcd has a leader that is known");
  return *found;
}

void etcd_flock::demand_logins() const {
  const auto must = [&](const std::string& path, const std::string& body) {
    const auto answer = post(0, path, body);
    if (answer.contains("\"error\"")) throw std::runtime_error(path + ": " + answer);
  };
  must("/v3/auth/user/add", R"({"name":"root","password":"secret"})");
  must("/v3/auth/role/add", R"({"name":"root"})");
  must("/v3/auth/user/grant", R"({"user":"root","role":"root"})");
  must("/v3/auth/user/add", R"({"name":"weak","password":"secret"})");
  must("/v3/auth/enable", "{}");
}

}  // namespace skein::servers
