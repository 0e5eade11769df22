"""A namespace whose policies are tried: what they deny is counted and told, and passes."""
import re
import time

from packets.trial import NODE
from suite.traffic import Flood, Receiver
from suite.trial import ingress, labelled

ROUNDS = 10
FROM_API = {"from": [{"podSelector": labelled(app="api")}]}
TARGET = "production/frontend-0"
MODE = "selvedge.io/mode"


def wait_for(condition, within=20.0):
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def counted(t, role):
    """Packets of all counters of a role, "audit-ingress" or "deny-ingress", and whether there is one."""
    listed = t.bed.exec(NODE, "nft", "list", "counters", "table", "inet", "selvedge").out
    counts = re.findall(rf"counter {role}-\S+ {{\s*packets (\d+)", listed)
    return sum(map(int, counts)), bool(counts)


class Flows:
    """A thousand datagrams a second of one whom the policy lets in, and as many of one whom it does not."""

    def __init__(self, t):
        self.receiver = Receiver(t.bed.places.namespace(TARGET))
        address = [t.bed.places.address(TARGET)]
        self.floods = {mark: Flood(t.bed.places.namespace(place), address, mark)
                       for mark, place in (("allowed", "production/api-0"), ("tried", "quality/tester-0"))}

    def arrived(self, mark):
        return len(self.receiver.numbers[mark])

    def goes_on(self, mark, packets):
        """That many more arrive."""
        before = self.arrived(mark)
        return wait_for(lambda: self.arrived(mark) >= before + packets)

    def falls_silent(self):
        """Of the one whom the policy does not let in nothing comes, while of the other a good deal does."""
        def silent():
            before = self.arrived("tried")
            return self.goes_on("allowed", 50) and self.arrived("tried") == before
        return wait_for(silent)

    def leaked(self):
        """What comes of it meanwhile."""
        before = self.arrived("tried")
        self.goes_on("allowed", 200)
        return self.arrived("tried") - before

    def lost(self):
        """Of the one whom the policy lets in, all in all."""
        for flood in self.floods.values():
            flood.stop()
        sent = self.floods["allowed"].sent
        wait_for(lambda: self.arrived("allowed") == sent, within=5.0)
        self.receiver.close()
        return sent - self.arrived("allowed"), sent


def audit(t):
    """A namespace is audited and enforced again, ten times, while packets flow"""
    t.api.apply_policy("production/frontend", ingress(labelled(role="frontend"), FROM_API))
    verdicts = "production/api-0 -> production/frontend-0 3000 open\nquality/tester-0 -> production/frontend-0 3000 {}"
    t.expect("enforced at first", verdicts.format("timeout"), (4, 6))
    flows, passed, leaked, told = Flows(t), True, 0, []
    for _ in range(ROUNDS):
        t.api.label("production", **{MODE: "audit"})
        passed = passed and flows.goes_on("tried", 50)
        told.append(counted(t, "audit-ingress"))
        t.api.label("production", **{MODE: None})
        passed = passed and flows.falls_silent()
        leaked += flows.leaked()
    lost, sent = flows.lost()
    t.report.check("what is denied passes each time, and stops each time", passed)
    t.report.check("and is counted, by a counter that is there as long", all(packets > 0 for packets, _ in told) and
                   not counted(t, "audit-ingress")[1] and counted(t, "deny-ingress")[1], str(told))
    t.report.check(f"of what both allow nothing is lost ({sent} packets)", lost == 0, f"{lost} lost")
    t.report.check("once it is enforced again nothing passes", leaked == 0, f"{leaked} passed")
    t.expect("enforced at last", verdicts.format("timeout"), (4, 6))


def audit_odd_label(t):
    """A label that says nothing known opens nothing; a setting audits where there is no label"""
    t.api.apply_policy("production/frontend", ingress(labelled(role="frontend"), FROM_API))
    verdicts = "quality/tester-0 -> production/frontend-0 3000 {}"
    t.api.label("production", **{MODE: "Audit"})
    t.expect("another word", verdicts.format("timeout"), (4, 6))
    t.report.check("of which the log tells",
                   wait_for(lambda: "neither audit nor enforce" in t.bed.read_log(NODE + "-selvedge")))
    t.api.label("production", **{MODE: None})
    with t.daemon.told("--audit", "production"):
        t.expect("audited by the setting", verdicts.format("open"), (4, 6))
        t.api.label("production", **{MODE: "enforce"})
        t.expect("enforced by the label all the same", verdicts.format("timeout"), (4, 6))
        t.api.label("production", **{MODE: None})


def audit_counters(t):
    """What was counted stays, through changes and a restart, as long as pod and policy do"""
    t.api.apply_policy("production/frontend", ingress(labelled(role="frontend"), FROM_API))
    verdicts = """production/api-0 -> production/frontend-0 3000 open
                  quality/tester-0 -> production/frontend-0 3000 timeout"""
    t.expect("some are denied and some are allowed", verdicts)
    (denied, _), (allowed, _) = counted(t, "deny-ingress"), counted(t, "allow-ingress")
    t.report.check("and counted", denied > 0 and allowed > 0, f"{denied} denied, {allowed} allowed")
    t.api.apply_policy("production/frontend", ingress(labelled(role="frontend"), FROM_API,
                                                      {"from": [{"podSelector": labelled(app="none")}]}))
    t.expect("the policy changes", verdicts)
    t.daemon.stop()
    t.daemon.start_ready()
    t.report.check("nothing is forgotten", counted(t, "deny-ingress")[0] >= denied and
                   counted(t, "allow-ingress")[0] >= allowed)
    t.api.delete_policy("production/frontend")
    t.report.check("until the policy goes", wait_for(lambda: not counted(t, "deny-ingress")[1] and
                                                     not counted(t, "allow-ingress")[1]))


CASES = [audit, audit_odd_label, audit_counters]
