"""Who reaches whom: python3 -m bed.probe STATE PREFIX <LINES, one "FROM TO WHAT" a line.

FROM  a pod NS/NAME, a node (n1), cp or ext; FROM@ADDRESS sends from that address
TO    a pod, a node, ext, or an address; a trailing /6 asks for its IPv6 address ("x/a/6", "n1/6", "ext/6")
WHAT  80, 80/udp, 80/sctp or icmp

A verdict is open, refused, timeout or error. All probes run at once, one thread for each source."""
import errno
import selectors
import socket
import struct
import sys
import threading
import time

from bed import netns, sctp

OUTSIDE = {4: "198.51.100.1", 6: "2001:db8::1"}
_ports = iter(range(20000, 60000))  # SCTP's source ports; the kernel picks none for raw sockets


class Places:
    """Where names are: the network namespace of a source, the address of a target."""

    def __init__(self, state, prefix):
        self.state, self.prefix = state, prefix

    def pod(self, name):
        with open(f"{self.state}/pods/{name}", encoding="ascii") as f:
            _, namespace, *addresses = f.read().split()
        return namespace, addresses

    def namespace(self, name):
        return self.pod(name)[0] if "/" in name else f"{self.prefix}.{name}"

    def address(self, name):
        family, name = (6, name[:-2]) if name.endswith("/6") else (4, name)
        if "/" in name:
            return next(a for a in self.pod(name)[1] if (":" in a) == (family == 6))
        if name == "ext":
            return OUTSIDE[family]
        if name[0] == "n" and name[1:].isdigit():
            number = 10 + int(name[1:])
            return f"fd00:31::{number:x}" if family == 6 else f"172.31.0.{number}"
        return name


# Each kind of probe: its socket, the packet to send (None: connecting is sending), and what counts as an answer.
def _tcp(family, _port):
    return socket.socket(family, socket.SOCK_STREAM), None, lambda data: bool(data)


def _udp(family, _port):
    return socket.socket(family, socket.SOCK_DGRAM), b"?", lambda data: bool(data)


def _sctp(family, port):
    source = next(_ports)
    s = socket.socket(family, socket.SOCK_RAW, sctp.PROTOCOL)
    v4 = family == socket.AF_INET
    return s, sctp.init(source, port), lambda data: sctp.accepts(sctp.payload(data, v4), source, port)


def _icmp(family, _port):
    v4, ident = family == socket.AF_INET, next(_ports)
    s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMP if v4 else socket.IPPROTO_ICMPV6)
    body = struct.pack("!HH", ident, 1)
    checksum = 0xFFFF - (0x0800 + ident + 1) % 0xFFFF if v4 else 0  # the kernel fills in ICMPv6's
    request = struct.pack("!BBH", 8 if v4 else 128, 0, checksum) + body
    reply = 0 if v4 else 129

    def answered(data):
        data = sctp.payload(data, v4)
        return data[0] == reply and data[4:8] == body

    return s, request, answered


KINDS = {"tcp": _tcp, "udp": _udp, "sctp": _sctp, "icmp": _icmp}


class _Attempt:
    def __init__(self, index, source_address, target, what):
        port, _, protocol = what.partition("/")
        kind = "icmp" if what == "icmp" else protocol or "tcp"
        port = 0 if what == "icmp" else int(port)
        family = socket.AF_INET6 if ":" in target else socket.AF_INET
        self.index = index
        self.socket, self.request, self.answered = KINDS[kind](family, port)
        self.socket.setblocking(False)
        if source_address:
            self.socket.bind((source_address, 0))
        raw = kind in ("icmp", "sctp")
        where = socket.getaddrinfo(target, 0 if raw else port, type=socket.SOCK_DGRAM)[0][4]  # keeps a %eth0
        failure = self.socket.connect_ex(where)
        if failure not in (0, errno.EINPROGRESS):
            raise OSError(failure, "connect")  # a reject rule answers inside connect()
        self.send()

    def send(self):
        if self.request is not None:
            self.socket.send(self.request)

    def verdict(self):
        """What the socket can tell now: open, refused, error, or None to wait on."""
        try:
            # recv() alone misses an ICMP error: after one it says EAGAIN, and only SO_ERROR knows.
            if failure := self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(failure, "")
            return "open" if self.answered(self.socket.recv(2048)) else None
        except BlockingIOError:
            return None
        except OSError as error:
            return _named(error)


def _named(error):
    return "refused" if error.errno == errno.ECONNREFUSED else "error"


def _probe_from(namespace, probes, timeout):
    """[(source address or None, target address, what)] -> verdicts in the same order, from one namespace."""
    netns.enter(namespace)
    verdicts = ["timeout"] * len(probes)
    waiting = selectors.DefaultSelector()
    begin = time.monotonic()
    for index, probe in enumerate(probes):
        try:
            attempt = _Attempt(index, *probe)
            waiting.register(attempt.socket, selectors.EVENT_READ, attempt)
        except OSError as error:
            verdicts[index] = _named(error)
    resend = begin + timeout / 3  # one datagram may be lost where a neighbour must be asked for first
    while waiting.get_map() and (now := time.monotonic()) < begin + timeout:
        if now >= resend:
            resend = begin + timeout
            for key in list(waiting.get_map().values()):
                try:
                    key.data.send()
                except OSError:  # judged below, by SO_ERROR
                    pass
        for key, _ in waiting.select(min(resend, begin + timeout) - now):
            if verdict := key.data.verdict():
                verdicts[key.data.index] = verdict
                waiting.unregister(key.fileobj)
                key.fileobj.close()
    for key in list(waiting.get_map().values()):
        key.fileobj.close()
    return verdicts


def matrix(places, flows, timeout=1.0):
    """flows: [(FROM, TO, WHAT)] -> their verdicts, in order."""
    by_namespace = {}
    for index, (source, target, what) in enumerate(flows):
        name, _, address = source.partition("@")
        probe = (address or None, places.address(target), what)
        by_namespace.setdefault(places.namespace(name), []).append((index, probe))
    verdicts = [None] * len(flows)

    def work(namespace, items):
        for (index, _), verdict in zip(items, _probe_from(namespace, [p for _, p in items], timeout)):
            verdicts[index] = verdict

    threads = [threading.Thread(target=work, args=item) for item in by_namespace.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return verdicts


def main(state, prefix):
    lines = [line.split() for line in sys.stdin if line.strip()]
    verdicts = matrix(Places(state, prefix), lines)
    for line, verdict in zip(lines, verdicts):
        print(*line, verdict)
    return 0 if all(v == "open" for v in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
