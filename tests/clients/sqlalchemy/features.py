# What PostgreSQL 15 and its dialect in SQLAlchemy 1.4 can do beyond what SQLAlchemy's tests take
# for granted, and what they cannot, with the reason: it is printed with each test that is skipped.
# setup.cfg names the class to SQLAlchemy's test plugin.
import os

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

PRESENT = """
    table_ddl_if_exists index_ddl_if_exists table_value_constructor deferrable_fks
    boolean_col_expressions nullsordering standalone_binds intersect except_ window_functions
    ctes ctes_with_update_delete ctes_on_dml tuple_in tuple_in_w_empty update_from delete_from
    views schemas implicit_default_schema default_schema_name_switch
    cross_schema_fk_reflection foreign_key_constraint_name_reflection reflects_pk_names
    reflect_tables_no_columns comment_reflection check_constraint_reflection
    foreign_key_constraint_option_reflection_ondelete
    fk_constraint_option_reflection_ondelete_restrict
    foreign_key_constraint_option_reflection_onupdate
    fk_constraint_option_reflection_onupdate_restrict
    index_reflects_included_columns indexes_with_expressions
    unicode_ddl percent_schema_names mod_operator_as_percent_sign
    datetime_timezone time_timezone timestamp_microseconds datetime_historic date_historic
    autocommit isolation_level savepoints two_phase_transactions json_type infinity_floats
    precision_numerics_enotation_small precision_numerics_enotation_large
    precision_numerics_many_significant_digits precision_numerics_retains_significant_digits
    cast_precision_numerics_many_significant_digits order_by_label_with_expression
    computed_columns computed_columns_stored computed_columns_default_persisted
    computed_columns_reflect_persisted identity_columns identity_columns_standard
    supports_distinct_on regexp_match regexp_replace
    fetch_first fetch_ties fetch_no_order_by fetch_offset_with_options fetch_expression
""".split()

# They pin their sessions, so they have a run of their own.
TEMPORARY = "temporary_tables temp_table_reflection has_temp_table temporary_views".split()

ABSENT = {
    "datetime_literals": "the dialect of SQLAlchemy 1.4 renders no date or time as a literal",
    "temp_table_names": "the dialect lists no temporary tables",
    "fetch_percent": "PostgreSQL has no FETCH FIRST n PERCENT",
    "fk_constraint_option_reflection_ondelete_noaction": "NO ACTION is the default, so not told",
    "legacy_unconditional_json_extract": "PostgreSQL's JSON needs no cast of strings",
    "dbapi_lastrowid": "psycopg2 knows no id of the last row",
}


class Features(SuiteRequirements):
    def get_isolation_levels(self, config):
        return {"default": "READ COMMITTED",
                "supported": ["SERIALIZABLE", "REPEATABLE READ", "READ COMMITTED",
                              "READ UNCOMMITTED", "AUTOCOMMIT"]}

    def get_order_by_collation(self, config):
        return "POSIX"


# Made anew for each test: SQLAlchemy adds to what it is given.
def declare(name, make):
    assert hasattr(SuiteRequirements, name), name
    setattr(Features, name, property(lambda self: make()))


if os.environ.get("SCRATCH") == "temporary":
    PRESENT += TEMPORARY
else:
    ABSENT |= dict.fromkeys(TEMPORARY, "temporary tables have a run of their own")
for each in PRESENT:
    declare(each, exclusions.open)
for each, why in ABSENT.items():
    declare(each, lambda why=why: exclusions.skip_if(lambda: True, why))
