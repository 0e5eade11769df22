"""Connections that are open when a policy comes to forbid them, and those that it does not (semantics 94-97)."""
import os
import time

from lab.lab import wait_for
from suite.trial import deny_all, egress, ingress, labelled

TALKERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "talkers.py")
FRONTEND = labelled(app="web", role="frontend")
SERVICE = {4: "10.96.0.77", 6: "fd00:96::77"}
PORT, SERVICE_PORT = 7700, 77
SILENCE = 3.0   # longer than the cutter's second time, and than TCP's first tries again
NAT = """table ip test-services {
  chain forwarded { type nat hook prerouting priority -100; ip daddr %s tcp dport %d dnat to %s:%d; }
  chain own { type nat hook output priority -100; ip daddr %s tcp dport %d dnat to %s:%d; }
}
table ip6 test-services {
  chain forwarded { type nat hook prerouting priority -100; ip6 daddr %s tcp dport %d dnat to [%s]:%d; }
  chain own { type nat hook output priority -100; ip6 daddr %s tcp dport %d dnat to [%s]:%d; }
}
"""


class Call:
    """A connection that stays open, with somebody who talks."""
    count = 0

    def __init__(self, t, source, target, talkers="both", protocol="tcp", address=None, port=PORT):
        self.t, self.name = t, f"{source} -> {target} ({talkers} talking{', through a Service' if address else ''})"
        self.log = f"call-{Call.count}"
        Call.count += 1
        self.hears = talkers != "client" or protocol == "udp"
        address = address or t.bed.places.address(target)
        self.process = t.bed.start(source, self.log, "python3", TALKERS, "call", address, str(port), protocol, talkers)
        t.bed.wait_for_line(self.process, "open")

    def heard(self):
        """How many chunks this end has heard so far."""
        return self.t.bed.read_log(self.log).count("heard")

    def close(self):
        self.process.kill()


class Server:
    def __init__(self, t, place, address, protocol="tcp", port=PORT):
        self.t, self.name = t, f"{place} {address} {protocol}"
        self.log = f"serve-{place.replace('/', '-')}-{':' in address}-{protocol}"
        self.process = t.bed.start(place, self.log, "python3", TALKERS, "serve", address, str(port), protocol)
        t.bed.wait_for_line(self.process, "listening")

    def heard(self):
        return self.t.bed.read_log(self.log).count("heard")

    def close(self):
        self.process.kill()


def servers(t, *places):
    """On each place one for each family and protocol."""
    made = []
    for place in places:
        for suffix in ("", "/6"):
            for protocol in ("tcp", "udp"):
                made.append(Server(t, place, t.bed.places.address(place + suffix), protocol))
    return made


def goes_on(ends, within=10.0):
    """Every end hears more than now, within that time; the names of those that do not."""
    before = [end.heard() for end in ends]
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if all(end.heard() > b for end, b in zip(ends, before)):
            return []
        time.sleep(0.05)
    return [end.name for end, b in zip(ends, before) if end.heard() <= b]


def falls_silent(ends, within=15.0):
    """Every end hears nothing for a while, within that time; the names of those that still do."""
    deadline = time.monotonic() + within
    while True:
        before = [end.heard() for end in ends]
        time.sleep(SILENCE)
        loud = [end.name for end, b in zip(ends, before) if end.heard() != b]
        if not loud or time.monotonic() > deadline:
            return loud


def cut_count(t):
    _, text = t.daemon.get("/metrics")
    return float(next(l for l in text.splitlines() if l.startswith("selvedge_connections_cut_total ")).split()[1])


def entries(t, source, target, address=""):
    """The node's conntrack entries of connections from source, or that address, to the talkers on target, with ids."""
    found = set()
    for family, suffix in (("ipv4", ""), ("ipv6", "/6")):
        listed = t.bed.exec(t.daemon.node, "conntrack", "-L", "-f", family, "-p", "tcp", "-o", "id").out
        there = f"src={t.bed.places.address(target + suffix)} "
        for line in filter(lambda l: there in l and address in l and f"sport={PORT} " in l, listed.splitlines()):
            words = line.split()
            if not source or source_is(t, source, words):
                found.add(" ".join(w for w in words if w.startswith(("src=", "sport=", "id="))))
    return found


def source_is(t, source, words):
    """Whether the first address of an entry is one of the place's."""
    own = t.bed.exec(source, "ip", "-o", "address", "show").out
    return f" {next(w for w in words if w.startswith('src='))[4:]}/" in own


def with_service(t, pod):
    """A Service's address on the node, in the test's own tables, that leads to the pod."""
    v4, v6 = t.bed.places.address(pod), t.bed.places.address(pod + "/6")
    four, six = (SERVICE[4], SERVICE_PORT, v4, PORT), (SERVICE[6], SERVICE_PORT, v6, PORT)
    rules = NAT % (four + four + six + six)
    done = t.bed.exec(t.daemon.node, "sh", "-c", f"printf '%s' '{rules}' | nft -f -")
    assert not done.status, done


def without_service(t):
    t.bed.exec(t.daemon.node, "sh", "-c", "nft delete table ip test-services; nft delete table ip6 test-services")


def calls_between(t, source, target, service):
    """One for each who talks, family and way; through a Service only from where its address is known."""
    made = []
    for suffix, family in (("", 4), ("/6", 6)):
        for talkers in ("client", "server", "both"):
            made.append(Call(t, source, target + suffix, talkers))
            if service:
                made.append(Call(t, source, target + suffix, talkers, address=SERVICE[family], port=SERVICE_PORT))
        made.append(Call(t, source, target + suffix, "client", "udp"))
    return made


def check_cut(t, direction, policy_of, policy, source, target, bystander):
    """The connections from source to target end when the policy comes, those of the bystander go on."""
    with_service(t, target)
    kept = servers(t, target)
    calls = calls_between(t, source, target, True)
    others = calls_between(t, bystander, target, False) if bystander else []
    listeners = [c for c in calls + others if c.hears]
    t.report.check(f"{direction}: {len(calls + others)} connections stand", not goes_on(listeners), "some do not")
    before = cut_count(t)
    t.api.apply_policy(policy_of, policy)
    loud = falls_silent([c for c in calls if c in listeners])
    t.report.check(f"{direction}: those that the policy forbids fall silent, whoever talks", not loud, "\n".join(loud))
    if others:
        dead = goes_on([c for c in others if c in listeners])
        t.report.check(f"{direction}: those that it allows go on", not dead, "\n".join(dead))
    for one in others:
        one.close()
    loud = falls_silent(kept)
    t.report.check(f"{direction}: and the target hears nothing of the forbidden ones", not loud, "\n".join(loud))
    t.report.check(f"{direction}: they are counted ({cut_count(t) - before:.0f})", cut_count(t) - before >= len(calls),
                   f"{cut_count(t) - before} of {len(calls)}")
    for one in calls + kept:
        one.close()
    without_service(t)
    t.api.delete_policies()


def cut_ingress(t):
    """Open connections to a pod that a policy comes to forbid"""
    check_cut(t, "ingress", "production/frontend", ingress(FRONTEND, {"from": [{"podSelector": {}}]}),
              "staging/web-0", "production/frontend-0", "production/postgres-0")


def cut_egress(t):
    """Open connections from a pod that a policy comes to forbid"""
    check_cut(t, "egress", "production/frontend", egress(FRONTEND), "production/frontend-0", "quality/tester-0", None)


def cut_not_the_node(t):
    """Under deny-all no connection of the node itself is cut"""
    target = "production/frontend-0"
    with_service(t, target)
    kept = servers(t, target)
    calls = [Call(t, "node-a", target + suffix, talkers) for suffix in ("", "/6") for talkers in ("server", "both")]
    calls += [Call(t, "node-a", target + suffix, "both", address=SERVICE[family], port=SERVICE_PORT)
              for suffix, family in (("", 4), ("/6", 6))]
    before = entries(t, "node-a", target)
    for directions in (("Ingress",), ("Egress",), ("Ingress", "Egress")):
        t.api.apply_policy("production/default-deny", deny_all(*directions))
        t.expect(f"{directions}: the policy is in force",
                 "quality/tester-0 -> production/frontend-0 3000 " +
                 ("timeout" if "Ingress" in directions else "open"), (4, 6))
        time.sleep(SILENCE / 2)
        dead = goes_on(calls)
        t.report.check(f"{directions}: all go on", not dead, "\n".join(dead))
    gone = before - entries(t, "node-a", target)
    t.report.check(f"and none of the {len(before)} entries is gone", before and not gone, "\n".join(gone))
    for one in calls + kept:
        one.close()
    without_service(t)


def cut_from_before(t):
    """Connections from before the daemon's first start are judged"""
    target = "production/frontend-0"
    t.daemon.stop()
    t.daemon.command("cleanup")
    t.bed.exec(t.daemon.node, "nft", "add table inet test-tracking; add chain inet test-tracking c "
               "{ type filter hook forward priority 0; }; add rule inet test-tracking c ct state established accept")
    kept = servers(t, target)
    calls = [Call(t, "quality/tester-0", target + suffix, talkers)
             for suffix in ("", "/6") for talkers in ("server", "both")]
    t.report.check("they stand", not goes_on(calls), "some do not")
    t.api.apply_policy("production/default-deny", deny_all("Ingress"))
    t.daemon.start_ready()
    loud = falls_silent(calls)
    t.report.check("and fall silent when it starts", not loud, "\n".join(loud))
    for one in calls + kept:
        one.close()
    t.bed.exec(t.daemon.node, "nft", "delete table inet test-tracking")


def cut_released(t):
    """A pod goes, and all its connections with it"""
    target = "production/frontend-0"
    kept = servers(t, target)
    calls = [Call(t, "quality/tester-0", target + suffix) for suffix in ("", "/6")]
    pod = next(o for o in t.objects if o["kind"] == "Pod" and o["metadata"]["name"] == "frontend-0")
    t.report.check("its connections are known to the node", len(entries(t, None, target)) >= len(calls), "none")
    for one in calls + kept:
        one.process.send_signal(19)   # nobody talks any more, nor says goodbye
    t.api("DELETE", "/api/v1/namespaces/production/pods/frontend-0")
    gone = wait_for("its entries to be gone", lambda: not entries(t, None, target))
    t.report.check("and then no longer", gone, "")
    for one in calls + kept:
        one.close()
    t.api.put(pod)
    t.wait_open(("quality/tester-0", target, "3000"))


def rules_without_handles(t):
    return [line.split(" # handle")[0] for line in t.daemon.rules()]


def cut_after_restart(t):
    """What a predecessor left uncut is cut over rules that are right already, and does not come to life again"""
    target = "production/frontend-0"
    kept = servers(t, target)
    calls = [Call(t, "quality/tester-0", target + suffix, talkers)
             for suffix in ("", "/6") for talkers in ("server", "both")]
    with t.daemon.told("--cut=false"):
        t.check_ready("it runs without cutting")
        t.api.apply_policy("production/default-deny", deny_all("Ingress"))
        t.expect("a policy is in force", "quality/tester-0 -> production/frontend-0 3000 timeout", (4, 6))
        dead = goes_on(calls)
        t.report.check("and the connections that it forbids go on", not dead, "\n".join(dead))
        before = rules_without_handles(t)
    t.check_ready("it runs with cutting again")
    loud = falls_silent(calls)
    t.report.check("they fall silent, whoever talks", not loud, "\n".join(loud))
    now = rules_without_handles(t)
    t.report.check("the rules against their revival are there", any("suspects-ingress" in line for line in now), "no")
    gone = [line for line in before if line not in now]
    t.report.check("and those of the policies as before", not gone, "\n".join(gone))
    for one in calls + kept:
        one.close()


def cut_not_any_ip(t):
    """A process of the node that speaks with an address which a route alone makes the node's own is not cut"""
    target = "production/frontend-0"
    pod = t.bed.places.address(target)
    route = f"ip route add local 198.51.100.0/24 dev lo && ip route add {pod}/32 dev cni0 src 198.51.100.7"
    done = t.bed.exec(t.daemon.node, "sh", "-c", route)
    assert not done.status, done
    kept = [Server(t, target, pod)]
    calls = [Call(t, "node-a", target, talkers) for talkers in ("server", "both")]
    before = entries(t, None, target, "198.51.100.7")
    t.report.check("the node knows them by that address", len(before) == len(calls), str(before))
    t.api.apply_policy("production/default-deny", deny_all("Ingress", "Egress"))
    t.expect("deny-all is in force", "quality/tester-0 -> production/frontend-0 3000 timeout")
    time.sleep(SILENCE / 2)
    dead = goes_on(calls)
    t.report.check("both go on", not dead, "\n".join(dead))
    gone = before - entries(t, None, target, "198.51.100.7")
    t.report.check("and no entry of theirs is gone", not gone, "\n".join(gone))
    for one in calls + kept:
        one.close()
    t.bed.exec(t.daemon.node, "sh", "-c", f"ip route del {pod}/32; ip route del local 198.51.100.0/24 dev lo")
    t.api.delete_policies()


CASES = [cut_ingress, cut_egress, cut_not_the_node, cut_not_any_ip, cut_from_before, cut_after_restart, cut_released]
