"""Pods that the API server has not told of yet: the guard holds their addresses (R12)."""
import socket
import threading
import time

from bed import netns
from suite.trial import deny_all, ingress, labelled

PORT = ["--port", "api=tcp/3000", "--port", "query=udp/3000"]
STARTS = 10


def unknown_pod(t):
    """A pod whose addresses nobody has reported"""
    t.bed.add_pod("production/late", "n1", "--labels", "app=late", *PORT, "--unreported")
    try:
        t.expect("it reaches nobody, nobody reaches it, and its node does", """
            production/late     -> production/worker   3000     timeout
            production/late     -> production/frontend 3000     timeout
            production/late     -> production/frontend 3000/udp timeout
            production/worker   -> production/late     3000     timeout
            production/frontend -> production/late     3000     timeout
            n1                  -> production/late     3000     open
            production/worker   -> production/frontend 3000     open
            """, (4, 6))
        t.bed.report_pod("production/late")
        t.expect("once they are reported it is open, as no policy isolates it", """
            production/late     -> production/frontend 3000 open
            production/frontend -> production/late     3000 open
            production/worker   -> production/late     3000 open
            """, (4, 6))
        t.api.apply_policy("production/late", ingress(labelled(app="late"), {"from": [{"podSelector": labelled(app="worker")}]}))
        t.expect("and then as policies say", """
            production/late     -> production/frontend 3000 open
            production/frontend -> production/late     3000 timeout
            production/worker   -> production/late     3000 open
            """, (4, 6))
    finally:
        t.bed.delete_pod("production/late")


class Flood:
    """Datagrams from a place to an address, a thousand a second, each with a mark, until stopped."""

    def __init__(self, place, address, mark):
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=netns.within, args=(place, lambda: self._run(address, mark)))
        self.thread.start()

    def _run(self, address, mark):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            while not self.stopped.is_set():
                try:
                    s.sendto(f"mark:{mark}".encode(), (address, 3000))
                except OSError:
                    pass  # no route yet
                time.sleep(0.001)

    def stop(self):
        self.stopped.set()
        self.thread.join()


def starts(t):
    """Pods that a default deny awaits, from their first instant"""
    t.api.apply_policy("staging/deny", deny_all())
    target = t.bed.places.address("production/frontend")
    mark = str(time.monotonic_ns())
    for i in range(STARTS):
        name = f"staging/fresh-{i}"
        t.bed.add_pod(name, "n1", *PORT, "--unreported")
        flood = Flood(t.bed.places.namespace(name), target, mark)
        t.bed.report_pod(name)
        time.sleep(0.3)
        flood.stop()
        t.bed.delete_pod(name)
    with open(f"{t.bed.state}/log/pod-production-frontend.log", encoding="utf-8") as f:
        leaked = sum(mark in line for line in f)
    t.report.check(f"of {STARTS} pods not one packet has passed" if t.engines else "their packets pass without an engine",
                   (leaked == 0) == bool(t.engines), f"{leaked} packets")


CASES = [unknown_pod, starts]
