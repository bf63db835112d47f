# Logs in over TLS as a trusted user by hand, starts a long query, and cancels it by a request that
# is encrypted as well. Started by raw.cpp.
import os
import socket
import ssl
import struct
import time

PLACE = ("127.0.0.1", int(os.environ["SKEIN_PORT"]))


def connect():
    plain = socket.create_connection(PLACE, timeout=10)
    plain.sendall(struct.pack("!II", 8, 80877103))
    assert plain.recv(1) == b"S"
    trust = ssl.create_default_context(cafile=os.environ["AUTHORITY"])
    return trust.wrap_socket(plain, server_hostname="127.0.0.1")


def read(connection, size):
    got = b""
    while len(got) < size:
        piece = connection.recv(size - len(got))
        assert piece, "the connection ended"
        got += piece
    return got


def message(connection):
    kind, length = struct.unpack("!cI", read(connection, 5))
    return kind, read(connection, length - 4)


def until(connection, wanted):
    while True:
        kind, body = message(connection)
        if kind == wanted:
            return body
        assert kind != b"E", body


session = connect()
settings = b"user\0app\0database\0app\0\0"
session.sendall(struct.pack("!II", 8 + len(settings), 3 << 16) + settings)
key = until(session, b"K")
until(session, b"Z")
query = b"select pg_sleep(20)\0"
start = time.monotonic()
session.sendall(b"Q" + struct.pack("!I", 4 + len(query)) + query)
time.sleep(0.3)
canceller = connect()
canceller.sendall(struct.pack("!II", 8 + len(key), 80877102) + key)
assert canceller.recv(1) == b"", "a cancel request is answered by the end of its connection"
error = None
while error is None:
    kind, body = message(session)
    error = body if kind == b"E" else None
assert b"C57014\0" in error, error
assert time.monotonic() - start < 3
until(session, b"Z")
print("ok")
