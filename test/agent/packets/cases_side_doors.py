"""What reaches a pod's interface by other addresses than its own, and what must pass in spite of isolation (R13)."""
from lab.wiring import link_local_address
from packets.trial import NODE
from suite.cases_isolation import DHCP, TARGETS, arrived
from suite.trial import deny_all, labelled

SENDER, RECEIVER = "production/frontend-0", "production/api-0"


def neighbours(t):
    """What a neighbour on the bridge can do"""
    flow = f"{SENDER} -> {link_local_address(t.bed.prefix, RECEIVER)} 3000"
    t.expect("TCP to a neighbour's fe80:: address arrives while nobody is isolated", flow + " open")
    seen = arrived(t, SENDER, RECEIVER, TARGETS | DHCP, NODE)
    t.report.check("broadcast and multicast arrive while nobody is isolated", seen == set(TARGETS | DHCP), seen)

    t.api.apply_policy("production/api", deny_all("Ingress", pods=labelled(app="api")))
    t.expect("TCP to an isolated neighbour's fe80:: address does not arrive",
             f"{flow} timeout\n{SENDER} -> {RECEIVER} 3000 timeout")
    seen = arrived(t, SENDER, RECEIVER, TARGETS | DHCP, NODE)
    for words in TARGETS:
        t.report.check(f"UDP to {words} does not arrive", (words in seen) != bool(t.engines), f"arrived: {seen}")
    t.report.check("a DHCP request passes", set(DHCP) <= seen, f"arrived: {seen}")


def neighbour_discovery(t):
    """IPv6 neighbour discovery under isolation"""
    t.api.apply_policy("production/default-deny", deny_all())
    t.api.apply_policy("production/allow", {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": {}}]}], "egress": [{"to": [{"podSelector": {}}]}]})
    table = """
        production/frontend-0 -> production/api-0 3000      open
        production/api-0      -> production/frontend-0 icmp open
        production/postgres-0 -> production/api-0 3000      open
        node-a                -> production/api-0 3000      open
        quality/tester-0      -> production/api-0 3000      timeout
        """
    t.expect("what is allowed works", table, (6,))
    for place, device in ((SENDER, "eth0"), (RECEIVER, "eth0"), (NODE, "cni0")):
        t.bed.exec(place, "ip", "-6", "neigh", "flush", "dev", device)
    t.expect("and still does after the neighbours were forgotten", table, (6,))


CASES = [neighbours, neighbour_discovery]
