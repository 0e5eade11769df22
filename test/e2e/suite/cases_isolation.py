"""Isolation covers all that a pod's interface can send or receive, not only its status addresses (R13, R14)."""
import json

from suite import raw
from suite.trial import deny_all, ingress, labelled

TARGETS = {"the limited broadcast 255.255.255.255": ("255.255.255.255", 3000),
           "the subnet's broadcast 10.244.1.255": ("10.244.1.255", 3000),
           "the multicast group 224.0.0.1": ("224.0.0.1", 3000),
           "the multicast group ff02::1": ("ff02::1%eth0", 3000)}
DHCP = {"a DHCP request": ("255.255.255.255", 67)}


def arrived(t, sender, receiver, targets, node="n1"):
    """Which of the datagrams reach the receiver. A last one from its own node, which always may, ends the wait."""
    sends = {words: lambda mark, address=address, port=port: raw.send_mark(
        t.bed.places.namespace(sender), address, port, mark, 68 if port == 67 else 0)
             for words, (address, port) in targets.items()}
    return raw.arrivals(t, receiver, node, sends)


def link_local_address(t, pod):
    interfaces = json.loads(t.bed.exec(pod, "ip", "-6", "-j", "address", "show", "dev", "eth0", "scope", "link").out)
    return next(a["local"] for a in interfaces[0]["addr_info"] if "local" in a) + "%eth0"


def side_doors(t, sender, receiver, address, node="n1"):
    """`address` is the receiver's fe80:: one, as its neighbour writes it."""
    flow = f"{sender} -> {address} 3000"
    t.expect("TCP to a neighbour's fe80:: address arrives while nobody is isolated", flow + " open")
    seen = arrived(t, sender, receiver, TARGETS | DHCP, node)
    t.report.check("broadcast and multicast arrive while nobody is isolated", seen == set(TARGETS | DHCP), seen)

    t.api.apply_policy("production/api", deny_all("Ingress", pods=labelled(app="api")))
    t.expect("TCP to an isolated neighbour's fe80:: address does not arrive",
             f"{flow} timeout\n{sender} -> {receiver} 3000 timeout")
    seen = arrived(t, sender, receiver, TARGETS | DHCP, node)
    for words in TARGETS:
        t.report.check(f"UDP to {words} does not arrive", (words in seen) != bool(t.engines), f"arrived: {seen}")
    t.report.check("a DHCP request passes", set(DHCP) <= seen, f"arrived: {seen}")


def neighbours(t):
    """What a neighbour on the bridge can do"""
    side_doors(t, "production/worker", "production/api", link_local_address(t, "production/api"))


def neighbour_discovery(t):
    """IPv6 neighbour discovery under isolation"""
    t.api.apply_policy("production/default-deny", deny_all())
    t.api.apply_policy("production/allow", {
        "podSelector": {}, "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [{"podSelector": {}}]}], "egress": [{"to": [{"podSelector": {}}]}]})
    table = """
        production/worker   -> production/api 3000 open
        production/api      -> production/worker 3000 open
        production/frontend -> production/api 3000 open
        n1                  -> production/api 3000 open
        staging/frontend    -> production/api 3000 timeout
        """
    t.expect("allowed IPv6 works", table, (6,))
    for place, device in (("production/worker", "eth0"), ("production/api", "eth0"), ("n1", "cni0")):
        t.bed.exec(place, "ip", "-6", "neigh", "flush", "dev", device)
    t.expect("and still does after the neighbours were forgotten", table, (6,))


def encapsulation(t):
    """A pod cannot forge VXLAN packets"""
    t.expect("to the VXLAN port: from the node yes, from a pod no", """
        n1               -> ext 8472/udp open
        staging/frontend -> ext 8472/udp timeout
        staging/frontend -> ext 80/udp   open
        """)


# semantics 92
def borrowed_addresses(t):
    """A pod cannot borrow another's address"""
    sender, receiver, friend, far_friend = "production/worker", "production/api", "staging/frontend", "production/frontend"
    t.api.apply_policy("production/api", ingress(labelled(app="api"), {"from": [
        {"podSelector": labelled(role="frontend"), "namespaceSelector": {}}]}))
    t.expect("the policy is in force", f"""
        {friend}     -> {receiver} 3000 open
        {far_friend} -> {receiver} 3000 open
        {sender}     -> {receiver} 3000 timeout
        """, (4, 6))
    of, sends = t.bed.places.address, {}
    for words, place, source, target in (
            ("its own", friend, friend, receiver), ("its own, IPv6", friend, friend + "/6", receiver + "/6"),
            ("a neighbour's", sender, friend, receiver), ("a neighbour's, IPv6", sender, friend + "/6", receiver + "/6"),
            ("another node's pod's", sender, far_friend, receiver),
            ("another node's pod's, IPv6", sender, far_friend + "/6", receiver + "/6")):
        sends[words] = lambda mark, place=t.bed.places.namespace(place), a=of(source), b=of(target): \
            raw.send_packet(place, raw.datagram(a, b, mark))
    seen = raw.arrivals(t, receiver, "n1", sends)
    wanted = {"its own", "its own, IPv6"} if t.engines else set(sends)
    t.report.check("packets from a pod's own addresses arrive, others not", seen == wanted, f"arrived: {sorted(seen)}")


CASES = [neighbours, neighbour_discovery, encapsulation, borrowed_addresses]
