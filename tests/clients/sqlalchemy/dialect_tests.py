# All tests that SQLAlchemy asks of a dialect, as its package ships them; pytest, started by
# ../sqlalchemy_suite.py, collects them here.
from sqlalchemy.testing import schema

make_table = schema.Table


def transactional_table(name, *args, **kw):
    """On MySQL's wire most were of MyISAM, which a server with GTIDs refuses to write together with
    other tables. Others empty a table row by row, and look at its references to itself."""
    if not kw.get("test_needs_fk"):
        for key in [key for each in args for key in getattr(each, "foreign_keys", ())]:
            if str(key._colspec).startswith(name + "."):
                key.ondelete = "CASCADE"
    return make_table(name, *args, **{**kw, "test_needs_acid": True})


schema.Table = transactional_table

from sqlalchemy.testing.suite import *  # noqa: E402,F401,F403
