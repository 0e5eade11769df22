"""Not one packet, at any instant: while pods start, and while policies change. `--rounds N` says how often."""
import statistics
import time

from suite.runtime import Pod, Runtime, addresses_in
from suite.traffic import Flood, Receiver, Stream
from suite.trial import deny_all, ingress, labelled

SETTLED = 0.05  # seconds after which what was just told is in force, most times
QUIET = 0.25    # seconds without a word: it is cut


def milliseconds(seconds):
    ordered = sorted(seconds)
    return (f"median {statistics.median(ordered) * 1e3:.0f} ms, p99 {ordered[len(ordered) * 99 // 100] * 1e3:.0f} ms, "
            f"longest {ordered[-1] * 1e3:.0f} ms")


def starts(t):
    """Pods that a default deny awaits send from the first instant that their network lets them"""
    runtime, receiver = Runtime(t.bed, "n1"), Receiver(t.bed.places.namespace("production/worker"))
    targets = [t.bed.places.address("production/worker" + family) for family in ("", "/6")]
    t.api.apply_policy("production/closed", deny_all(pods=labelled(app="closed")))
    runtime.write_list()
    sent = 0
    try:
        for i in range(t.rounds):
            pod = Pod(t, "n1", "production", f"closed-{i}", {"app": "closed"})
            flood = Flood(pod.netns, targets, "start")
            pod.report(addresses_in(runtime.call("ADD", pod)[0]))
            time.sleep(SETTLED)
            flood.stop()
            sent += flood.sent
            pod.remove(runtime)
        leaked = len(receiver.numbers["start"])
        t.report.check(f"of {t.rounds} pods not one of {sent} packets has passed" if t.engines else
                       "their packets pass without an engine", (leaked == 0) == bool(t.engines), f"{leaked} packets")

        pod = Pod(t, "n1", "production", "opened", {"app": "open"})
        flood = Flood(pod.netns, targets, "open")
        pod.report(addresses_in(runtime.call("ADD", pod)[0]))
        deadline = time.monotonic() + 10
        while not receiver.numbers["open"] and time.monotonic() < deadline:
            time.sleep(0.01)
        flood.stop()
        t.report.check("of one that no policy isolates they do", receiver.numbers["open"], "none has")
        pod.remove(runtime)
    finally:
        receiver.close()


def flips(t):
    """A policy is changed to and fro under traffic"""
    place, address = t.bed.places.namespace, t.bed.places.address("production/worker")
    always = {"podSelector": labelled(role="frontend")}                                         # production/frontend
    sometimes = {"podSelector": labelled(app="postgres"), "namespaceSelector": labelled(environment="production")}
    worker = labelled(app="worker")
    narrow, wide = ingress(worker, {"from": [always]}), ingress(worker, {"from": [always, sometimes]})
    receiver = Receiver(place("production/worker"))
    t.api.apply_policy("production/worker", narrow)
    t.wait_open(("production/frontend", "production/worker", "3000"))
    allowed = Flood(place("production/frontend"), [address], "allowed")
    forbidden = Flood(place("production/api"), [address], "forbidden")
    lasted = []
    try:
        for i in range(t.rounds // 2):
            name = f"stream-{i}"
            t.api.apply_policy("production/worker", wide)
            stream = Stream(place("production/postgres"), address, name)
            begin = time.monotonic()
            while name not in receiver.heard and time.monotonic() - begin < 5:
                time.sleep(0.002)
            t.api.apply_policy("production/worker", narrow)
            changed = time.monotonic()
            while time.monotonic() - receiver.heard.get(name, changed) < QUIET and time.monotonic() - changed < 10:
                time.sleep(0.01)
            lasted.append(max(0.0, receiver.heard[name] - changed))
            stream.close()
    finally:
        allowed.stop()
        forbidden.stop()
        time.sleep(SETTLED)
        receiver.close()
    leaked, arrived = len(receiver.numbers["forbidden"]), len(set(receiver.numbers["allowed"]))
    t.report.check(f"in {2 * len(lasted)} changes not one of {forbidden.sent} packets passed that each of them forbids",
                   leaked == 0, f"{leaked} packets")
    t.report.check(f"and not one of {allowed.sent} was lost that each of them allows", arrived == allowed.sent,
                   f"{allowed.sent - arrived} packets")
    t.report.check(f"each of {len(lasted)} open connections was cut after the policy was changed: {milliseconds(lasted)}",
                   max(lasted) < 5, f"{sum(s >= 5 for s in lasted)} went on")


CASES = [starts]
NEED_ENGINE = [flips]
