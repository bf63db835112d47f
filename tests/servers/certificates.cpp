#include "tests/servers/certificates.hpp"

#include <fstream>

#include "tests/servers/child_process.hpp"
#include "tests/servers/template_cache.hpp"

namespace skein::servers {
namespace {

namespace fs = std::filesystem;

void openssl(const fs::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), "openssl");
  run_well({.command = std::move(words), .folder = folder});
}

void make_authority(const fs::path& folder, const std::string& name, const std::string& subject) {
  openssl(folder, {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-days", "3650", "-keyout", name + ".key", "-out", name + ".crt",
                   "-subj", "/CN=" + subject});
}

void sign(const fs::path& folder, const std::string& name, const std::string& subject,
          const std::string& extensions) {
  std::ofstream(folder / (name + ".ext")) << extensions;
  openssl(folder, {"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                   "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + subject});
  openssl(folder,
          {"x509", "-req", "-in", name + ".csr", "-CA", "ca.crt", "-CAkey", "ca.key",
           "-CAcreateserial", "-days", "3650", "-out", name + ".crt", "-extfile", name + ".ext"});
}

void make_all(const fs::path& folder) {
  fs::create_directories(folder);
  make_authority(folder, "ca", "Skein test authority");
  make_authority(folder, "stranger", "Somebody else's authority");
  sign(folder, "server", "localhost",
       "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
  sign(folder, "client", "app", "extendedKeyUsage=clientAuth\n");
  for (const auto& file : fs::directory_iterator(folder))
    fs::permissions(file.path(),
                    file.path().extension() == ".key" ? fs::perms(0600) : fs::perms(0644));
}

}  // namespace

const certificates& test_certificates() {
  static const auto made = [] {
    const auto folder = cached_template("certificates-1", make_all);
    return certificates{folder / "ca.crt",     folder / "server.crt", folder / "server.key",
                        folder / "client.crt", folder / "client.key", folder / "stranger.crt"};
  }();
  return made;
}

}  // namespace skein::servers
