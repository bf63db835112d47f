# What an engine and its dialect in SQLAlchemy 1.4 can do beyond what SQLAlchemy's tests take for
# granted, and what they cannot, with the reason: it is printed with each test that is skipped.
# setup.cfg names the class to SQLAlchemy's test plugin; ENGINE says which engine it is.
import os

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

ENGINE = os.environ["ENGINE"]

EVERYWHERE = """
    table_ddl_if_exists boolean_col_expressions standalone_binds intersect except_
    window_functions ctes tuple_in update_from delete_from
    views schemas implicit_default_schema
    cross_schema_fk_reflection foreign_key_constraint_name_reflection
    comment_reflection check_constraint_reflection
    foreign_key_constraint_option_reflection_ondelete
    foreign_key_constraint_option_reflection_onupdate
    unicode_ddl percent_schema_names mod_operator_as_percent_sign datetime_historic date_historic
    autocommit isolation_level savepoints two_phase_transactions json_type
    precision_numerics_enotation_small precision_numerics_enotation_large
    precision_numerics_many_significant_digits precision_numerics_retains_significant_digits
    order_by_label_with_expression
    computed_columns computed_columns_stored computed_columns_reflect_persisted
    regexp_match regexp_replace
""".split()

ALSO = {
    "postgres": """
        cast_precision_numerics_many_significant_digits
        index_ddl_if_exists table_value_constructor deferrable_fks nullsordering
        ctes_with_update_delete ctes_on_dml tuple_in_w_empty default_schema_name_switch
        reflects_pk_names reflect_tables_no_columns
        fk_constraint_option_reflection_ondelete_restrict
        fk_constraint_option_reflection_onupdate_restrict
        index_reflects_included_columns indexes_with_expressions
        timestamp_microseconds computed_columns_default_persisted
        datetime_timezone time_timezone infinity_floats identity_columns
        identity_columns_standard supports_distinct_on fetch_first fetch_ties fetch_no_order_by
        fetch_offset_with_options fetch_expression""".split(),
    "mysql": """
        ctes_with_update_delete dbapi_lastrowid computed_columns_virtual
        fk_constraint_option_reflection_ondelete_restrict
        fk_constraint_option_reflection_onupdate_restrict
        fk_constraint_option_reflection_ondelete_noaction""".split(),
    "mariadb": """
        cast_precision_numerics_many_significant_digits
        index_ddl_if_exists dbapi_lastrowid computed_columns_virtual
        fk_constraint_option_reflection_ondelete_noaction""".split(),
}

# They pin their sessions, so they have a run of their own.
TEMPORARY = {
    "postgres": "temporary_tables temp_table_reflection has_temp_table temporary_views".split(),
    "mysql": "temporary_tables temp_table_reflection".split(),
    "mariadb": "temporary_tables temp_table_reflection".split(),
}

NOT_OF_MYSQL = {
    "nullsordering": "MySQL knows no NULLS FIRST",
    "datetime_timezone": "MySQL has no type with a time zone",
    "has_temp_table": "the dialect finds no temporary table",
    "temporary_views": "MySQL has no temporary views",
    "deferrable_fks": "MySQL defers no constraint",
    "identity_columns": "MySQL knows no IDENTITY",
    "fetch_first": "MySQL knows no FETCH FIRST",
    "infinity_floats": "MySQL stores no infinity",
    "datetime_implicit_bound": "PyMySQL sends dates as text, and text is what comes back",
    "timestamp_microseconds": "the general types of the dialect have no fractions of seconds",
    "timestamp_microseconds_implicit_bound": "the same, and PyMySQL sends them as text",
    "time_microseconds": "the general types of the dialect have no fractions of seconds",
    "datetime_microseconds": "the general types of the dialect have no fractions of seconds",
    "sql_expression_limit_offset": "MySQL takes no expression for a LIMIT",
    "precision_generic_float_type": "MySQL's FLOAT has 24 bits",
    "legacy_unconditional_json_extract": "the dialect's JSON needs no cast of strings",
    "unbounded_varchar": "the dialect wants the length of a VARCHAR",
}
ABSENT = {
    "postgres": {
        "datetime_literals": "the dialect of SQLAlchemy 1.4 renders no date or time as a literal",
        "temp_table_names": "the dialect lists no temporary tables",
        "fetch_percent": "PostgreSQL has no FETCH FIRST n PERCENT",
        "fk_constraint_option_reflection_ondelete_noaction":
            "NO ACTION is the default, so not told",
        "legacy_unconditional_json_extract": "PostgreSQL's JSON needs no cast of strings",
        "dbapi_lastrowid": "psycopg2 knows no id of the last row",
    },
    "mysql": {
        **NOT_OF_MYSQL,
        "cast_precision_numerics_many_significant_digits": "MySQL's JSON has doubles",
    },
    "mariadb": NOT_OF_MYSQL,
}[ENGINE]
PRESENT = EVERYWHERE + ALSO[ENGINE]


class Features(SuiteRequirements):
    def get_isolation_levels(self, config):
        levels = ["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED", "READ UNCOMMITTED",
                  "AUTOCOMMIT"]
        default = "READ COMMITTED" if ENGINE == "postgres" else "REPEATABLE READ"
        return {"default": default, "supported": levels}

    def get_order_by_collation(self, config):
        return "POSIX" if ENGINE == "postgres" else "utf8mb4_bin"


# Made anew for each test: SQLAlchemy adds to what it is given.
def declare(name, make):
    assert hasattr(SuiteRequirements, name), name
    setattr(Features, name, property(lambda self: make()))


if os.environ.get("SCRATCH") == "temporary":
    PRESENT += TEMPORARY[ENGINE]
else:
    ABSENT |= dict.fromkeys(TEMPORARY[ENGINE], "temporary tables have a run of their own")
for each in PRESENT:
    declare(each, exclusions.open)
for each, why in ABSENT.items():
    declare(each, lambda why=why: exclusions.skip_if(lambda: True, why))
