#include "backends/postgres/parse_tree.hpp"

#include <pg_query.h>

#include <cstdint>

namespace skein::postgres {

std::expected<parse_tree, std::string> parse_tree::of(const std::string& text) {
  const PgQueryProtobufParseResult made = pg_query_parse_protobuf(text.c_str());
  std::expected<parse_tree, std::string> tree = std::unexpected("its tree cannot be read");
  if (made.error) {
    tree = std::unexpected(std::string(made.error->message));
  } else if (auto* root = pg_query__parse_result__unpack(
                 nullptr, made.parse_tree.len,
                 reinterpret_cast<const std::uint8_t*>(made.parse_tree.data))) {
    tree = parse_tree(root);
  }
  pg_query_free_protobuf_parse_result(made);
  return tree;
}

void parse_tree::freed::operator()(PgQuery__ParseResult* root) const {
  pg_query__parse_result__free_unpacked(root, nullptr);
}

std::string name_from_end(PgQuery__Node* const* names, std::size_t count, std::size_t from_end) {
  if (from_end >= count) return {};
  const PgQuery__Node& node = *names[count - 1 - from_end];
  return node.node_case == PG_QUERY__NODE__NODE_STRING ? node.string->sval : "";
}

}  // namespace skein::postgres
