// The functions that MySQL and MariaDB servers bring along. Sorted, each list, and included by
// builtin_functions.cpp alone.
#pragma once

#include <string_view>

namespace skein::mysql {

// clang-format off
// Their values are the same wherever they are computed. Types are among them: of CAST(a AS CHAR(3))
// the parenthesis looks like a call.
// MySQL 9 has md5, sha and sha1 as a component alone.
inline constexpr std::string_view of_both[] = {
  "abs", "acos", "adddate", "addtime", "aes_decrypt", "aes_encrypt", "ascii", "asin", "atan",
  "atan2", "avg", "bigint", "bin", "bit", "bit_and", "bit_count", "bit_length", "bit_or",
  "bit_xor", "blob", "cast", "ceil", "ceiling", "char", "char_length", "character",
  "character_length", "charset", "coalesce", "coercibility", "collation", "compress", "concat",
  "concat_ws", "conv", "convert", "convert_tz", "cos", "cot", "count", "crc32", "cume_dist",
  "curdate", "current_date", "current_time", "current_timestamp", "current_user", "curtime",
  "database", "date", "date_add", "date_format", "date_sub", "datediff", "datetime", "day",
  "dayname", "dayofmonth", "dayofweek", "dayofyear", "dec", "decimal", "default", "degrees",
  "dense_rank", "double", "elt", "exp", "export_set", "extract", "extractvalue", "field",
  "find_in_set", "first_value", "fixed", "float", "floor", "format", "from_base64", "from_days",
  "from_unixtime", "geometrycollection", "get_format", "greatest", "group_concat", "hex", "hour",
  "if", "ifnull", "inet6_aton", "inet6_ntoa", "inet_aton", "inet_ntoa", "insert", "instr", "int",
  "integer", "interval", "is_ipv4", "is_ipv4_compat", "is_ipv4_mapped", "is_ipv6", "isnull",
  "json_array", "json_array_append", "json_array_insert", "json_arrayagg", "json_contains",
  "json_contains_path", "json_depth", "json_extract", "json_insert", "json_keys", "json_length",
  "json_merge_patch", "json_merge_preserve", "json_object", "json_objectagg", "json_overlaps",
  "json_pretty", "json_quote", "json_remove", "json_replace", "json_search", "json_set",
  "json_table", "json_type", "json_unquote", "json_valid", "json_value", "lag", "last_day",
  "last_value", "lcase", "lead", "least", "left", "length", "linestring", "ln", "localtime",
  "localtimestamp", "locate", "log", "log10", "log2", "lower", "lpad", "ltrim", "make_set",
  "makedate", "maketime", "match", "max", "mbrcontains", "mbrdisjoint", "mbrequals",
  "mbrintersects", "mbroverlaps", "mbrtouches", "mbrwithin", "md5", "microsecond", "mid", "min",
  "minute", "mod", "month", "monthname", "multilinestring", "multipoint", "multipolygon",
  "name_const", "nchar", "now", "nth_value", "ntile", "nullif", "numeric", "oct", "octet_length",
  "ord", "percent_rank", "period_add", "period_diff", "pi", "point", "polygon", "position", "pow",
  "power", "quarter", "quote", "radians", "rank", "real", "regexp_instr", "regexp_replace",
  "regexp_substr", "repeat", "replace", "reverse", "right", "round", "row", "row_number", "rpad",
  "rtrim", "schema", "sec_to_time", "second", "session_user", "sha", "sha1", "sha2", "sign",
  "sin", "soundex", "space", "sqrt", "st_area", "st_asbinary", "st_asgeojson", "st_astext",
  "st_aswkb", "st_aswkt", "st_buffer", "st_centroid", "st_contains", "st_convexhull",
  "st_crosses", "st_difference", "st_dimension", "st_disjoint", "st_distance",
  "st_distance_sphere", "st_endpoint", "st_envelope", "st_equals", "st_exteriorring",
  "st_geometryn", "st_geometrytype", "st_geomfromgeojson", "st_geomfromtext", "st_geomfromwkb",
  "st_interiorringn", "st_intersection", "st_intersects", "st_isclosed", "st_isempty",
  "st_issimple", "st_length", "st_numgeometries", "st_numinteriorrings", "st_numpoints",
  "st_overlaps", "st_pointfromtext", "st_pointn", "st_srid", "st_startpoint", "st_symdifference",
  "st_touches", "st_union", "st_within", "st_x", "st_y", "std", "stddev", "stddev_pop",
  "stddev_samp", "str_to_date", "strcmp", "subdate", "substr", "substring", "substring_index",
  "subtime", "sum", "system_user", "tan", "time", "time_format", "time_to_sec", "timediff",
  "timestamp", "timestampadd", "timestampdiff", "tinyint", "to_base64", "to_days", "to_seconds",
  "trim", "truncate", "ucase", "uncompress", "uncompressed_length", "unhex", "unix_timestamp",
  "updatexml", "upper", "user", "utc_date", "utc_time", "utc_timestamp", "values", "var_pop",
  "var_samp", "varbinary", "varchar", "variance", "varying", "week", "weekday", "weekofyear",
  "weight_string", "year", "yearweek"};

inline constexpr std::string_view of_mysql[] = {
  "any_value", "bin_to_uuid", "format_bytes", "format_pico_time", "geomcollection", "grouping",
  "gtid_subset", "gtid_subtract", "is_uuid", "json_schema_valid", "json_storage_size",
  "mbrcoveredby", "member", "regexp_like", "st_collect", "st_geohash", "st_isvalid",
  "st_latfromgeohash", "st_latitude", "st_longfromgeohash", "st_longitude", "st_pointfromgeohash",
  "st_simplify", "st_swapxy", "st_transform", "st_validate", "statement_digest",
  "statement_digest_text", "uuid_to_bin", "vector"};

inline constexpr std::string_view of_mariadb[] = {
  "add_months", "chr", "column_add", "column_check", "column_create", "column_delete",
  "column_exists", "column_get", "column_json", "column_list", "crc32c", "decode", "des_decrypt",
  "des_encrypt", "encode", "json_compact", "json_detailed", "json_equals", "json_exists",
  "json_loose", "json_merge", "json_normalize", "json_query", "lengthb", "median",
  "natural_sort_key", "nvl", "nvl2", "old_password", "password", "percentile_cont",
  "percentile_disc", "sformat", "to_char"};

// From call to call; any member may compute them.
inline constexpr std::string_view varying[] = {
  "benchmark", "rand", "random_bytes", "sleep", "sysdate", "uuid", "uuid_short"};

// They tell of one session or one server, or change it.
inline constexpr std::string_view of_one_server[] = {
  "connection_id", "current_role", "found_rows", "get_lock", "is_free_lock", "is_used_lock",
  "last_insert_id", "load_file", "release_all_locks", "release_lock", "row_count", "version"};

inline constexpr std::string_view of_one_mysql[] = {
  "icu_version", "master_pos_wait", "ps_current_thread_id", "ps_thread_id", "roles_graphml",
  "source_pos_wait", "wait_for_executed_gtid_set", "wait_until_sql_thread_after_gtids"};

inline constexpr std::string_view of_one_mariadb[] = {
  "binlog_gtid_pos", "lastval", "master_gtid_wait", "master_pos_wait", "wsrep_last_seen_gtid",
  "wsrep_last_written_gtid", "wsrep_sync_wait_upto_gtid"};

// They are the server's own only where their parenthesis stands right behind them.
inline constexpr std::string_view with_parenthesis[] = {
  "adddate", "bit_and", "bit_or", "bit_xor", "cast", "count", "curdate", "curtime", "date_add",
  "date_sub", "extract", "group_concat", "json_arrayagg", "json_objectagg", "max", "mid", "min",
  "now", "position", "session_user", "st_collect", "std", "stddev", "stddev_pop", "stddev_samp",
  "subdate", "substr", "substring", "sum", "sysdate", "system_user", "trim", "var_pop",
  "var_samp", "variance"};
// clang-format on

}  // namespace skein::mysql
