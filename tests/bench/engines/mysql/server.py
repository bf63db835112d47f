# The MySQL or MariaDB behind every peer: a data folder of its own with sysbench's tables, on
# loopback TCP only, no durability, and a binary log that followers read. Who connects does so as
# `bench` with `password`. followers.py starts it, and those that follow it.
import os
import subprocess

from processes import Failure, Process, free_port, need, wait_until

USER = "bench"
DATABASE = "sbtest"

SETTINGS = """
[mysqld]
{user}
datadir = {data}
socket = {data}/server.sock
pid_file = {data}/server.pid
bind_address = 127.0.0.1
port = {port}
server_id = {port}
max_connections = 400
skip_name_resolve = ON
innodb_buffer_pool_size = 256M
innodb_flush_log_at_trx_commit = 0
innodb_flush_method = nosync
sync_binlog = 0
log_bin = binlog
relay_log = relay
binlog_format = ROW
read_only = {read_only}
"""

# What the first start of a server does; copies of its data have these users.
FIRST = """
flush privileges;
create database {database};
create user '{user}'@'%' identified by '{password}';
grant all on *.* to '{user}'@'%';
"""

READ = "select c from sbtest1 where id = 1;"
READS_ASKED = 100  # looks of proxies at the servers are reads too, but few


class Server:
    """`data` is a folder with the users; `flavour` (of flavours.py) has the words that differ."""

    def __init__(self, folder, flavour, name, data, password, read_only=False):
        self.flavour = flavour
        self.password = password
        self.port = free_port()
        self.folder = folder
        user = "" if folder.owner or os.getuid() else "user = root"
        file = folder.write(f"{name}.cnf", flavour.settings(SETTINGS.format(
            user=user, data=data, port=self.port, read_only="ON" if read_only else "OFF")))
        self.process = Process(name, [*flavour.command, f"--defaults-file={file}"], folder,
                               owned=True)

    def wait(self):
        wait_until(self.process, lambda: self.answers(self.port))

    def fill(self, rows):
        """sysbench's own table; it asks where measurements do, and so finds it there."""
        self.rows = rows
        self.sysbench(self.port, f"--table-size={rows}", "oltp_point_select", "prepare")
        self.ask("create table arrived (client int)")

    def sysbench(self, port, *words):
        done = subprocess.run([need("sysbench"), *map(str, (*self.login(port), *words))],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"sysbench failed: {done.stdout}{done.stderr}")
        return done.stdout

    def login(self, port):
        """sysbench's words for a way to the server; a file has the password."""
        file = self.folder.path / f"login{self.port}"  # each set of servers has its password
        if not file.exists():
            self.folder.write(file.name, f"mysql-password={self.password}\n")
        return [f"--config-file={file}", "--db-driver=mysql", "--mysql-host=127.0.0.1",
                f"--mysql-port={port}", f"--mysql-user={USER}", f"--mysql-db={DATABASE}"]

    def follow(self, leader):
        self.ask(*self.flavour.follow(leader.port, USER, self.password))

    def position(self):
        return self.ask(self.flavour.POSITION)

    def has_applied(self, position):
        return self.ask(self.flavour.HAS_APPLIED.format(position=position)) == "1"

    def reads_served(self):
        return int(self.ask("show global status like 'Com_select'").split()[-1])

    def ask_some_reads(self, port):
        self.client(READ * READS_ASKED, port)

    def forget_arrivals(self):
        self.ask("truncate arrived")

    def arrivals(self):
        return int(self.ask("select count(*) from arrived"))

    def answers(self, port):
        try:
            return self.client("select 1", port).strip() == "1"
        except Failure:
            return False

    def ask(self, *statements):
        """What the last of them answers, asked of the server itself."""
        return self.client(";".join(statements), self.port).strip()

    def client(self, text, port):
        """What it printed; a failure is told in its own words."""
        done = subprocess.run(
            [need("mariadb"), "--no-defaults", "--skip-ssl", "-NB", "--connect-timeout=5",
             "--protocol=tcp", "-h127.0.0.1", f"-P{port}", f"-u{USER}", "-e", text, DATABASE],
            env=os.environ | {"MYSQL_PWD": self.password}, capture_output=True, text=True,
            check=False)
        if done.returncode != 0:
            raise Failure(f"mariadb failed: {done.stderr.strip()}")
        return done.stdout
