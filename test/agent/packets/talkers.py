#!/usr/bin/env python3
"""Two ends of connections that stay open, for cases about cutting. Each runs in a place of its own until it is killed.

  talkers.py serve ADDRESS PORT tcp|udp           accepts, answers to what it hears, and talks by itself
  talkers.py call  ADDRESS PORT tcp|udp TALKERS   TALKERS: client, server or both

Both print a line for each chunk they hear: "heard N", N counting up, and flush it. A caller says "open" first."""
import select
import socket
import sys
import threading
import time

PACE = 0.05


def heard(count=iter(range(1, 1 << 30))):
    print(f"heard {next(count)}", flush=True)


def listen(connection):
    try:
        while connection.recv(4096):
            heard()
    except OSError:
        pass


def talk(connection):
    try:
        while True:
            connection.send(b"x" * 16)
            time.sleep(PACE)
    except OSError:
        pass


def meet(connection, talks):
    """What the one end of a TCP connection does: it listens, and talks if it shall."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=listen, args=(connection,), daemon=True).start()
    if talks:
        talk(connection)


def serve_tcp(server):
    server.listen(16)
    print("listening", flush=True)
    while True:
        connection, _ = server.accept()
        talks = connection.recv(1) == b"s"
        threading.Thread(target=meet, args=(connection, talks), daemon=True).start()


def serve_udp(server):
    print("listening", flush=True)
    while True:
        _, whence = server.recvfrom(4096)
        heard()
        server.sendto(b"answer", whence)


def call_tcp(client, talkers):
    client.send(b"s" if talkers in ("server", "both") else b"-")
    print("open", flush=True)
    meet(client, talkers in ("client", "both"))
    threading.Event().wait()


def call_udp(client):
    print("open", flush=True)
    while True:
        try:
            client.send(b"question")
            if select.select([client], [], [], PACE)[0]:
                client.recv(4096)
                heard()
            time.sleep(PACE)
        except OSError:
            time.sleep(PACE)


def main():
    role, address, port, protocol = sys.argv[1:5]
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    end = socket.socket(family, kind)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if role == "serve":
        end.bind((address, int(port)))
        (serve_tcp if protocol == "tcp" else serve_udp)(end)
    else:
        end.settimeout(10)
        end.connect((address, int(port)))
        end.settimeout(None)
        call_tcp(end, sys.argv[5]) if protocol == "tcp" else call_udp(end)


if __name__ == "__main__":
    main()
