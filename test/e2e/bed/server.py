#!/usr/bin/env python3
"""The server inside a pod: python3 -m bed.server NAME PROTO/NUM..

TCP and UDP answer with NAME, SCTP with an INIT ACK, on both families. A datagram that begins with "mark:" is also
written to stdout as "got MARK", so that a test can tell what arrived where no answer can come back (broadcast,
multicast)."""
import selectors
import socket
import sys

from bed import sctp

IP_MULTICAST_ALL = 49  # linux/in.h; the socket module has no name for it


def stream(port, banner):
    listener = _bound(socket.SOCK_STREAM, port)
    listener.listen(1024)

    def accept():
        connection, _ = listener.accept()
        connection.send(banner)
        connection.close()

    return listener, accept


def datagram(port, banner):
    listener = _bound(socket.SOCK_DGRAM, port)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)  # answer from the address that was asked
    listener.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 1)  # off by default on an IPv6 socket

    def answer():
        data, ancillary, _, peer = listener.recvmsg(2048, 256)
        if data.startswith(b"mark:"):
            print("got", data[5:].decode(errors="replace"), flush=True)
        listener.sendmsg([banner], ancillary, 0, peer)

    return listener, answer


def association(family, ports):
    raw = socket.socket(family, socket.SOCK_RAW, sctp.PROTOCOL)
    raw.setblocking(False)

    def answer():
        data, peer = raw.recvfrom(2048)
        reply = sctp.answer(sctp.payload(data, family == socket.AF_INET), ports)
        if reply:
            raw.sendto(reply, (peer[0], 0, *peer[2:]))

    return raw, answer


def _bound(kind, port):
    s = socket.socket(socket.AF_INET6, kind)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("::", port))
    s.setblocking(False)
    return s


def main(name, *ports):
    wanted = {"tcp": [], "udp": [], "sctp": []}
    for port in ports:
        protocol, number = port.split("/")
        wanted[protocol].append(int(number))
    banner = (name + "\n").encode()
    served = [stream(p, banner) for p in wanted["tcp"]] + [datagram(p, banner) for p in wanted["udp"]]
    if wanted["sctp"]:
        served += [association(f, wanted["sctp"]) for f in (socket.AF_INET, socket.AF_INET6)]
    ready = selectors.DefaultSelector()
    for s, on_ready in served:
        ready.register(s, selectors.EVENT_READ, on_ready)
    print("listening", flush=True)
    while True:
        for key, _ in ready.select():
            try:
                key.data()
            except OSError:  # this peer is gone or cannot be answered; the next one counts
                pass


main(*sys.argv[1:])
