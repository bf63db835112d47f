// Certificates for TLS under test, made once by the openssl command and cached.
#pragma once

#include <filesystem>

namespace skein::servers {

struct certificates {
  std::filesystem::path authority;           // ca.crt, trusted
  std::filesystem::path server_certificate;  // for localhost and 127.0.0.1
  std::filesystem::path server_key;
  std::filesystem::path client_certificate;  // CN=app
  std::filesystem::path client_key;
  std::filesystem::path stranger_authority;  // signed none of the above
};

const certificates& test_certificates();

}  // namespace skein::servers
