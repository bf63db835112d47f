# How the peers of every engine are configured, as their own settings files: one thread, plain TCP
# on loopback, the same number of server connections, no logging of connections. peers.py fills
# these in and starts them; the folders of the engines have recipes of their own.
CLIENTS_MAX = 9000

HAPROXY = """
global
  nbthread 1
  maxconn {clients}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen bench
  bind 127.0.0.1:{port}
  balance roundrobin
{servers}
"""

# The users' passwords are the bench's own, made for one run. Its user may do anything on the
# servers: it sees what decides whether a follower serves reads.
SKEIN = """
listeners: [{{bind: 127.0.0.1:{port}}}]
clusters:
  bench:
    engine: {engine}
    members: [{members}]
    tls: {{mode: disable}}
    pool: {{size: {pool}, wait: 60s}}
    users: [{{name: {user}, password: "{password}"}}]
{routing}
admin: {{bind: 127.0.0.1:{admin}}}
log: {{level: warn}}
limits: {{clients: {clients}}}
threads: {threads}
"""
SKEIN_READS = "    routing: {reads: followers, freshness: session}"
SKEIN_LEADER = "    routing: {reads: leader}"
# It sees to who leads, and leaves a mark of each COMMIT to ask for, as the engine has it.
SKEIN_FAILOVER = """
    failover:
      automatic: yes
      detect_after: 1m
      commit_tokens: {tokens}
      replication: {{user: {user}, password: "{password}"}}
"""
