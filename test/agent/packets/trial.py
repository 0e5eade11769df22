"""What a case works with: suite.trial's `expect`, on the cluster of test/support/lab instead of the big bed."""
import contextlib
import difflib
import threading
import time

from bed import probe
from lab.api import Api, ApiServer
from lab.door import Door
from suite import trial
from suite.engine import Engine
from suite.report import write_output

NODE = "node-a"


class Daemon(Engine):
    """`selvedge run`, which ends with the lab at the latest."""

    more_arguments = ()

    def run_arguments(self, node=None):
        return [*super().run_arguments(node), "--subnet-env", self.bed.state + "/subnet.env", *self.more_arguments]

    @contextlib.contextmanager
    def told(self, *arguments):
        """Inside the block it runs with these as well."""
        self.stop()
        self.more_arguments = arguments
        self.start()
        try:
            yield
        finally:
            self.more_arguments = ()
            self.stop()
            self.start()

    def start(self, node=None):
        super().start(node)
        self.bed.adopt(self.process)

    def start_ready(self):
        self.start()
        ready, answer = self.wait_ready()
        if not ready:
            raise RuntimeError("not ready: %d %s" % answer)

    def rules(self, family="inet"):
        """The table with the handles that the kernel gave its rules, without counters, and without who owns it."""
        listed = self.bed.exec(self.node, "nft", "-a", "-s", "list", "table", family, "selvedge").out.splitlines()
        return [line for line in listed if not line.startswith(("table ", "\tflags"))]


class Trial(trial.Trial):
    """Its API server is behind a door that can misbehave; the second node runs no daemon."""

    def __init__(self, lab, report, programs, objects):
        self.server = ApiServer(lab, programs.apiserver, NODE)
        self.server.start(objects)
        self.door = Door(self.server)
        self.door.open()
        self.daemon = Daemon(lab, NODE, programs.selvedge, self.door.kubeconfig)
        super().__init__(lab, Api(self.server), report, {NODE: self.daemon})

    def write_subnet_file(self):
        """As flanneld does at boot, for good."""
        v4, v6 = (f"{r.network_address + 1}/{r.prefixlen}" for r in self.bed.nodes[NODE].pod_ranges)
        with open(self.bed.state + "/subnet.env", "w", encoding="ascii") as f:
            f.write(f"FLANNEL_SUBNET={v4}\nFLANNEL_IPV6_SUBNET={v6}\n")

    def apply(self, policies):
        for policy in policies:
            self.api.put(policy)

    def expect(self, name, table, families=(4,), within=10.0):
        """As there, but hasty until the change has come through: a round of the real thing lasts until its timeout."""
        flows, wanted = self._flows(table, families)
        deadline = time.monotonic() + within
        while probe.matrix(self.bed.places, flows, timeout=0.1) != wanted and time.monotonic() < deadline:
            pass
        return super().expect(name, table, families, within)

    def expect_still(self, name, table, families=(4, 6)):
        """As expect, but what must be denied is asked once: there is no second chance. What is open may be slow."""
        flows, wanted = self._flows(table, families)
        verdicts = probe.matrix(self.bed.places, flows, timeout=0.7)
        leaks = [" ".join(f) for f, v, w in zip(flows, verdicts, wanted) if w == "timeout" and v != w]
        if leaks:
            self.report.fail(name, "\n".join(leaks))
        elif verdicts == wanted:
            self.report.ok(name, f"{len(flows)} flows, {wanted.count('timeout')} denied")
        else:
            self.expect(name, table, families)

    def check_same_rules(self, name, before):
        """Nothing was rewritten since before = daemon.rules(): same text, same handles."""
        difference = difflib.unified_diff(before, self.daemon.rules(), "before", "now", lineterm="", n=1)
        self.report.check(name, before and before == self.daemon.rules(), "\n".join(difference))

    def check_ready(self, name, condition=lambda status, _: status == 200, within=20.0):
        self.expect_readyz(NODE, name, condition, within)

    @contextlib.contextmanager
    def never_open(self, name, *flows):
        """Inside the block the flows, each "FROM -> TO WHAT", are tried without pause. One that opens is a failure."""
        flows = [tuple(flow.replace("->", "").split()) for flow in flows]
        stop, opened, rounds = threading.Event(), [], []

        def watch():
            while not stop.is_set() or not rounds:
                verdicts = probe.matrix(self.bed.places, flows, timeout=0.05)
                rounds.append(1)
                opened.extend(flow for flow, verdict in zip(flows, verdicts) if verdict == "open")

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()
        self.report.check(f"{name} ({len(rounds) * len(flows)} tries)", not opened, f"opened: {opened[:5]}")

    def _write_evidence(self, directory):
        def keep(name, place, *command):
            write_output(f"{directory}/{name}", self.bed.command("exec", place, *command))

        keep("ruleset.txt", NODE, "nft", "list", "ruleset")
        keep("selvedge.log", NODE, "tail", "-n", "200", self.daemon.log)
        keep("readyz.txt", NODE, "printf", "%s\n%s\n", *map(str, self.daemon.get("/readyz")))
        keep("apiserver.log", NODE, "tail", "-n", "100", self.bed.log("apiserver"))
