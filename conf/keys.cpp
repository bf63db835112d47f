#include "conf/keys.hpp"

namespace skein::conf {
namespace {

template <worded E>
std::string_view word(E value) {
  return words<E>::all.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view to_string(tls_mode mode) {
  return word(mode);
}
std::string_view to_string(pool_mode mode) {
  return word(mode);
}
std::string_view to_string(compression by) {
  return word(by);
}
std::string_view to_string(durability_mode mode) {
  return word(mode);
}
std::string_view to_string(shortfall then) {
  return word(then);
}
std::string_view to_string(failover automatic) {
  return word(automatic);
}
std::string_view to_string(login_method method) {
  return word(method);
}
std::string_view to_string(proof_method method) {
  return word(method);
}
std::string_view to_string(rule_tls tls) {
  return word(tls);
}
std::string_view to_string(reads_from reads) {
  return word(reads);
}
std::string_view to_string(balance_way balance) {
  return word(balance);
}
std::string_view to_string(freshness fresh) {
  return word(fresh);
}
std::string_view to_string(freshness_key key) {
  return word(key);
}
std::string_view to_string(sticky how) {
  return word(how);
}
std::string_view to_string(send_to to) {
  return word(to);
}
std::string_view to_string(log_format format) {
  return word(format);
}
std::string_view to_string(log_level level) {
  return word(level);
}

}  // namespace skein::conf
