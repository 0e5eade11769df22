"""What a case works with: the bed, the API, the engines, and `expect`, which compares who reaches whom with a table.

Without an engine the same cases run to show that they can fail: every denial they expect must then be an open door,
or the probe behind it would prove nothing."""
import time

from bed import probe
from suite.report import write_output


class Trial:
    def __init__(self, bed, api, report, engines, rounds=0):
        self.bed, self.api, self.report, self.engines = bed, api, report, engines
        self.rounds = rounds  # of cases that do one thing again and again
        self.denials = 0   # flows that were expected to be denied
        report.evidence = self._write_evidence

    def expect(self, name, table, families=(4,), within=10.0):
        """table: lines "FROM -> TO WHAT open|timeout [remark]", asked until all hold at once, or the time is over.
        families=(4, 6): every line whose target is a name, over both."""
        flows, wanted = self._flows(table, families)
        begin = time.monotonic()
        while True:
            verdicts = probe.matrix(self.bed.places, flows, timeout=0.7)
            wrong = [f"{' '.join(f)}: {v}, expected {w}" for f, v, w in zip(flows, verdicts, wanted) if v != w]
            if not wrong or time.monotonic() - begin > within:
                break
        if wrong:
            self.report.fail(name, "\n".join(wrong))
        else:
            what = f"{wanted.count('timeout')} denied" if self.engines else "all open without an engine"
            self.report.ok(name, f"{len(flows)} flows, {what}, {time.monotonic() - begin:.1f} s")
        return dict(zip(flows, verdicts))

    def _flows(self, table, families):
        flows, wanted = [], []
        for line in filter(None, map(str.strip, table.splitlines())):
            source, _, target, what, verdict = line.split()[:5]
            literal = ":" in target or target[0].isdigit()
            for family in families:
                if literal and family == 6:
                    continue
                flows.append((source, target + ("/6" if family == 6 else ""), what))
                wanted.append(verdict if self.engines else "open")
                self.denials += verdict == "timeout"
        return flows, wanted

    def expect_readyz(self, node, name, condition, within=20.0):
        """condition(status, body) of the engine's /readyz, asked until it holds."""
        holds, answer = self.engines[node].wait_readyz(condition, within)
        self.report.check(name, holds, "/readyz: %d %s" % answer)

    def wait_open(self, flow, within=10.0):
        """Returns once the flow (FROM, TO, WHAT) is open; not a check of its own."""
        deadline = time.monotonic() + within
        while probe.matrix(self.bed.places, [flow], timeout=0.2) != ["open"]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(flow)} did not open within {within} s")

    def _write_evidence(self, directory):
        def keep(name, *command):
            write_output(f"{directory}/{name}", command)

        for node in ("n1", "n2"):
            keep(f"{node}-ruleset.txt", *self.bed.command("exec", node, "nft", "list", "ruleset"))
            keep(f"{node}-selvedge.log", "tail", "-n", "200", f"{self.bed.state}/log/{node}-selvedge.log")
            if node in self.engines:
                keep(f"{node}-readyz.txt", "printf", "%s\n%s\n", *map(str, self.engines[node].get("/readyz")))
        keep("objects.yaml", *self.bed.command("kubectl", "get", "nodes,namespaces,pods,netpol", "-A", "-o", "yaml"))


# --- policies, in few words ------------------------------------------------------------------------------------------
def deny_all(*directions, pods=None):
    return {"podSelector": pods or {}, "policyTypes": list(directions or ("Ingress", "Egress"))}


def labelled(**labels):
    return {"matchLabels": {key.replace("_", "-"): value for key, value in labels.items()}}


def ingress(pods, *rules):
    return {"podSelector": pods, "policyTypes": ["Ingress"], "ingress": list(rules)}


def egress(pods, *rules):
    return {"podSelector": pods, "policyTypes": ["Egress"], "egress": list(rules)}


def port(number, protocol="TCP"):
    return {"port": number, "protocol": protocol}
