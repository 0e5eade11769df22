"""Every kind of change takes effect: policies, pods, labels."""
import statistics
import threading
import time

from bed import netns, probe
from suite.trial import deny_all, ingress, labelled

FROM_WORKER = {"from": [{"podSelector": labelled(app="worker")}]}
OPEN = """
    production/worker -> production/api 3000 open
    staging/frontend  -> production/api 3000 open
    """


def policies(t):
    """A policy is created, changed and deleted"""
    t.expect("before", OPEN)
    t.api.apply_policy("production/api", deny_all("Ingress", pods=labelled(app="api")))
    t.expect("created", OPEN.replace("open", "timeout"))
    t.api.apply_policy("production/api", ingress(labelled(app="api"), FROM_WORKER))
    t.expect("changed", OPEN.replace("staging/frontend  -> production/api 3000 open", "") +
             "staging/frontend -> production/api 3000 timeout")
    t.api.delete_policy("production/api")
    t.expect("deleted", OPEN)


def labels(t):
    """Labels change"""
    t.api.apply_policy("production/locked", deny_all("Ingress", pods=labelled(lock="on")))
    guests = {"from": [{"namespaceSelector": labelled(guest="yes")}]}
    t.api.apply_policy("production/api", ingress(labelled(app="api"), FROM_WORKER, guests))

    def reach(worker, frontend, postgres="open"):
        return f"""
            production/worker -> production/api 3000      {worker}
            staging/frontend  -> production/api 3000      {frontend}
            staging/frontend  -> production/postgres 5432 {postgres}
            """

    t.expect("at first", reach("open", "timeout"), (4, 6))
    t.api.label("production/worker", app="other")
    t.expect("a pod loses the label that let it in", reach("timeout", "timeout"), (4, 6))
    t.api.label("staging", guest="yes")
    t.expect("a namespace gets one", reach("timeout", "open"), (4, 6))
    t.api.label("staging", guest=None)
    t.api.label("production/worker", app="worker")
    t.expect("and both are as before", reach("open", "timeout"), (4, 6))
    t.api.label("production/postgres", lock="on")
    t.expect("a pod gets the label that isolates it", reach("open", "timeout", "timeout"))
    t.api.label("production/postgres", lock=None)
    t.expect("and loses it", reach("open", "timeout"))


def pods(t):
    """Pods come and go"""
    t.api.apply_policy("production/default-deny", deny_all("Ingress"))
    t.api.apply_policy("production/allow", ingress(labelled(app="api"), FROM_WORKER))
    t.expect("at first", "production/worker -> production/api 3000 open")
    t.bed("pod", "add", "production", "late", "n1", "--labels", "app=late", "--port", "api=tcp/3000")
    t.expect("a new pod is isolated by the policy that was there before it", """
        production/worker   -> production/late 3000 timeout
        production/frontend -> production/late 3000 timeout
        production/late     -> production/api 3000  timeout
        n1                  -> production/late 3000 open
        """, (4, 6))
    t.bed.delete_pod("production/late")
    t.bed("pod", "add", "production", "late", "n2", "--labels", "app=worker", "--port", "api=tcp/3000")
    t.expect("recreated elsewhere with other labels and addresses, it is another pod", """
        production/late   -> production/api 3000  open
        production/worker -> production/late 3000 timeout
        n2                -> production/late 3000 open
        """, (4, 6))
    t.bed.delete_pod("production/late")


def first_blocked(places, source, target, acknowledged, every=0.002, settle=0.25):
    """Begins a connection every 2 ms from the source. When did the first begin that, like all after it, never
    completed? `acknowledged` says that the change was made; before it nothing is concluded."""
    def work():
        address, attempts, last_open, begin = places.address(target), [], 0.0, time.monotonic()
        while True:
            now = time.monotonic()
            s, _, _ = probe.KINDS["tcp"](probe.socket.AF_INET, 0)
            s.setblocking(False)
            s.connect_ex((address, 3000))
            attempts.append((now, s))
            time.sleep(every)  # the rate of the attempts, not a wait for something
            for started, pending in attempts[-100:]:
                if pending.fileno() >= 0 and completed(pending):
                    last_open = max(last_open, started)
                    pending.close()
            for _, old in attempts[:-100]:
                old.close()
            if acknowledged.is_set() and now - max(last_open, begin) > settle:
                return next((start for start, _ in attempts if start > last_open), now)
            if now - begin > 20:
                raise RuntimeError("not blocked within 20 s")
    return netns.within(places.namespace(source), work)


def completed(s):
    try:
        s.getpeername()
        return True
    except OSError:
        return False


def reaction(t, tries=20):
    """From the API server's acknowledgement of a deny policy to the first dropped packet"""
    if not t.engines:
        return t.report.skip("reaction time", "no engine")
    milliseconds = []
    for _ in range(tries):
        t.wait_open(("production/frontend", "production/api", "3000"))
        acknowledged, done = threading.Event(), {}
        prober = threading.Thread(target=lambda: done.update(
            blocked=first_blocked(t.bed.places, "production/frontend", "production/api", acknowledged)))
        prober.start()
        t.api.apply_policy("production/api", deny_all("Ingress", pods=labelled(app="api")))
        answered = time.monotonic()
        acknowledged.set()
        prober.join()
        milliseconds.append((done["blocked"] - answered) * 1000)
        t.api.delete_policy("production/api")
    milliseconds.sort()
    t.report.ok(f"reaction time over {tries} tries: p50 {statistics.median(milliseconds):.1f} ms, "
                f"p99 {milliseconds[-1]:.1f} ms, min {milliseconds[0]:.1f} ms")
    for node, engine in t.engines.items():
        print(f"       selvedge on {node}: VmRSS {engine.process_status('VmRSS')}")


CASES = [policies, labels, pods, reaction]
