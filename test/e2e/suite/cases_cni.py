"""The chained CNI plugin with real CNI calls: what a pod's very first packet meets, and what an ADD costs."""
import socket
import statistics
import threading
import time

from bed import netns
from suite.runtime import FLANNELS_LIST, Pod, Runtime, addresses_in
from suite.traffic import Flood, Receiver
from suite.trial import deny_all, labelled

WAITS = {"flannel": (5, 0.01), "guarded": (5, 0.01), "open": (2, 2), "closed": (0.2, 0.01)}
SOCKET = "/run/selvedge/cni.sock"  # in the node's own /run


def first_answer(pod, target, within, patience=0.01):
    """Seconds until a datagram to port 3000 is answered; None: none is. It is repeated after `patience` seconds."""
    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect((target, 3000))
            s.settimeout(patience)
            begin = time.monotonic()
            while time.monotonic() - begin < within:
                try:
                    s.send(b"?")
                    if s.recv(100):
                        return time.monotonic() - begin
                except OSError:
                    pass
            return None
    return netns.within(pod.netns, ask)


def milliseconds(seconds):
    ordered = sorted(seconds)
    return f"median {statistics.median(ordered) * 1e3:.0f} ms, longest {ordered[-1] * 1e3:.0f} ms"


def starts(t, runtime, prefix, app, target, reported):
    """[(seconds of the ADD, first_answer(), what the plugin had to say)] of pods that start one after the other. Where
    nobody reports their addresses, all hangs on the first packet."""
    seen = []
    for i in range(t.rounds):
        pod = Pod(t, "n1", "production", f"{prefix}-{i}", {"app": app})
        result, seconds, notes = runtime.call("ADD", pod)
        if reported:
            pod.report(addresses_in(result))
        seen.append((seconds, first_answer(pod, target, *WAITS[prefix]), notes))
        pod.remove(runtime)
    return seen


def measured(t, words, seen):
    t.report.check(f"{words}: ADD {milliseconds([s[0] for s in seen])}; first answer after it: "
                   f"{milliseconds([s[1] for s in seen if s[1]])}", all(s[1] and not s[2] for s in seen), seen)


def cni_plugin(t):
    """The chained CNI plugin"""
    runtime, target = Runtime(t.bed, "n1"), t.bed.places.address("production/worker")
    runtime.write_list()
    t.api.apply_policy("production/closed", deny_all(pods=labelled(app="closed")))
    engine = t.engines["n1"]
    engine.stop()
    engine.command("cleanup")
    measured(t, "plain Flannel, no engine on the node", starts(t, runtime, "flannel", "open", target, reported=True))
    engine.start()
    engine.wait_ready()
    measured(t, "the guard, and a status that comes at once",
             starts(t, runtime, "guarded", "open", target, reported=True))

    engine.stop()
    plain = engine.run_arguments
    engine.run_arguments = lambda node=None: plain(node) + [
        "--cni-socket", SOCKET, "--cni-conf-dir", runtime.conf, "--cni-bin-dir", runtime.bin]
    try:
        engine.start()
        with_plugin(t, engine, runtime, target)
    finally:
        engine.run_arguments = plain
        if engine.process:
            engine.stop()
        engine.start()
        engine.wait_ready()


def with_plugin(t, engine, runtime, target):
    ready, answer = engine.wait_ready()
    deadline = time.monotonic() + 20
    while runtime.plugins() != ["flannel", "selvedge-cni"] and time.monotonic() < deadline:
        time.sleep(0.05)
    t.report.check("the daemon puts the plugin at the end of Flannel's list",
                   ready and runtime.plugins() == ["flannel", "selvedge-cni"], (answer, runtime.plugins()))

    opened = starts(t, runtime, "open", "open", target, reported=False)
    measured(t, "the plugin, and no status: every first packet is answered", opened)
    closed = starts(t, runtime, "closed", "closed", target, reported=False)
    t.report.check(f"no packet of {t.rounds} default-denied pods passes", not any(s[1] or s[2] for s in closed), closed)

    bound_at_once(t, runtime)

    runtime.write_list()
    deadline = time.monotonic() + 20
    while len(runtime.plugins()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    t.report.check("after Flannel's rewrite it is there again", len(runtime.plugins()) == 2, runtime.read_list())
    killed_meanwhile(t, engine, runtime, target)
    daemon_away(t, engine, runtime, target)
    done = engine.command("cleanup", "--cni-conf-dir", runtime.conf, "--cni-socket", SOCKET)
    t.report.check("cleanup takes it out", done.status == 0 and runtime.read_list() == FLANNELS_LIST, done)


def bound_at_once(t, runtime):
    """When a pod starts its port sends from its own addresses only."""
    late = []
    for i in range(min(t.rounds, 10)):
        pod = Pod(t, "n1", "production", f"bound-{i}", {"app": "open"})
        result = runtime.call("ADD", pod)[0]
        rules = t.bed.exec("n1", "nft", "list", "table", "bridge", "selvedge").out
        late += [a for a in addresses_in(result) if f'saddr {a} accept comment "production/{pod.name}"' not in rules]
        pod.remove(runtime)
    t.report.check("the port of each is bound to it when its ADD returns", not late, f"not bound: {late}")


def killed_meanwhile(t, engine, runtime, target):
    """The daemon dies between a pod's ADD and its commit, at another instant each time."""
    receiver, sent = Receiver(t.bed.places.namespace("production/worker")), 0
    try:
        for i in range(max(t.rounds // 4, 5)):
            pod = Pod(t, "n1", "production", f"orphan-{i}", {"app": "closed"})
            flood = Flood(pod.netns, [target], "orphan")
            call = threading.Thread(target=runtime.call, args=("ADD", pod, {"timeoutSeconds": 1}))
            call.start()
            time.sleep(0.03 + 0.008 * (i % 10))
            engine.process.kill()
            engine.process.wait()
            call.join()
            engine.start()
            engine.wait_ready()
            flood.stop()
            sent += flood.sent
            pod.remove(runtime)
        leaked = len(receiver.numbers["orphan"])
    finally:
        receiver.close()
    t.report.check(f"killed between ADD and commit {i + 1} times it lets not one of {sent} packets pass",
                   leaked == 0, f"{leaked} packets")


def daemon_away(t, engine, runtime, target):
    """A pod that starts while the daemon is away, and one whose ADD it had answered before."""
    before = Pod(t, "n1", "production", "before", {"app": "open"})
    runtime.call("ADD", before)
    engine.stop()
    during = Pod(t, "n1", "production", "during", {"app": "open"})
    result, _, notes = runtime.call("ADD", during)
    said = "production/during starts, and stays isolated" in notes
    t.report.check("without the daemon a pod starts, isolated, and the plugin says so",
                   said and not first_answer(during, target, 0.3), notes)
    t.report.check("one that was told before goes on", first_answer(before, target, 5), "no answer")
    refused = Pod(t, "n1", "production", "refused", {"app": "open"})
    try:
        runtime.call("ADD", refused, {"whenUnavailable": "refuse"})
        t.report.fail("where that is configured it does not start", "ADD succeeded")
    except RuntimeError as error:
        t.report.check("where that is configured it does not start", '"code":11' in str(error), error)
    engine.start()
    engine.wait_ready()
    t.report.check("the daemon's successor still knows the one that was told, though the API has no address of it",
                   first_answer(before, target, 5), "no answer")
    during.report(addresses_in(result))
    t.report.check("and lets the other talk once the API tells of it", first_answer(during, target, 5), "no answer")
    for pod in (before, during, refused):
        pod.remove(runtime)
    engine.stop()


CASES = [cni_plugin]
