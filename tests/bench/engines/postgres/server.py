# The PostgreSQL behind every peer: a data folder of its own with pgbench's tables, on loopback TCP
# only, passwords by SCRAM, no durability. Who connects does so as `bench` with `password`.
# followers.py starts it, with followers where a workload asks for them.
import os
import secrets
import signal
import subprocess

from processes import Failure, Process, free_port, need, wait_until

USER = "bench"

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = {buffers}MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = 4GB
checkpoint_timeout = 1h
logging_collector = off
"""
COUNTING = "shared_preload_libraries = 'pg_stat_statements'\n"

# What `pgbench -S` asks, as the servers count it. Nothing else there begins like it.
READ = "SELECT abalance FROM pgbench_accounts WHERE aid = 1"
COUNT = ("select coalesce(sum(calls), 0) from pg_stat_statements "
         "where query like 'SELECT abalance FROM pgbench_accounts%'")


class Server:
    """`counts`: it tells how many reads it has served."""

    def __init__(self, folder, scale, name, counts):
        self.counts = counts
        self.password = secrets.token_hex(12)
        self.port = free_port()
        self.scale = scale
        data = folder.path / name
        data.mkdir(mode=0o700)
        folder.give(data)
        word = folder.write("password", self.password)
        run(Process("initdb", [need("initdb"), "-D", data, "-U", USER, f"--pwfile={word}",
                               "--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8",
                               "--no-sync"], folder, owned=True))
        with (data / "postgresql.conf").open("a") as settings:
            # The tables take 16 MB a unit of scale, their indexes included.
            settings.write(SETTINGS.format(port=self.port, buffers=128 + 24 * scale)
                           + COUNTING * counts)
        self.process = Process(name, [need("postgres"), "-D", data], folder,
                               stop_signal=signal.SIGINT, owned=True)

    def fill(self):
        wait_until(self.process, lambda: self.answers(self.port))
        self.client("pgbench", "-i", "-q", "-s", self.scale, port=self.port)
        if self.counts:
            self.ask("create extension pg_stat_statements")

    def reads_served(self):
        return int(self.ask(COUNT))

    def ask_some_reads(self, port):
        self.client("psql", "-qAtX", *["-c", READ] * 5, port=port)

    def forget_arrivals(self):
        self.ask("create table if not exists arrived (client int)", "truncate arrived")

    def arrivals(self):
        return int(self.ask("select count(*) from arrived"))

    def environment(self, port):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": USER,
                       "PGPASSWORD": self.password, "PGDATABASE": "postgres",
                       "PGSSLMODE": "disable", "PGGSSENCMODE": "disable",
                       "PGCONNECT_TIMEOUT": "5"}

    def answers(self, port):
        asked = subprocess.run([need("psql"), "-qAtXc", "select 1"], env=self.environment(port),
                               capture_output=True, text=True, check=False)
        return asked.stdout.strip() == "1"

    def ask(self, *statements):
        """What the last of them answers, asked of the server itself."""
        commands = [word for statement in statements for word in ("-c", statement)]
        return self.client("psql", "-qAtX", *commands, port=self.port).strip()

    def client(self, tool, *arguments, port):
        """What it printed; a failure is told in its own words."""
        done = subprocess.run([need(tool), *map(str, arguments)], env=self.environment(port),
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{tool} failed: {done.stderr.strip()}")
        return done.stdout


def run(process):
    if process.child.wait() != 0:
        process.fail("failed")
