#include "backends/postgres/deeds.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "backends/postgres/command_words.hpp"

namespace skein::postgres {

namespace {

// Of a thing that ALTER, DROP and the like name: what it is to who lists relations.
enum class thing : std::uint8_t { relation, part_of_one, other };

thing thing_of(PgQuery__ObjectType type) {
  switch (type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
    case PG_QUERY__OBJECT_TYPE__OBJECT_SEQUENCE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_FOREIGN_TABLE:
      return thing::relation;
    case PG_QUERY__OBJECT_TYPE__OBJECT_COLUMN:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TRIGGER:
    case PG_QUERY__OBJECT_TYPE__OBJECT_RULE:
    case PG_QUERY__OBJECT_TYPE__OBJECT_POLICY:
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABCONSTRAINT:
      return thing::part_of_one;
    default:
      return thing::other;
  }
}

// Written like a relation's name, though it is not one's.
bool names_no_relation(PgQuery__ObjectType type) {
  return type == PG_QUERY__OBJECT_TYPE__OBJECT_INDEX ||
         type == PG_QUERY__OBJECT_TYPE__OBJECT_TYPE ||
         type == PG_QUERY__OBJECT_TYPE__OBJECT_ATTRIBUTE;
}

template <typename T>
const T& as(const ProtobufCMessage& part) {
  return reinterpret_cast<const T&>(part);
}

// What it changes is no WITH's, whatever that is called.
const PgQuery__RangeVar* target_of(const ProtobufCMessage& part) {
  const auto* const kind = part.descriptor;
  if (kind == &pg_query__insert_stmt__descriptor) return as<PgQuery__InsertStmt>(part).relation;
  if (kind == &pg_query__update_stmt__descriptor) return as<PgQuery__UpdateStmt>(part).relation;
  if (kind == &pg_query__delete_stmt__descriptor) return as<PgQuery__DeleteStmt>(part).relation;
  if (kind == &pg_query__merge_stmt__descriptor) return as<PgQuery__MergeStmt>(part).relation;
  return nullptr;
}

class reader {
 public:
  explicit reader(std::string_view form) : form_(form) {}

  deeds read(const PgQuery__Node& statement) {
    read_statement(statement);
    visit(statement.base);
    std::ranges::sort(found_.uses, {}, &use::at);
    return std::move(found_);
  }

 private:
  void count(deed kind, std::string_view command) {
    if (kind <= found_.kind) return;
    found_.kind = kind;
    found_.command = command;
  }
  // Whatever it names: nothing of it is run yet.
  void count_alone(deed kind, std::string_view command) {
    count(kind, command);
    found_.runs_nothing = true;
  }
  void read_statement(const PgQuery__Node& statement);
  bool read_session(const PgQuery__Node& statement);
  void read_transaction(const PgQuery__TransactionStmt& statement);
  void read_set(const PgQuery__VariableSetStmt& statement);
  void read_copy(const PgQuery__CopyStmt& statement);

  void visit(const ProtobufCMessage& part);
  void visit_with(const PgQuery__WithClause& with);
  void count_part(const ProtobufCMessage& part);
  bool visit_definition(const ProtobufCMessage& part);
  void visit_but_relation(const ProtobufCMessage& part, const PgQuery__RangeVar* relation);
  void note_relation(const PgQuery__RangeVar& named, bool is_target = false);
  void note_thing(PgQuery__ObjectType type, const PgQuery__Node* named);
  void note_uses(const ProtobufCMessage& part);
  void note(used_as what, int at, PgQuery__Node* const* names, std::size_t count);

  // What stands at one place keeps its order.
  std::int64_t place_of(int at) const {
    return (static_cast<std::int64_t>(at) << 32) + static_cast<std::int64_t>(found_.uses.size());
  }

  std::string_view form_;
  deeds found_ = {};
  std::vector<std::string> with_names_ = {};  // that mean no relation here
  int last_at_ = 0;                           // where the part stands that was noted last
};

void reader::read_statement(const PgQuery__Node& statement) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
    case PG_QUERY__NODE__NODE_INSERT_STMT:
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
    case PG_QUERY__NODE__NODE_DELETE_STMT:
    case PG_QUERY__NODE__NODE_MERGE_STMT:
      return;  // seen by the visit
    case PG_QUERY__NODE__NODE_EXPLAIN_STMT:
      if (statement.explain_stmt->query) read_statement(*statement.explain_stmt->query);
      return;
    case PG_QUERY__NODE__NODE_COPY_STMT:
      return read_copy(*statement.copy_stmt);
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
      return count(deed::writes, "TRUNCATE");
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
      if (statement.create_table_as_stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW)
        return count(deed::defines, "CREATE MATERIALIZED VIEW");
      return count(deed::defines, "CREATE TABLE AS");
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
      return read_transaction(*statement.transaction_stmt);
    case PG_QUERY__NODE__NODE_LOCK_STMT:
      return count(deed::locks, "LOCK TABLE");
    case PG_QUERY__NODE__NODE_DO_STMT:
      return count(deed::calls, "DO");
    case PG_QUERY__NODE__NODE_CALL_STMT:
      return count(deed::calls, "CALL");
    default:
      if (!read_session(statement)) count_alone(deed::defines, command_of(statement, form_));
  }
}

// False: it does not belong to the session.
bool reader::read_session(const PgQuery__Node& statement) {
  switch (statement.node_case) {
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
      return read_set(*statement.variable_set_stmt), true;
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
      return count(deed::session, "SHOW"), true;
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
      return count(deed::session, "DISCARD"), true;
    case PG_QUERY__NODE__NODE_LISTEN_STMT:
      return count(deed::session, "LISTEN"), true;
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT:
      return count(deed::session, "UNLISTEN"), true;
    case PG_QUERY__NODE__NODE_NOTIFY_STMT:
      return count(deed::session, "NOTIFY"), true;
    case PG_QUERY__NODE__NODE_LOAD_STMT:
      return count(deed::session, "LOAD"), true;
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
      return count_alone(deed::session, "PREPARE"), true;
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
      return count(deed::session, "EXECUTE"), true;
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT:
      return count(deed::session, "DEALLOCATE"), true;
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
      return count_alone(deed::session, "DECLARE CURSOR"), true;
    case PG_QUERY__NODE__NODE_FETCH_STMT:
      return count(deed::session, statement.fetch_stmt->ismove ? "MOVE" : "FETCH"), true;
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
      return count(deed::session, "CLOSE CURSOR"), true;
    case PG_QUERY__NODE__NODE_CONSTRAINTS_SET_STMT:
      return count(deed::session, "SET CONSTRAINTS"), true;
    default:
      return false;
  }
}

void reader::read_transaction(const PgQuery__TransactionStmt& statement) {
  switch (statement.kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
      found_.begins = true;
      count(deed::block, "BEGIN");
      break;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
      return count(deed::block, "SAVEPOINT");
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
      return count(deed::block, "RELEASE");
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
      return count(deed::block, "ROLLBACK TO");
    default:
      found_.ends = true;
      found_.commits =
          statement.kind != PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK &&
          statement.kind != PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_PREPARED;
      return count(deed::block, "COMMIT");
  }
  bool may_write = false;  // a follower refuses that word, though another takes it back
  for (const auto* each : std::span(statement.options, statement.n_options)) {
    if (each->node_case != PG_QUERY__NODE__NODE_DEF_ELEM) continue;
    const PgQuery__DefElem& option = *each->def_elem;
    if (!option.arg || option.arg->node_case != PG_QUERY__NODE__NODE_A_CONST) continue;
    const PgQuery__AConst& value = *option.arg->a_const;
    const std::string_view name = option.defname;
    if (name == "transaction_read_only" && value.val_case == PG_QUERY__A__CONST__VAL_IVAL)
      (value.ival->ival != 0 ? found_.read_only : may_write) = true;
    if (name == "transaction_isolation" && value.val_case == PG_QUERY__A__CONST__VAL_SVAL)
      found_.serializable = std::string_view(value.sval->sval) == "serializable";
  }
  found_.read_only &= !may_write;
}

void reader::read_set(const PgQuery__VariableSetStmt& statement) {
  const std::string_view name = statement.name;
  if (statement.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI &&
      name.starts_with("TRANSACTION"))
    return count(deed::block, "SET TRANSACTION");
  const bool resets = statement.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET ||
                      statement.kind == PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL;
  count(deed::session, resets ? "RESET" : "SET");
}

void reader::read_copy(const PgQuery__CopyStmt& statement) {
  if (statement.is_from) return count(deed::writes, "COPY FROM");
  if (statement.is_program || *statement.filename != '\0') count(deed::session, "COPY TO a file");
}

// The parts of it come in the order of the text, as far as what they do is concerned: what a WITH
// does before what stands behind it, which knows the WITH's names as nothing else does.
void reader::visit(const ProtobufCMessage& part) {
  // The names in it are aliases.
  if (part.descriptor == &pg_query__locking_clause__descriptor) return count_part(part);
  if (visit_definition(part)) return;
  const std::size_t known = with_names_.size();
  for_each_part(part, [&](const ProtobufCMessage& each) {
    if (each.descriptor == &pg_query__with_clause__descriptor)
      visit_with(as<PgQuery__WithClause>(each));
  });
  count_part(part);
  note_uses(part);
  const PgQuery__RangeVar* const target = target_of(part);
  for_each_part(part, [&](const ProtobufCMessage& each) {
    if (each.descriptor == &pg_query__with_clause__descriptor) return;
    if (target && &each == &target->base)
      note_relation(*target, true);
    else
      visit(each);
  });
  with_names_.resize(known);
}

// What a part of the statement does.
void reader::count_part(const ProtobufCMessage& part) {
  if (found_.runs_nothing) return;
  const auto* const kind = part.descriptor;
  if (kind == &pg_query__insert_stmt__descriptor) {
    count(deed::writes, "INSERT");
  } else if (kind == &pg_query__update_stmt__descriptor) {
    count(deed::writes, "UPDATE");
  } else if (kind == &pg_query__delete_stmt__descriptor) {
    count(deed::writes, "DELETE");
  } else if (kind == &pg_query__merge_stmt__descriptor) {
    count(deed::writes, "MERGE");
  } else if (kind == &pg_query__locking_clause__descriptor) {
    count(deed::locks, strength_of(as<PgQuery__LockingClause>(part)));
  } else if (kind == &pg_query__select_stmt__descriptor) {
    if (as<PgQuery__SelectStmt>(part).into_clause) count(deed::defines, "SELECT INTO");
  }
}

// Of what names things in lists of words, or in the way of relations: true, it has been visited.
bool reader::visit_definition(const ProtobufCMessage& part) {
  const auto* const kind = part.descriptor;
  if (kind == &pg_query__drop_stmt__descriptor) {
    const auto& drop = as<PgQuery__DropStmt>(part);
    for (const auto* each : std::span(drop.objects, drop.n_objects))
      note_thing(drop.remove_type, each);
  } else if (kind == &pg_query__comment_stmt__descriptor) {
    note_thing(as<PgQuery__CommentStmt>(part).objtype, as<PgQuery__CommentStmt>(part).object);
  } else if (kind == &pg_query__sec_label_stmt__descriptor) {
    note_thing(as<PgQuery__SecLabelStmt>(part).objtype, as<PgQuery__SecLabelStmt>(part).object);
  } else if (kind == &pg_query__call_stmt__descriptor) {
    // Procedures are not asked for: whatever one does, it is run on the leader.
    for_each_part(as<PgQuery__CallStmt>(part).funccall->base,
                  [&](const ProtobufCMessage& each) { visit(each); });
  } else if (kind == &pg_query__composite_type_stmt__descriptor) {
    visit_but_relation(part, as<PgQuery__CompositeTypeStmt>(part).typevar);
  } else if (kind == &pg_query__rename_stmt__descriptor) {
    const auto& rename = as<PgQuery__RenameStmt>(part);
    visit_but_relation(part, names_no_relation(rename.rename_type) ? rename.relation : nullptr);
  } else if (kind == &pg_query__alter_table_stmt__descriptor) {
    const auto& alter = as<PgQuery__AlterTableStmt>(part);
    visit_but_relation(part, names_no_relation(alter.objtype) ? alter.relation : nullptr);
  } else if (kind == &pg_query__reindex_stmt__descriptor) {
    const auto& reindex = as<PgQuery__ReindexStmt>(part);
    const bool of_index = reindex.kind == PG_QUERY__REINDEX_OBJECT_TYPE__REINDEX_OBJECT_INDEX;
    visit_but_relation(part, of_index ? reindex.relation : nullptr);
  } else {
    return false;
  }
  return true;
}

void reader::visit_but_relation(const ProtobufCMessage& part, const PgQuery__RangeVar* relation) {
  for_each_part(part, [&](const ProtobufCMessage& each) {
    if (!relation || &each != &relation->base) visit(each);
  });
}

void reader::visit_with(const PgQuery__WithClause& with) {
  const std::span each(with.ctes, with.n_ctes);
  const auto name = [&](const PgQuery__Node* one) {
    if (one->node_case == PG_QUERY__NODE__NODE_COMMON_TABLE_EXPR)
      with_names_.emplace_back(one->common_table_expr->ctename);
  };
  if (with.recursive) std::ranges::for_each(each, name);
  for (const auto* one : each) {
    visit(one->base);
    if (!with.recursive) name(one);
  }
}

void reader::note_relation(const PgQuery__RangeVar& named, bool is_target) {
  const std::string_view schema = named.schemaname;
  std::string name = named.relname;
  last_at_ = named.location;
  if (!is_target && schema.empty() && std::ranges::find(with_names_, name) != with_names_.end())
    return;
  const bool of_server = schema == "pg_catalog" || schema == "information_schema";
  found_.uses.push_back({used_as::relation, place_of(named.location), name, of_server});
  if (!schema.empty()) name = std::string(schema) + '.' + name;
  found_.relations.push_back(std::move(name));
}

void reader::note_thing(PgQuery__ObjectType type, const PgQuery__Node* named) {
  const thing what = thing_of(type);
  if (what == thing::other || !named || named->node_case != PG_QUERY__NODE__NODE_LIST) return;
  const PgQuery__List& words = *named->list;
  const std::size_t from_end = what == thing::part_of_one ? 1 : 0;
  std::string name = name_from_end(words.items, words.n_items, from_end);
  const std::string schema = name_from_end(words.items, words.n_items, from_end + 1);
  if (!schema.empty()) name.insert(0, schema + '.');
  if (!name.empty()) found_.relations.push_back(std::move(name));
}

// What a part of the statement names.
void reader::note_uses(const ProtobufCMessage& part) {
  const auto* const kind = part.descriptor;
  if (kind == &pg_query__range_var__descriptor) {
    note_relation(as<PgQuery__RangeVar>(part));
  } else if (kind == &pg_query__func_call__descriptor) {
    const auto& call = as<PgQuery__FuncCall>(part);
    note(used_as::function, call.location, call.funcname, call.n_funcname);
  } else if (kind == &pg_query__range_table_sample__descriptor) {
    const auto& sample = as<PgQuery__RangeTableSample>(part);
    const auto method = name_from_end(sample.method, sample.n_method, 0);
    if (method != "system" && method != "bernoulli")
      note(used_as::function, sample.location, sample.method, sample.n_method);
  } else if (kind == &pg_query__a__expr__descriptor) {
    const auto& expression = as<PgQuery__AExpr>(part);
    note(used_as::operation, expression.location, expression.name, expression.n_name);
  } else if (kind == &pg_query__sub_link__descriptor) {
    const auto& link = as<PgQuery__SubLink>(part);
    note(used_as::operation, link.location, link.oper_name, link.n_oper_name);
  } else if (kind == &pg_query__sort_by__descriptor) {
    const auto& sort = as<PgQuery__SortBy>(part);
    note(used_as::operation, sort.location, sort.use_op, sort.n_use_op);
  } else if (kind == &pg_query__type_name__descriptor) {
    const auto& type = as<PgQuery__TypeName>(part);
    note(used_as::type, type.location, type.names, type.n_names);
  } else if (kind == &pg_query__column_ref__descriptor) {
    const auto& column = as<PgQuery__ColumnRef>(part);
    last_at_ = column.location;
    if (column.n_fields > 1) note(used_as::column, column.location, column.fields, column.n_fields);
  } else if (kind == &pg_query__a__indirection__descriptor) {
    // It does not say where it stands.
    const auto& path = as<PgQuery__AIndirection>(part);
    for (auto* const& each : std::span(path.indirection, path.n_indirection))
      note(used_as::column, last_at_, &each, 1);
  }
}

void reader::note(used_as what, int at, PgQuery__Node* const* names, std::size_t count) {
  std::string name = name_from_end(names, count, 0);
  if (name.empty()) return;
  const bool of_server = what != used_as::column && name_from_end(names, count, 1) == "pg_catalog";
  last_at_ = at;
  found_.uses.push_back({what, place_of(at), std::move(name), of_server});
}

}  // namespace

deeds deeds_of(const PgQuery__Node& statement, std::string_view form) {
  return reader(form).read(statement);
}

}  // namespace skein::postgres
