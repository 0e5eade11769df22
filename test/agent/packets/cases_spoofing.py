"""A pod with CAP_NET_RAW: borrowed addresses, tagged frames, forged VXLAN packets (semantics 92, R14)."""
import contextlib
import struct
import time

from packets.trial import NODE
from suite.raw import arrivals, datagram, link_address, send_frame, send_packet
from suite.trial import ingress, labelled

SENDER, RECEIVER, FRIEND, FAR_FRIEND, FAR = (
    "production/frontend-0", "production/api-0", "staging/web-0", "quality/tester-0", "production/postgres-0")
FRIENDS_ONLY = ingress(labelled(app="api"), {"from": [
    {"namespaceSelector": labelled(environment="staging")}, {"namespaceSelector": labelled(team="quality")},
    {"ipBlock": {"cidr": "172.31.0.0/24"}}, {"ipBlock": {"cidr": "10.244.1.99/32"}}]})


def borrowed(t, sender=SENDER):
    """{words: send(mark)} from other sources than the sender's own, each of which the policy would let in."""
    place, of = t.bed.places.namespace(sender), t.bed.places.address

    def send_from(source, target):
        return lambda mark: send_packet(place, datagram(source, target, mark))

    return {"a neighbour's address": send_from(of(FRIEND), of(RECEIVER)),
            "a neighbour's IPv6 address": send_from(of(FRIEND + "/6"), of(RECEIVER + "/6")),
            "the address of another node's pod": send_from(of(FAR_FRIEND), of(RECEIVER)),
            "the IPv6 address of another node's pod": send_from(of(FAR_FRIEND + "/6"), of(RECEIVER + "/6")),
            "another node's address": send_from(of("node-b"), of(RECEIVER)),
            "an address that nobody has": send_from("10.244.1.99", of(RECEIVER))}


def own(t, sender=FRIEND):
    place, of = t.bed.places.namespace(sender), t.bed.places.address
    return {"its own address": lambda mark: send_packet(place, datagram(of(sender), of(RECEIVER), mark)),
            "its own IPv6 address": lambda mark: send_packet(place, datagram(of(sender + "/6"), of(RECEIVER + "/6"),
                                                                             mark))}


def check_denied(t, name, sends, within=5.0):
    """None of them arrives; what the daemon has to do for that, it does in time. Without an engine all must arrive."""
    deadline = time.monotonic() + within
    while True:
        seen = arrivals(t, RECEIVER, NODE, sends)
        right = not seen if t.engines else seen == set(sends)
        if right or time.monotonic() > deadline:
            return t.report.check(name, right, f"arrived: {sorted(seen)}")


def check_arrive(t, name, sends):
    deadline = time.monotonic() + 5
    while (seen := arrivals(t, RECEIVER, NODE, sends)) != set(sends) and time.monotonic() < deadline:
        pass
    t.report.check(name, seen == set(sends), f"arrived only: {sorted(seen)}")


@contextlib.contextmanager
def running_with(t, *flags):
    """The daemon with other settings; then again as it was."""
    with t.daemon.told(*flags):
        t.daemon.wait_ready()
        yield
    t.daemon.wait_ready()


def prepare(t):
    t.api.apply_policy("production/api", FRIENDS_ONLY)
    t.expect("the policy is in force", f"""
        {FRIEND}     -> {RECEIVER} 3000 open
        {FAR_FRIEND} -> {RECEIVER} 3000 open
        {SENDER}     -> {RECEIVER} 3000 timeout
        """, (4, 6))


# semantics 92
def spoofing(t):
    """A pod that borrows addresses"""
    prepare(t)
    check_arrive(t, "packets from a pod's own addresses pass", own(t))
    check_denied(t, "packets from addresses of others do not", borrowed(t))
    if not t.engines:
        return
    with running_with(t, "--bind-ports", "false"):
        check_arrive(t, "where it is switched off, they do", own(t) | {
            words: send for words, send in borrowed(t).items() if "nobody" not in words})
        listed = t.bed.exec(NODE, "nft", "list", "tables").out
        t.report.check("and there is no table of the bridge", "bridge" not in listed, listed)


# semantics 92
def spoofing_without_daemon(t):
    """Borrowed addresses while the daemon is down, and after the rules were wiped"""
    prepare(t)
    check_denied(t, "before", borrowed(t))
    if not t.engines:
        return
    before = t.daemon.rules("bridge")
    t.daemon.stop()
    check_denied(t, "the rules stay when the daemon stops", borrowed(t), within=0)
    check_arrive(t, "and pods' own packets pass", own(t))
    # What it holds now is not what it held first.
    borrowed_address = t.bed.places.address(FRIEND) + "/32"
    t.bed.exec(SENDER, "ip", "address", "add", borrowed_address, "dev", "eth0")
    t.daemon.start_ready()
    check_denied(t, "a pod that gave itself a neighbour's address gains nothing, nor by a restart", borrowed(t))
    check_arrive(t, "and the neighbour loses nothing", own(t))
    t.bed.exec(SENDER, "ip", "address", "del", borrowed_address, "dev", "eth0")
    after = t.daemon.rules("bridge")
    t.report.check("the daemon has adopted the rules: same text, same handles", before and before == after,
                   "\n".join([*before, *after]))
    t.daemon.stop()
    t.bed.exec(NODE, "nft", "delete", "table", "bridge", "selvedge")
    t.daemon.start_ready()
    check_denied(t, "a table that was gone is there again", borrowed(t))


# semantics 92
def unbound_port(t):
    """A new port, of whose pod nothing is known"""
    prepare(t)
    bed = t.bed
    name = f"{bed.prefix}-stranger"
    bed.exec(NODE, "ip", "netns", "add", name)
    try:
        bed.exec(NODE, "ip", "link", "add", "stranger", "type", "veth", "peer", "name", "eth0", "netns", name)
        bed.exec(NODE, "ip", "link", "set", "stranger", "master", "cni0", "up")
        for words in (["link", "set", "eth0", "up"], ["link", "set", "lo", "up"],
                      ["address", "add", "10.244.1.88/24", "dev", "eth0"],
                      ["address", "add", "fd00:244:0:1::88/64", "dev", "eth0", "nodad"]):
            bed.exec(NODE, "ip", "-n", name, *words)
        for words in (["route", "add", "default", "via", "10.244.1.1"],
                      ["route", "add", "default", "via", "fd00:244:0:1::1"]):
            bed.exec(NODE, "ip", "-n", name, *words)
        sends, of = {}, bed.places.address
        for words, source, target in (("a bound neighbour's address", of(FRIEND), of(RECEIVER)),
                                      ("another node's pod's", of(FAR_FRIEND), of(RECEIVER)),
                                      ("another node's pod's IPv6", of(FAR_FRIEND + "/6"), of(RECEIVER + "/6")),
                                      ("another node's", of("node-b"), of(RECEIVER))):
            sends[words] = lambda mark, a=source, b=target: send_packet(name, datagram(a, b, mark))
        check_denied(t, "may not borrow any address that could open a door", sends)
    finally:
        bed.exec(NODE, "ip", "netns", "del", name)


# semantics 92
def tagged_frames(t):
    """Frames that the bridge carries past the rules of IP"""
    prepare(t)
    of, place = t.bed.places.address, t.bed.places.namespace(SENDER)
    macs = link_address(t, RECEIVER) + link_address(t, SENDER)

    def send_tagged(source, target, tag):
        kind = 0x86DD if ":" in source else 0x0800
        return lambda mark: send_frame(place, macs + tag + struct.pack("!H", kind) + datagram(source, target, mark))

    priority, outer = struct.pack("!HH", 0x8100, 0), struct.pack("!HH", 0x88A8, 0)
    sends = {"802.1Q": send_tagged(of(SENDER), of(RECEIVER), priority),
             "802.1Q, IPv6": send_tagged(of(SENDER + "/6"), of(RECEIVER + "/6"), priority),
             "802.1ad": send_tagged(of(SENDER), of(RECEIVER), outer)}
    check_denied(t, "tagged ones do not arrive, as untagged ones do not", sends)
    if t.engines:
        with running_with(t, "--bind-ports", "false"):
            check_arrive(t, "the rules of policies alone do not see them", sends)


def forged(t, target, tunnel, inner_source, inner_target):
    """A VXLAN packet to the port 8472 of `target`, for the flannel.1 whose link address is `tunnel`."""
    place = t.bed.places.namespace(SENDER)

    def send(mark):
        inner = tunnel + b"\x02\0\0\0\0\x77" + b"\x08\0" + datagram(inner_source, inner_target, mark)
        packet = datagram(t.bed.places.address(SENDER), target, struct.pack("!II", 1 << 27, 1 << 8) + inner, 8472)
        send_packet(place, packet)
    return send


@contextlib.contextmanager
def tunnels(t):
    """flannel.1 on both nodes, as flanneld makes it; their link addresses."""
    addresses = {}
    for node in (NODE, "node-b"):
        t.bed.exec(node, "ip", "link", "add", "flannel.1", "type", "vxlan", "id", "1", "local",
                   t.bed.places.address(node), "dstport", "8472", "nolearning")
        t.bed.exec(node, "ip", "link", "set", "flannel.1", "up")
        addresses[node] = link_address(t, node, "flannel.1")
    try:
        yield addresses
    finally:
        for node in addresses:
            t.bed.exec(node, "ip", "link", "del", "flannel.1")


def expect_forged(t, name, receiver, node, sends, arrive):
    deadline = time.monotonic() + 5
    wanted = set(sends) if arrive else set()
    while (seen := arrivals(t, receiver, node, sends)) != wanted and time.monotonic() < deadline:
        pass
    t.report.check(name, seen == wanted, f"arrived: {sorted(seen)}")


# semantics 91, R14
def encapsulation(t):
    """A pod that forges VXLAN packets"""
    prepare(t)
    of = t.bed.places.address
    with tunnels(t) as tunnel:
        here = {f"to {words}": forged(t, address, tunnel[NODE], of(FAR_FRIEND), of(RECEIVER))
                for words, address in (("its own node", of(NODE)), ("the bridge's address", "10.244.1.1"))}
        there = {"to another node": forged(t, of("node-b"), tunnel["node-b"], of(RECEIVER), of(FAR))}
        expect_forged(t, "an inner packet with an allowed pod's source does not come out of the own node", RECEIVER, NODE,
                      here, not t.engines)
        expect_forged(t, "nor out of another node", FAR, "node-b", there, not t.engines)
        if not t.engines:
            return
        with running_with(t, "--vxlan-port", "0"):
            expect_forged(t, "without the rule it comes out of the own node", RECEIVER, NODE, here, True)
            expect_forged(t, "and out of another", FAR, "node-b", there, True)


CASES = [spoofing, spoofing_without_daemon, unbound_port, tagged_frames, encapsulation]
