# All tests that SQLAlchemy asks of a dialect, as its package ships them; pytest, started by
# ../sqlalchemy_suite.py, collects them here.
from sqlalchemy.testing.suite import *  # noqa: F401,F403
