// What PostgreSQL stores in a password's stead (pg_authid.rolpassword): enough to verify a client,
// and, once a client has proved itself, to sign in to servers that store the very same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "backends/postgres/digest.hpp"

namespace skein::postgres {

struct scram_secret {
  std::uint32_t iterations = 0;
  std::string salt = {};
  sha256_digest stored_key = {};
  sha256_digest server_key = {};
};

bool looks_like_scram_secret(std::string_view text);
// SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, the last three in base64.
std::optional<scram_secret> read_scram_secret(std::string_view text);

}  // namespace skein::postgres
