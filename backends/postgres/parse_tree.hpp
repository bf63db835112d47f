// What PostgreSQL's own grammar (that of version 15, by libpg_query) makes of a statement: a tree
// of protobuf messages, and the means to walk it.
#pragma once

#include <pg_query/pg_query.pb-c.h>

#include <cstddef>
#include <expected>
#include <memory>
#include <string>

namespace skein::postgres {

class parse_tree {
 public:
  // The reason, in the grammar's words, where it cannot be parsed. The text must be known to nest
  // no deeper than a thread's stack takes: see `normal_form::nesting`.
  static std::expected<parse_tree, std::string> of(const std::string& text);

  std::size_t statements() const { return root_->n_stmts; }
  // The statement itself; null: an empty one.
  const PgQuery__Node* statement(std::size_t at) const { return root_->stmts[at]->stmt; }

 private:
  struct freed {
    void operator()(PgQuery__ParseResult* root) const;
  };
  explicit parse_tree(PgQuery__ParseResult* root) : root_(root) {}

  std::unique_ptr<PgQuery__ParseResult, freed> root_;
};

// A field of a message whose place in memory a descriptor tells.
template <typename T>
const T& field_at(const ProtobufCMessage& whole, unsigned offset) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const std::byte*>(&whole) + offset);
}

// Calls `take` for each of the messages that a message holds, in the order of its fields.
template <typename Take>
void for_each_part(const ProtobufCMessage& whole, const Take& take) {
  // A node is one of some 260 messages, at the same place.
  if (whole.descriptor == &pg_query__node__descriptor) {
    const auto& node = reinterpret_cast<const PgQuery__Node&>(whole);
    if (node.node_case != PG_QUERY__NODE__NODE__NOT_SET && node.integer) take(node.integer->base);
    return;
  }
  for (unsigned at = 0; at < whole.descriptor->n_fields; ++at) {
    const ProtobufCFieldDescriptor& field = whole.descriptor->fields[at];
    if (field.type != PROTOBUF_C_TYPE_MESSAGE) continue;
    if (field.label == PROTOBUF_C_LABEL_REPEATED) {
      const auto count = field_at<std::size_t>(whole, field.quantifier_offset);
      const auto* each = field_at<const ProtobufCMessage* const*>(whole, field.offset);
      for (std::size_t one = 0; one < count; ++one) take(*each[one]);
      continue;
    }
    const bool of_one = (field.flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    if (of_one && field_at<std::uint32_t>(whole, field.quantifier_offset) != field.id) continue;
    if (const auto* one = field_at<const ProtobufCMessage*>(whole, field.offset)) take(*one);
  }
}

// Of a list of names, `public.t`: the one that stands so far from its end, or nothing.
std::string name_from_end(PgQuery__Node* const* names, std::size_t count, std::size_t from_end);

}  // namespace skein::postgres
