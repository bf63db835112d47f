#include "backends/mysql/rsa.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <vector>

namespace skein::mysql {

namespace {

constexpr int key_bits = 2048;  // what servers make for themselves
// Of a key that is shown to us. A longer one would only keep the core busy.
constexpr int key_bits_min = 1024, key_bits_max = 8192;

template <auto release>
struct releaser {
  void operator()(auto* what) const { release(what); }
};
using key = std::unique_ptr<EVP_PKEY, releaser<EVP_PKEY_free>>;
using context = std::unique_ptr<EVP_PKEY_CTX, releaser<EVP_PKEY_CTX_free>>;
using bio = std::unique_ptr<BIO, releaser<BIO_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// A PEM that says that it is encrypted would have OpenSSL ask the terminal.
int no_passphrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*ours*/) {
  return -1;
}

}  // namespace

void rsa_key_pair::make() {
  std::call_once(made_, [this] {
    pair_.reset(EVP_RSA_gen(key_bits));
    const bio text(BIO_new(BIO_s_mem()));
    char* begin = nullptr;
    const bool written = pair_ && text && PEM_write_bio_PUBKEY(text.get(), pair_.get()) == 1;
    const auto size = written ? BIO_get_mem_data(text.get(), &begin) : 0;
    if (size <= 0) throw std::runtime_error("OpenSSL cannot make an RSA key");
    pem_.assign(begin, static_cast<std::size_t>(size));
  });
}

const std::string& rsa_key_pair::public_pem() {
  make();
  return pem_;
}

std::optional<wiped> rsa_key_pair::decrypt(std::string_view secret) {
  make();
  const context by(EVP_PKEY_CTX_new(pair_.get(), nullptr));
  std::size_t size = 0;
  if (!by || EVP_PKEY_decrypt_init(by.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(by.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_decrypt(by.get(), nullptr, &size, bytes_of(secret), secret.size()) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  std::vector<unsigned char> plain(size);
  const bool done =
      EVP_PKEY_decrypt(by.get(), plain.data(), &size, bytes_of(secret), secret.size()) == 1;
  wiped kept({reinterpret_cast<const char*>(plain.data()), done ? size : 0});
  OPENSSL_cleanse(plain.data(), plain.size());
  ERR_clear_error();  // else the next TLS connection of this thread would find it
  if (!done) return std::nullopt;
  return kept;
}

std::optional<std::string> rsa_encrypt(std::string_view public_pem, std::string_view text) {
  const bio source(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())));
  const key shown(source ? PEM_read_bio_PUBKEY(source.get(), nullptr, no_passphrase, nullptr)
                         : nullptr);
  const context by(shown ? EVP_PKEY_CTX_new(shown.get(), nullptr) : nullptr);
  std::string secret;
  std::size_t size = 0;
  const bool able = by && EVP_PKEY_is_a(shown.get(), "RSA") == 1 &&
                    EVP_PKEY_get_bits(shown.get()) >= key_bits_min &&
                    EVP_PKEY_get_bits(shown.get()) <= key_bits_max &&
                    EVP_PKEY_encrypt_init(by.get()) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(by.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
                    EVP_PKEY_encrypt(by.get(), nullptr, &size, bytes_of(text), text.size()) == 1;
  if (able) secret.resize(size);
  const bool done =
      able && EVP_PKEY_encrypt(by.get(), reinterpret_cast<unsigned char*>(secret.data()), &size,
                               bytes_of(text), text.size()) == 1;
  ERR_clear_error();
  if (!done) return std::nullopt;
  secret.resize(size);
  return secret;
}

}  // namespace skein::mysql
