#include "backends/mysql/set_targets.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace skein::mysql {

namespace {

constexpr std::string_view bound_to_server[] = {"debug",
                                                "debug_sync",
                                                "gtid_domain_id",
                                                "gtid_next",
                                                "gtid_seq_no",
                                                "identity",
                                                "insert_id",
                                                "last_insert_id",
                                                "proxy_user",
                                                "pseudo_replica_mode",
                                                "pseudo_slave_mode",
                                                "pseudo_thread_id",
                                                "rand_seed1",
                                                "rand_seed2",
                                                "server_id",
                                                "skip_replication",
                                                "sql_log_bin",
                                                "sql_log_off",
                                                "timestamp",
                                                "wsrep_on"};

class reader {
 public:
  reader(const statement_tokens& tokens, std::size_t place) : tokens_(tokens), at_(place) {}

  std::optional<std::vector<set_target>> read() {
    std::vector<set_target> all;
    do {
      auto one = read_one();
      if (!one) return std::nullopt;
      pass_value(*one);
      all.push_back(std::move(*one));
    } while (tokens_.is(at_++, token_kind::comma));
    return all;
  }

 private:
  std::optional<set_target> read_one();
  std::optional<set_target> read_setting();
  bool pass_sign() {
    const bool stands = tokens_.is_sign(at_, "=") || tokens_.is_sign(at_, ":=");
    at_ += stands ? 1 : 0;
    return stands;
  }
  void pass_value(set_target& of);

  const statement_tokens& tokens_;
  std::size_t at_;
};

std::optional<set_target> reader::read_one() {
  if (tokens_.is(at_, token_kind::user_variable)) {
    set_target one{.kind = set_kind::user_variable, .name = variable_name(tokens_.at(at_++))};
    if (!pass_sign()) return std::nullopt;
    return one;
  }
  const bool named = tokens_.is(at_, "names") || tokens_.is(at_, "charset") ||
                     (tokens_.is(at_, "character") && tokens_.is(at_ + 1, "set")) ||
                     (tokens_.is(at_, "char") && tokens_.is(at_ + 1, "set"));
  const bool assigned = tokens_.is_sign(at_ + 1, "=") || tokens_.is_sign(at_ + 1, ":=");
  if (named && !assigned) return set_target{.kind = set_kind::names};
  return read_setting();
}

std::optional<set_target> reader::read_setting() {
  set_target one;
  std::string scope;
  if (tokens_.is(at_, token_kind::system_variable)) {
    std::string first = variable_name(tokens_.at(at_++));
    const bool is_scope = first == "global" || first == "session" || first == "local" ||
                          first == "persist" || first == "persist_only";
    if (is_scope && tokens_.is(at_, token_kind::dot) && tokens_.is_name(at_ + 1)) {
      scope = std::move(first);
      one.name = in_lower_case(name_of(tokens_.at(at_ + 1)));
      at_ += 2;
    } else {
      one.name = std::move(first);
      one.unscoped = true;
    }
  } else {
    if (tokens_.is_any(at_, {"global", "session", "local", "persist", "persist_only"}) &&
        tokens_.is_name(at_ + 1))
      scope = in_lower_case(tokens_.at(at_++).text);
    one.bare = scope.empty();
    if (!tokens_.is_name(at_)) return std::nullopt;
    one.name = in_lower_case(name_of(tokens_.at(at_++)));
  }
  for (; tokens_.is(at_, token_kind::dot) && tokens_.is_name(at_ + 1); at_ += 2)
    (one.name += '.') += in_lower_case(name_of(tokens_.at(at_ + 1)));
  if (!pass_sign()) return std::nullopt;
  if (!scope.empty() && scope != "session" && scope != "local") one.kind = set_kind::global;
  return one;
}

void reader::pass_value(set_target& of) {
  const std::size_t begin = at_;
  for (std::size_t depth = 0; !tokens_.ended(at_); ++at_) {
    if (tokens_.is(at_, token_kind::open)) ++depth;
    if (tokens_.is(at_, token_kind::close) && depth > 0) --depth;
    if (tokens_.is(at_, token_kind::comma) && depth == 0) break;
  }
  const auto& first = tokens_.at(begin);
  if (at_ != begin + 1) return;
  const bool number = first.kind == token_kind::number;
  of.turns_on = tokens_.is_any(begin, {"on", "true"}) || (number && first.text == "1");
  of.turns_off = tokens_.is_any(begin, {"off", "false"}) || (number && first.text == "0");
  of.resets = tokens_.is(begin, "default");
}

}  // namespace

std::optional<std::vector<set_target>> set_targets_of(const statement_tokens& tokens,
                                                      std::size_t place) {
  return reader(tokens, place).read();
}

bool is_of_collation(std::string_view name) {
  return name.starts_with("character_set_") || name.starts_with("collation_") ||
         name == "default_collation_for_utf8mb4";
}

bool is_bound_to_server(std::string_view name) {
  return std::ranges::binary_search(bound_to_server, name);
}

bool is_of_transaction(std::string_view name) {
  return name == "transaction_isolation" || name == "tx_isolation" ||
         name == "transaction_read_only" || name == "tx_read_only";
}

}  // namespace skein::mysql
