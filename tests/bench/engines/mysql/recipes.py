# How MySQL Router is configured, and sysbench's scripts are changed. peers.py and clients.py fill
# these in.

# Its reports, in the words that measure.py reads: what is counted are queries, not transactions.
# Errors are those after which sysbench begins the transaction anew (deadlocks): no failures.
REPORTING = """
require("{script}")
local elapsed = 0
function sysbench.hooks.report_intermediate(stat)
   elapsed = elapsed + stat.time_interval
   io.write(string.format("progress: %.3f s, %.1f tps, %d begun anew\\n", elapsed,
      (stat.reads + stat.writes + stat.other) / stat.time_interval, stat.errors))
   io.flush()
end
"""

ARRIVING = """
local ffi = require("ffi")
ffi.cdef("unsigned int sleep(unsigned int seconds);")
function thread_init()
   connection = sysbench.sql.driver():connect()
   statement = connection:prepare("insert into arrived values (?)")
   number = statement:bind_create(sysbench.sql.type.INT)
   statement:bind_param(number)
end
function event()
   number:set(1)
   statement:execute()
   ffi.C.sleep(2000)
end
"""

# One thread, a server connection a client. Who leads is written down, so it has a port for the
# leader and one for the followers, and splits nothing itself: `access_mode = auto` is refused
# without the metadata of an InnoDB Cluster.
ROUTER = """
[DEFAULT]
logging_folder =
plugin_folder = {plugins}
runtime_folder = {folder}
data_folder = {folder}
max_total_connections = {clients}
[logger]
level = warning
[io]
threads = 1
[routing:bench]
bind_address = 127.0.0.1
bind_port = {port}
protocol = classic
destinations = {destinations}
routing_strategy = {strategy}
client_ssl_mode = DISABLED
server_ssl_mode = DISABLED
max_connect_errors = 4294967295
"""
