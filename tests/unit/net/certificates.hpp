// Keys and certificates made at test time, in a folder that is gone afterwards.
#pragma once

#include <openssl/x509.h>

#include "loop.hpp"

namespace skein::net {

struct certificate_wish {
  std::string name = "db.example";                          // the common name
  std::string also = "DNS:db.example,IP:127.0.0.1,IP:::1";  // subjectAltName; empty: none
  bool authority = false;
  bool expired = false;
  const EVP_MD* digest = EVP_sha256();
};

class certificate {
 public:
  // Signed by `by`, or by itself.
  explicit certificate(const certificate_wish& wish, const certificate* by = nullptr);
  certificate(const certificate&) = delete;
  ~certificate();

  const X509* native() const { return signed_; }
  std::string text() const;
  std::string key_text(const std::string& password = {}) const;

 private:
  EVP_PKEY* key_;
  X509* signed_;
};

void write_file(const std::string& path, const std::string& text);

// One authority, a server and a client of it, and a stranger who signed himself; as files.
struct certificate_folder {
  certificate_folder();
  std::string save(const std::string& name, const certificate& made);

  temporary_folder folder;
  certificate authority{{.name = "test authority", .also = "", .authority = true}};
  certificate server{{}, &authority};
  certificate client{{.name = "alice", .also = ""}, &authority};
  certificate stranger{{.name = "db.example"}};
  certificate expired{{.expired = true}, &authority};
  std::string ca, server_file, server_key, client_file, client_key, stranger_file, stranger_key;
};

}  // namespace skein::net
