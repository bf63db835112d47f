# The ways to a MySQL or MariaDB server that are compared; engine.py lists them. MySQL Router comes
# from scripts/mysql-tree.sh. ProxySQL and MaxScale are in no Debian, so they take no part.
import peers
from engines.mysql import recipes
from peers import CACHE, Peer, version
from processes import Process

ROUTER_READS = "router-followers"
DEFAULT = ("direct", "haproxy", peers.HAPROXY_READS, "router", ROUTER_READS, peers.LEADER, "skein")
OF_FOLLOWERS = (peers.HAPROXY_READS, ROUTER_READS, peers.LEADER)  # nobody, where there are none
# Who sends reads to followers.
SPLITTERS = (peers.HAPROXY_READS, ROUTER_READS, "skein", peers.BEFORE, peers.TWO, peers.FAILOVER)
TOLD = {
    "direct": "the server itself, no proxy",
    "haproxy": peers.TOLD["haproxy"],
    peers.HAPROXY_READS: peers.TOLD[peers.HAPROXY_READS],
    "router": "MySQL Router of Debian sid, its port to the leader; a server connection a client",
    ROUTER_READS: "the same, its port to the followers: who asks must split reads himself",
    "skein": peers.TOLD["skein"] + ", reads at followers",
    peers.TWO: peers.TOLD[peers.TWO],
    peers.FAILOVER: peers.TOLD[peers.FAILOVER],
    peers.LEADER: "the same with all reads at the leader",
}


def start_router(bench, settings):
    name = settings["name"]
    command = peers.unpacked("mysqlrouter", "mysql-tree")
    behind = bench.followers if name == ROUTER_READS else [bench.server]
    text = recipes.ROUTER.format(
        **settings, folder=bench.folder.make(name),
        plugins=CACHE / "mysql-tree/usr/lib/mysqlrouter/plugin",
        destinations=",".join(f"127.0.0.1:{one.port}" for one in behind),
        strategy="round-robin" if name == ROUTER_READS else "first-available")
    file = bench.folder.write(f"{name}.conf", text)
    process = Process(name, [*command, "-c", file], bench.folder, bench.cpus, owned=True)
    title = f"MySQL Router {version(command, '--version')}"
    return Peer(name, title + ", followers" * (name == ROUTER_READS), settings["port"], process,
                shares=False, reads_only=name == ROUTER_READS)


STARTERS = peers.STARTERS | dict.fromkeys(("router", ROUTER_READS), start_router)
