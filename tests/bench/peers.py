# How each peer is configured and started: one thread, pinned to one CPU, plain TCP on loopback, up
# to 100 server connections, the client's password checked (HAProxy leaves that to the server).
import re
import subprocess
from pathlib import Path

from processes import Failure, Process, free_port, need, wait_until
from server import USER

KNOWN = ("direct", "haproxy", "pgbouncer-session", "pgbouncer-transaction", "skein")
POOL = 100

HAPROXY = """
global
  nbthread 1
  maxconn 2000
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen bench
  bind 127.0.0.1:{port}
  server leader 127.0.0.1:{server}
"""

PGBOUNCER = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {pooling}
default_pool_size = {pool}
max_client_conn = 2000
log_connections = 0
log_disconnections = 0
"""

SKEIN = """
listeners: [{{bind: 127.0.0.1:{port}}}]
clusters:
  bench:
    members: [127.0.0.1:{server}]
    tls: {{mode: disable}}
    pool: {{size: {pool}}}
    users: [{{name: {user}, password: {password}}}]
admin: {{bind: 127.0.0.1:{admin}}}
log: {{level: warn}}
threads: 1
"""


class Peer:
    """A way to the server: `port` to connect to, `process` whose CPU counts (none for direct)."""

    def __init__(self, name, port, process=None, prepared=True):
        self.name = name
        self.port = port
        self.process = process
        self.prepared = prepared  # whether named prepared statements survive it


def start_direct(server):
    return Peer("direct", server.port)


def start_haproxy(server, folder, options):
    port = free_port()
    file = folder.write("haproxy.cfg", HAPROXY.format(port=port, server=server.port))
    command = [need("haproxy"), "-db", "-f", file]
    return Peer("haproxy", port, Process("haproxy", command, folder, options.cpu, owned=True))


def start_pgbouncer(server, folder, options, pooling):
    name, port = f"pgbouncer-{pooling}", free_port()
    users = folder.write(f"{name}.users", f'"{USER}" "{server.password}"\n')
    file = folder.write(f"{name}.ini", PGBOUNCER.format(
        port=port, server=server.port, users=users, pooling=pooling, pool=POOL))
    process = Process(name, [need("pgbouncer"), file], folder, options.cpu, owned=True)
    known = pooling == "session" or version_of("pgbouncer", "--version") >= (1, 21)
    return Peer(name, port, process, prepared=known)


def start_skein(server, folder, options, name, binary):
    if not Path(binary).exists():
        raise Failure(f"there is no {binary}: build it (cmake --build --preset release), "
                      "name it with --skein, or leave it out with --peers")
    port = free_port()
    file = folder.path / f"{name}.yaml"
    file.touch(mode=0o600)
    file.write_text(SKEIN.format(port=port, server=server.port, admin=free_port(), pool=POOL,
                                 user=USER, password=f'"{server.password}"'))
    command = [Path(binary).resolve(), "run", file]
    return Peer(name, port, Process(name, command, folder, options.cpu))


BEFORE = "skein-before"  # another build of Skein, to be compared with


def make(name, server, folder, options):
    if name == "direct":
        return start_direct(server)
    if name == "haproxy":
        return start_haproxy(server, folder, options)
    if name in ("skein", BEFORE):
        binary = options.before if name == BEFORE else options.skein
        return start_skein(server, folder, options, name, binary)
    return start_pgbouncer(server, folder, options, pooling=name.partition("-")[2])


def start(name, server, folder, options):
    peer = make(name, server, folder, options)
    if peer.process:
        try:
            wait_until(peer.process, lambda: server.answers(peer.port))
        except BaseException:
            peer.process.stop()
            raise
    return peer


def said_of(tool, *arguments):
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().partition("\n")[0]


def version_of(tool, *arguments):
    match = re.search(r"(\d+)\.(\d+)", said_of(need(tool), *arguments))
    return tuple(map(int, match.groups())) if match else (0, 0)


def versions(names, options):
    """One line for each program that takes part."""
    lines = [said_of(need("postgres"), "--version"), said_of(need("pgbench"), "--version")]
    if "haproxy" in names:
        lines.append(re.sub(r" - http.*", "", said_of(need("haproxy"), "-v")))
    if any(name.startswith("pgbouncer") for name in names):
        lines.append(said_of(need("pgbouncer"), "--version"))
    if "skein" in names:
        lines.append(said_of(options.skein, "--version"))
    return lines
