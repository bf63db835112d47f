# How the peers that only PostgreSQL has are configured, as their own settings files: one thread,
# SCRAM towards clients and server, as ../../recipes.py has it. peers.py fills these in and starts
# them.

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
max_client_conn = {clients}
log_connections = 0
log_disconnections = 0
"""

# From 1.21 on; without it named prepared statements do not survive transaction pooling.
PGBOUNCER_PREPARED = "max_prepared_statements = 200\n"

# No clean-up between transactions (PgBouncer makes none either): without that it cannot keep
# prepared statements on its server connections.
ODYSSEY = """
daemonize no
log_to_stdout yes
log_format "%p %t %l %c %m\\n"
log_config no
log_session no
log_stats no
log_query no
workers 1
resolvers 1
client_max {clients}
listen {{
  host "127.0.0.1"
  port {port}
  backlog 1024
}}
storage "leader" {{
  type "remote"
  host "[127.0.0.1]:{server}"
}}
database default {{
  user default {{
    authentication "scram-sha-256"
    password "{password}"
    storage "leader"
    storage_user "{user}"
    storage_password "{password}"
    pool "transaction"
    pool_size {pool}
    pool_timeout 0
    pool_discard no
    pool_smart_discard no
    pool_cancel yes
    pool_rollback yes
    pool_reserve_prepared_statement yes
    client_fwd_error yes
  }}
}}
"""

# Its cheapest way: nothing watched, children that are all there from the start and never replaced.
PGPOOL = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
pcp_listen_addresses = ''
pcp_port = {pcp}
pcp_socket_dir = '{folder}'
wd_ipc_socket_dir = '{folder}'
pid_file_name = '{folder}/pgpool.pid'
work_dir = '{folder}'
enable_pool_hba = on
pool_passwd = '{users}'
num_init_children = {pool}
max_pool = 1
child_life_time = 0
memory_cache_enabled = off
"""

# To one server: no second one to balance over.
PGPOOL_ONE = """
backend_clustering_mode = raw
backend_hostname0 = '127.0.0.1'
backend_port0 = {server}
backend_flag0 = 'DISALLOW_TO_FAILOVER'
load_balance_mode = off
"""

# Reads over followers, and none at the leader. Who leads is told, lag is not looked at, and it need
# not ask whether a table is a temporary or an unlogged one.
PGPOOL_READS = """
backend_clustering_mode = streaming_replication
backend_hostname0 = '127.0.0.1'
backend_port0 = {server}
backend_weight0 = 0
backend_flag0 = 'ALWAYS_PRIMARY|DISALLOW_TO_FAILOVER'
load_balance_mode = on
statement_level_load_balance = on
sr_check_period = 0
health_check_period = 0
delay_threshold = 0
check_temp_table = none
check_unlogged_table = off
"""
PGPOOL_FOLLOWER = """
backend_hostname{number} = '127.0.0.1'
backend_port{number} = {follower}
backend_weight{number} = 1
backend_flag{number} = 'DISALLOW_TO_FAILOVER'
"""
PGPOOL_HBA = "host all all 127.0.0.1/32 scram-sha-256\n"
