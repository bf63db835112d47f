# Prints one free port on loopback for each port wanted: that one, or the next above that nobody
# has. quickstart.sh asks, so that it never disturbs servers that stand on the usual ports.
import socket
import sys


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
            return True
        except OSError:
            return False


def main():
    chosen = []
    for wanted in map(int, sys.argv[1:]):
        port = next((p for p in range(wanted, 65536) if p not in chosen and is_free(p)), None)
        if port is None:
            sys.exit(f"no port from {wanted} on is free on 127.0.0.1")
        chosen.append(port)
    print(*chosen)


if __name__ == "__main__":
    main()
