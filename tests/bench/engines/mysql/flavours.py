# What differs between MariaDB and MySQL as servers of the bench: programs, the first start, words.
# followers.py picks one of them.
from engines.mysql.server import DATABASE, FIRST, USER
from peers import CACHE, ROOT, version
from processes import Failure, Process, need


class Mariadb:
    """Debian's own."""

    POSITION = "select @@gtid_binlog_pos"
    HAS_APPLIED = "select master_gtid_wait('{position}', 0) = 0"

    def __init__(self):
        self.command = [need("mariadbd")]

    def make_data(self, folder, password):
        data = folder.make("data")
        first = folder.write("first.sql", FIRST.format(database=DATABASE, user=USER,
                                                       password=password))
        words = [need("mariadb-install-db"), "--no-defaults", f"--datadir={data}",
                 "--auth-root-authentication-method=normal", "--skip-test-db",
                 "--skip-name-resolve", "--innodb-flush-method=nosync", f"--extra-file={first}"]
        run(Process("install", words, folder, owned=True))
        return data

    def settings(self, text):
        return text + "log_slave_updates = ON\ngtid_strict_mode = ON\n"

    def follow(self, port, user, password):
        return (f"change master to master_host='127.0.0.1', master_port={port}, "
                f"master_user='{user}', master_password='{password}', "
                "master_use_gtid=slave_pos", "start slave")

    def told(self):
        return f"MariaDB {version(self.command, '--version')}"


class Mysql:
    """Debian sid's, beside the system."""

    POSITION = "select @@global.gtid_executed"
    HAS_APPLIED = "select gtid_subset('{position}', @@global.gtid_executed)"
    TREE = CACHE / "mysql-tree"

    def __init__(self):
        if not self.TREE.exists():
            raise Failure("there is no MySQL to measure with: scripts/mysql-tree.sh brings it")
        self.command = [ROOT / "scripts/mysql-tree.sh", "run", "mysqld"]

    def make_data(self, folder, password):
        data = folder.make("data")
        first = folder.write("first.sql", FIRST.format(database=DATABASE, user=USER,
                                                       password=password))
        words = [*self.command, "--no-defaults", "--initialize-insecure",
                 f"--basedir={self.TREE}/usr", f"--datadir={data}", "--mysqlx=OFF",
                 "--secure-file-priv=NULL", "--skip-log-bin", "--innodb-flush-method=nosync",
                 f"--init-file={first}"]
        run(Process("install", words, folder, owned=True))
        (data / "auto.cnf").unlink()  # each copy makes up a name of its own
        return data

    def settings(self, text):
        return text + (f"basedir = {self.TREE}/usr\nmysqlx = OFF\nsecure_file_priv = NULL\n"
                       "gtid_mode = ON\nenforce_gtid_consistency = ON\n"
                       "auto_generate_certs = OFF\ntls_version =\n")

    def follow(self, port, user, password):
        return (f"change replication source to source_host='127.0.0.1', source_port={port}, "
                f"source_user='{user}', source_password='{password}', source_auto_position=1, "
                "get_source_public_key=1, source_ssl=0, source_connect_retry=1", "start replica")

    def told(self):
        return f"MySQL {version(self.command, '--version')}"


FLAVOURS = {"mariadb": Mariadb, "mysql": Mysql}


def run(process):
    if process.child.wait() != 0:
        process.fail("failed")
