"""Protocols, Services and the paths between pods and nodes."""
import subprocess

from suite.trial import deny_all, egress, ingress, labelled, port

API = labelled(app="api")
WORKER = [{"podSelector": labelled(app="worker")}]


# semantics 36, 37, 38
def default_deny(t):
    """Default deny, then one allow at a time"""
    t.api.apply_policy("production/default-deny", deny_all("Ingress"))
    t.expect("deny-all ingress closes every protocol, same node and cross node", """
        production/worker   -> production/api 3000      timeout
        production/worker   -> production/api 3000/udp  timeout
        production/worker   -> production/api 3000/sctp timeout
        production/worker   -> production/api icmp      timeout
        production/frontend -> production/api 3000      timeout
        production/frontend -> production/api 3000/udp  timeout
        production/frontend -> production/api 3000/sctp timeout
        production/frontend -> production/api icmp      timeout
        staging/frontend    -> production/frontend 3000 timeout
        ext                 -> production/api 3000      timeout
        production/api      -> staging/postgres 5432    open
        production/api      -> staging/postgres icmp    open
        staging/frontend    -> staging/postgres 3000/sctp open
        """, (4, 6))
    every = ("3000", "3000/udp", "3000/sctp", "443", "5432", "icmp")
    allows = [
        ("TCP 3000", {"from": WORKER, "ports": [port(3000)]}, "3000"),
        ("UDP 3000", {"from": WORKER, "ports": [port(3000, "UDP")]}, "3000/udp"),
        ("SCTP 3000", {"from": WORKER, "ports": [port(3000, "SCTP")]}, "3000/sctp"),
        ("the named port https", {"from": WORKER, "ports": [port("https")]}, "443"),
        ("ports 400 to 500", {"from": WORKER, "ports": [{"protocol": "TCP", "port": 400, "endPort": 500}]}, "443"),
        ("all UDP", {"from": WORKER, "ports": [{"protocol": "UDP"}]}, "3000/udp"),
    ]
    for words, rule, opened in allows:
        t.api.apply_policy("production/allow", ingress(API, rule))
        t.expect(f"allowing {words} opens that and nothing else", "\n".join(
            f"production/worker   -> production/api {what} {'open' if what == opened else 'timeout'}\n"
            f"production/frontend -> production/api {what} timeout" for what in every), (4, 6))
    t.api.apply_policy("production/allow", ingress(API, {"from": WORKER}))
    t.expect("a rule without ports allows every protocol, ICMP too", "\n".join(
        f"production/worker   -> production/api {what} open\n"
        f"production/frontend -> production/api {what} timeout" for what in every), (4, 6))


def default_deny_egress(t):
    """Default deny of egress, then one allow"""
    t.api.apply_policy("production/default-deny", deny_all("Egress"))
    closed = """
        production/api    -> staging/frontend 3000      timeout
        production/api    -> staging/frontend 3000/udp  timeout
        production/api    -> staging/postgres 5432      timeout
        production/api    -> staging/postgres 3000/sctp timeout
        production/api    -> staging/postgres icmp      timeout
        production/worker -> ext 443                    timeout
        staging/frontend  -> production/api 3000        open
        staging/postgres  -> production/api 3000/udp    open
        """
    t.expect("deny-all egress closes what the pods send, not what they answer", closed, (4, 6))
    t.api.apply_policy("production/allow", egress(API, {
        "to": [{"namespaceSelector": labelled(environment="staging"), "podSelector": labelled(app="postgres")}],
        "ports": [port(5432)]}))
    t.expect("an egress rule opens its peers and ports", closed.replace("5432      timeout", "5432      open"), (4, 6))


# semantics 26, 79, 80, 85, 114
def services(t):
    """Services: judged by the pods and ports behind them"""
    virtual = {"near": t.bed("svc", "production", "near", "8000:3000", "api", "--node-port", "30080").strip(),
               "far": t.bed("svc", "production", "far", "8000:3000", "frontend").strip(),
               "datagram": t.bed("svc", "production", "datagram", "8000:3000/udp", "api").strip(),
               "near6": t.bed("svc", "production", "near6", "8000:3000", "api", "--node-port", "30086", "--v6").strip(),
               "far6": t.bed("svc", "production", "far6", "8000:3000", "frontend", "--v6").strip()}

    def expect(name, table):
        t.expect(name, table.format(**virtual), within=20.0)

    ways = """
        production/api    -> {near} 8000         open
        production/api    -> {near6} 8000        open
        production/worker -> {near} 8000         %s
        production/worker -> {near6} 8000        %s
        production/worker -> {datagram} 8000/udp %s
        production/worker -> {far} 8000          %s
        production/worker -> {far6} 8000         %s
        staging/frontend  -> {near} 8000         %s
        staging/postgres  -> {near6} 8000        %s
        staging/postgres  -> {datagram} 8000/udp %s
        staging/postgres  -> {far6} 8000         %s
        n1                -> {near} 8000         open
        n1                -> n1 30080            open
        n2                -> n1 30080            %s
        n2                -> {near} 8000         %s
        ext               -> n1 30080            %s
        ext               -> n1/6 30086          %s
        ext               -> n2 30080            %s
        staging/postgres  -> n1 30080            %s
        """
    expect("ClusterIP and NodePort reach their pods, hairpin too", ways.replace("%s", "open"))
    t.api.apply_policy("production/default-deny", deny_all())
    expect("deny-all closes them, but not a pod's way to itself, nor its own node's", ways.replace("%s", "timeout"))
    t.api.delete_policy("production/default-deny")
    outside = [{"ipBlock": {"cidr": "198.51.100.0/24"}}, {"ipBlock": {"cidr": "2001:db8::/32"}}]
    t.api.apply_policy("production/allow", ingress(API, {"from": WORKER + outside, "ports": [port(3000)]}))
    expect("an ingress rule names the target's port and the client's address", """
        production/worker -> {near} 8000         open
        production/worker -> {near6} 8000        open
        production/worker -> {datagram} 8000/udp timeout
        staging/frontend  -> {near} 8000         timeout
        staging/postgres  -> {near6} 8000        timeout
        staging/postgres  -> {far} 8000          open
        ext@198.51.100.1  -> n1 30080            open
        ext@2001:db8::1   -> n1/6 30086          open
        ext@203.0.113.7   -> n1 30080            timeout
        n2                -> n1 30080            timeout
        """)
    t.api.apply_policy("production/allow", egress(labelled(app="worker"), {
        "to": [{"podSelector": API}], "ports": [port(3000), port(3000, "UDP")]}))
    expect("an egress rule names the pod behind the Service", """
        production/worker -> {near} 8000         open
        production/worker -> {near6} 8000        open
        production/worker -> {datagram} 8000/udp open
        production/worker -> {far} 8000          timeout
        production/worker -> {far6} 8000         timeout
        production/frontend -> {near} 8000       open
        """)
    for name in virtual:
        t.bed("kubectl", "delete", "-n", "production", f"service/{name}", f"endpointslice/{name}-eps")


# semantics 65, 76, 77, 83, 86, 87
def nodes(t):
    """Between pods and nodes"""
    t.api.apply_policy("production/default-deny", deny_all())
    t.expect("under deny-all a pod hears its own node and no other", """
        n1 -> production/api 3000          open
        n1 -> production/api 3000/udp      open
        n1 -> production/api icmp          open
        n2 -> production/frontend 3000     open
        n2 -> production/api 3000          timeout
        n2 -> production/api icmp          timeout
        n1 -> production/frontend 3000/udp timeout
        """, (4, 6))
    for family in (4, 6):
        address = t.bed.places.address("production/api" + ("/6" if family == 6 else ""))
        probe = f"import socket; socket.create_connection(('{address}', 3000), 3).close()"
        done = t.bed.exec("n1", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "python3", "-c", probe)
        t.report.check(f"IPv{family}: from a process of the node that is not root", done.status == 0, done.err)
    t.expect("under deny-all a pod reaches no node, by none of its addresses", """
        production/api -> n1 8080                timeout
        production/api -> n1 icmp                timeout
        production/api -> n2 8080                timeout
        production/api -> n2 icmp                timeout
        production/api -> 10.244.1.1 8080        timeout
        production/api -> 10.244.1.0 8080        timeout
        production/api -> 10.244.1.1 icmp        timeout
        production/api -> fd00:244:0:1::1 8080   timeout
        staging/frontend -> n1 8080              open
        staging/frontend -> 10.244.1.1 8080      open
        staging/frontend -> fd00:244:0:1::1 8080 open
        """)
    t.expect("the same over IPv6", """
        production/api   -> n1 8080 timeout
        production/api   -> n1 icmp timeout
        production/api   -> n2 8080 timeout
        staging/frontend -> n1 8080 open
        """, (6,))
    t.api.apply_policy("infra/default-deny", deny_all())
    t.api.apply_policy("staging/barrier", deny_all("Ingress"))
    t.expect("pods with hostNetwork are nodes: a policy does not isolate them", """
        staging/frontend -> n1 8080               open
        staging/frontend -> n2 8080               open
        n1               -> n2 8080               open
        staging/frontend -> staging/postgres 5432 timeout
        """, (4, 6))


CASES = [default_deny, default_deny_egress, services, nodes]
