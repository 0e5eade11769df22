"""Packets without a pause, from one place to another, and the one who counts what arrives."""
import collections
import contextlib
import itertools
import socket
import threading
import time

from bed import netns

PORT = 3001
PACE = 0.001


class Receiver:
    """At a pod: datagrams "MARK NUMBER" by mark, and when each TCP connection was last heard, by its first line."""

    def __init__(self, place):
        self.numbers = collections.defaultdict(list)  # mark: the numbers that arrived
        self.heard = {}                               # name of a connection: time of its last chunk
        self.stopped = False
        self._sockets = netns.within(place, lambda: [_bound(socket.SOCK_DGRAM), _bound(socket.SOCK_STREAM)])
        threading.Thread(target=self._datagrams, daemon=True).start()
        threading.Thread(target=self._accept, daemon=True).start()

    def _datagrams(self):
        with contextlib.suppress(OSError):
            while datagram := self._sockets[0].recv(100):
                mark, number = datagram.split()
                self.numbers[mark.decode()].append(int(number))

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._sockets[1].accept()
                threading.Thread(target=self._listen, args=(connection,), daemon=True).start()

    def _listen(self, connection):
        with connection, contextlib.suppress(OSError):
            name, *_ = connection.recv(100).decode().split("\n")
            self.heard[name] = time.monotonic()
            while connection.recv(4096):
                self.heard[name] = time.monotonic()

    def close(self):
        for s in self._sockets:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()


def _bound(kind):
    s = socket.socket(socket.AF_INET6, kind)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    s.bind(("::", PORT))
    if kind == socket.SOCK_STREAM:
        s.listen(64)
    return s


class Flood:
    """A thousand datagrams a second from a network namespace to each address, numbered, until stopped. The namespace
    may be empty yet: it sends as soon as it can."""

    def __init__(self, place, addresses, mark):
        self.sent = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=netns.within, args=(place, lambda: self._run(addresses, mark)))
        self._thread.start()

    def _run(self, addresses, mark):
        ends = [(socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_DGRAM), a)
                for a in addresses]
        for number in itertools.count():
            if self._stop.is_set():
                break
            for s, address in ends:
                with contextlib.suppress(OSError):  # no address or no route yet
                    s.sendto(f"{mark} {number}".encode(), (address, PORT))
                    self.sent += 1
            time.sleep(PACE)
        for s, _ in ends:
            s.close()

    def stop(self):
        self._stop.set()
        self._thread.join()


class Stream:
    """A TCP connection over which one end talks, a chunk each millisecond, until it is closed."""

    def __init__(self, place, address, name, within=10.0):
        """Tries until it is connected; raises after `within` seconds."""
        deadline = time.monotonic() + within
        while True:
            self._socket = netns.within(place, lambda: socket.socket(socket.AF_INET6 if ":" in address
                                                                     else socket.AF_INET, socket.SOCK_STREAM))
            self._socket.settimeout(0.05)
            try:
                self._socket.connect((address, PORT))
                break
            except OSError:
                self._socket.close()
                if time.monotonic() > deadline:
                    raise
        self._socket.settimeout(0.2)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.send((name + "\n").encode())
        threading.Thread(target=self._talk, daemon=True).start()

    def _talk(self):
        while True:
            try:
                self._socket.send(b"x" * 16)
            except TimeoutError:
                pass  # its buffer is full
            except OSError:
                return
            time.sleep(PACE)

    def close(self):
        # A reset, so that a cut connection does not go on trying for minutes.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()
