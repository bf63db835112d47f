// Makes a catalog of what a database's system catalogs say, read by catalog_reader or made up by a
// test. Pure. Code is taken to be harmless until its text, or something it runs, tells otherwise;
// what that touches then counts as hidden too, round after round, until nothing changes: so
// recursion hides nothing by itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/postgres/catalog.hpp"

namespace skein::postgres {

// A row's number in the system catalog of its kind.
using oid = std::uint32_t;
// What a server brings along has smaller ones.
constexpr oid first_user_oid = 16384;

enum class function_sort : char { plain = 'f', aggregate = 'a', window = 'w' };

// Also one of the server's own, where a definition of the user's runs it. No procedures: CALL is
// never seen through anyway.
struct function_code {
  oid id = 0;
  std::string name = {};
  function_sort sort = function_sort::plain;
  std::string language = {};
  std::string extension = {};  // whose it is; empty: nobody's
  std::string body = {};       // in SQL or PL/pgSQL; the name of one of the server's own in C
  bool as_column = false;      // may be called with one value of a composite type
  char volatility = 'v';       // as pg_proc has it
};

// A relation, or a type that is not a relation's row. A number that is 0: there is no such thing.
struct relation_code {
  oid id = 0;
  std::string name = {};
  oid row_type = 0;
  oid array_type = 0;
  std::string array_name = {};
  char kind = 'r';         // as pg_class has it,
  char persistence = 'p';  // and this
};
struct type_code {
  oid id = 0;
  std::string name = {};
  oid array_type = 0;
  std::string array_name = {};
};

struct operator_code {
  oid id = 0;
  std::string symbol = {};
  oid function = 0;
  oid left = 0;
  oid right = 0;
};

struct cast_code {
  oid function = 0;
  oid source = 0;
  oid target = 0;
};

// An operator class, of a family with members that the server does not bring along.
struct class_code {
  oid family = 0;
  std::string name = {};
  oid input = 0;
  bool is_default = false;
};

struct trigger_code {
  oid function = 0;
  oid relation = 0;  // 0: an event trigger
  bool on_truncate = false;
};

// Whose `owner` is a relation, but for those of functions and domains.
enum class text_kind : std::uint8_t {
  view,
  stored_view,        // materialized
  rule,               // other than a view's
  policy,             // where row security is enabled
  column,             // a default, a generated column, a check
  virtual_column,     // generated when it is read
  trigger_condition,  // CREATE TRIGGER, with its WHEN
  index,              // expressions and predicates; also of statistics
  partition_key,
  domain_check,
  domain_default,
  argument_default  // of a function
};
struct text_code {
  text_kind kind = text_kind::column;
  oid owner = 0;
  std::string text = {};
};

// If `from` hides effects, so does `to`.
enum class link_kind : std::uint8_t {
  function_of_aggregate,
  operator_of_aggregate,
  function_of_family,
  operator_of_family,
  operator_of_operator,  // the planner may take the one for the other
  family_of_index,       // to a relation
  family_of_partitions,  // to a relation
  operator_of_constraint,
  function_of_range,  // to a type
  family_of_range,
  type_of_type,      // a column's to the row, a domain's to the domain ...
  type_of_function,  // of an argument or a result
  child_of_parent,   // also a partition
  child_of_cascade,  // who references to who is referenced, and changes it
  relation_of_view
};
struct link_code {
  link_kind kind = link_kind::type_of_type;
  oid from = 0;
  oid to = 0;
};

struct database_code {
  std::vector<function_code> functions = {};
  std::vector<relation_code> relations = {};
  std::vector<type_code> types = {};
  std::vector<operator_code> operators = {};
  std::vector<cast_code> casts = {};
  std::vector<class_code> classes = {};
  std::vector<trigger_code> triggers = {};
  std::vector<text_code> texts = {};
  std::vector<link_code> links = {};
};

// `digest`: of what it is made of, for who asks again.
std::shared_ptr<const catalog> make_catalog(const database_code& code, std::string digest = {});

}  // namespace skein::postgres
