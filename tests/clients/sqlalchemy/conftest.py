# SQLAlchemy's own test plugin, which makes fixtures and engines of what stands in setup.cfg.
# pytest, started by ../sqlalchemy_suite.py, reads this first.
import pytest

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402,F401,F403
