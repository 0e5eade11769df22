"""What reaches a pod's interface by other addresses than its own, and what must pass in spite of isolation (R13)."""
import socket
import struct
import time

from bed import netns
from lab.wiring import link_local_address
from packets.trial import NODE
from suite.cases_isolation import side_doors
from suite.trial import deny_all, labelled

SENDER, RECEIVER = "production/frontend-0", "production/api-0"


# semantics R13
def neighbours(t):
    """What a neighbour on the bridge can do"""
    side_doors(t, SENDER, RECEIVER, link_local_address(t.bed.prefix, RECEIVER), NODE)


# semantics 39, R5
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


def advertise(place, prefix):
    """A router advertisement (RFC 4861, 4.2) that lets every neighbour make itself an address in prefix::/64."""
    option = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 3600, 0) + socket.inet_pton(socket.AF_INET6, prefix)
    message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 0, 0, 0) + option

    def send():
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as s:
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            s.sendto(message, socket.getaddrinfo("ff02::1%eth0", 0, type=socket.SOCK_DGRAM)[0][4])
    netns.within(place, send)


def takes_address(t, prefix, seconds):
    """Whether the receiver makes itself an address of the prefix that its neighbour goes on to advertise."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        advertise(t.bed.places.namespace(SENDER), prefix)
        if prefix.rstrip(":") in t.bed.exec(RECEIVER, "ip", "-6", "address", "show", "dev", "eth0").out:
            return True
    return False


# semantics 39, R13
def routers(t):
    """A pod that plays the router"""
    t.report.check("a pod takes an address from a neighbour while nobody is isolated",
                   takes_address(t, "2001:db8:a::", 10))
    t.api.apply_policy("production/api", deny_all("Ingress", pods=labelled(app="api")))
    t.expect("the policy is in force", f"{SENDER} -> {RECEIVER} 3000 timeout")
    t.report.check("an isolated pod does not", takes_address(t, "2001:db8:b::", 1) != bool(t.engines))
    for address in ("2001:db8:a::/64", "2001:db8:b::/64"):  # by which nobody knows it: it could not talk with them
        for pod in (SENDER, RECEIVER, "staging/web-0"):
            t.bed.exec(pod, "ip", "-6", "address", "flush", "dev", "eth0", "to", address)


CASES = [neighbours, neighbour_discovery, routers]
