"""A pod and its own node: what the node sends its pods, what they may send it, and Services whose backend it is."""
import socket
import struct
import time

from bed import netns
from lab import ipvs as ipvs_like
from lab.lab import wait_for
from packets.cases_cutting import PORT, Call, falls_silent, goes_on, servers
from packets.trial import NODE
from suite.trial import deny_all

SERVICE = {4: "10.96.0.1", 6: "fd00:96::1"}
LOCAL_DNS = "169.254.20.10"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--no-new-privs"]
# From the node, without any privilege: one TCP connection, and one datagram with its answer.
PROBES = """
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.create_connection((host, port), timeout=5) as s:
    assert s.recv(1)
with socket.socket(family, socket.SOCK_DGRAM) as s:
    s.settimeout(5)
    s.connect((host, port))
    s.send(b"?")
    assert s.recv(64)
"""


def probe_as_nobody(t, pod, version, port):
    return t.bed.exec(NODE, *NOBODY, "python3", "-c", PROBES, t.bed.pods[pod].addresses[version], str(port))


# semantics 76, 77, R2
def probes_by_anyone(t):
    """A kubelet's probe passes whoever runs it"""
    t.api.apply_policy("production/default-deny", deny_all())
    t.expect("under deny-all a neighbour does not reach the pod",
             "production/frontend-0 -> production/api-0 3000 timeout", (4, 6))
    for version in (4, 6):
        done = probe_as_nobody(t, "production/api-0", version, 3000)
        t.report.check(f"a process of uid 65534 on the node does, by IPv{version}", done.status == 0, done.err)


def own_address(t, version):
    return t.bed.nodes[NODE].addresses[version]


def to_node_only(t, port):
    """Egress to the node's own addresses and this port."""
    blocks = [{"ipBlock": {"cidr": f"{own_address(t, version)}/{32 if version == 4 else 128}"}} for version in (4, 6)]
    return {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": blocks, "ports": [{"port": port}]}]}


def translation(t):
    """A stand-in for kube-proxy: the API server's Service leads to the node's own port 8080, and the node's port 30080
    to a pod."""
    pod = t.bed.pods["production/postgres-0"].addresses
    return f"""table inet lab-service {{
      chain translate {{
        type nat hook prerouting priority dstnat;
        ip daddr {SERVICE[4]} tcp dport 443 dnat ip to {own_address(t, 4)}:8080
        ip6 daddr {SERVICE[6]} tcp dport 443 dnat ip6 to [{own_address(t, 6)}]:8080
        ip daddr {own_address(t, 4)} tcp dport 30080 dnat ip to {pod[4]}:5432
        ip6 daddr {own_address(t, 6)} tcp dport 30080 dnat ip6 to [{pod[6]}]:5432
      }}
    }}"""


def remove(t, table):
    t.bed.exec(NODE, "nft", "delete", "table", "inet", table)


# semantics 83, 114
def services_of_the_node(t):
    """The API server on the own node, and a port of the node"""
    made = t.bed.exec(NODE, "nft", translation(t))
    t.report.check("a Service's address can be translated", made.status == 0, made.err)
    table = "\n".join(f"""
        production/api-0 -> {SERVICE[version]} 443          %s
        production/api-0 -> {own_address(t, version)} 8080  %s
        production/api-0 -> {own_address(t, version)} 30080 %s
        """ for version in (4, 6))
    t.expect("without a policy all are reached", table.replace("%s", "open"))
    t.api.apply_policy("production/default-deny", deny_all("Egress"))
    t.expect("under deny-all none is", table.replace("%s", "timeout"))
    t.api.apply_policy("production/api-server", to_node_only(t, 8080))
    table = table.replace("443          %s", "443 open").replace("8080  %s", "8080 open")
    t.expect("a block of the node's address allows the API server alone", table.replace("%s", "timeout"))
    t.api.apply_policy("production/database", {
        "podSelector": {}, "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {"matchLabels": {"app": "postgres"}}}], "ports": [{"port": 5432}]}]})
    t.expect("the node's port is judged by the pod behind it", table.replace("%s", "open"))
    remove(t, "lab-service")


# semantics 84, R13
def local_dns(t):
    """A DNS cache on the node's link-local address"""
    t.bed.exec(NODE, "ip", "address", "add", LOCAL_DNS + "/32", "dev", "lo")
    server = t.bed.start(NODE, "local-dns", "python3", "-m", "bed.server", "local-dns", "udp/53", "tcp/53")
    t.bed.wait_for_line(server, "listening")
    table = f"""
        production/api-0 -> {LOCAL_DNS} 53/udp %s
        production/api-0 -> {LOCAL_DNS} 53     %s
        """
    t.expect("without a policy it answers", table.replace("%s", "open"))
    t.api.apply_policy("production/default-deny", deny_all("Egress"))
    t.expect("under deny-all it does not", table.replace("%s", "timeout"))
    t.api.apply_policy("production/dns", {"podSelector": {}, "policyTypes": ["Egress"],
                                          "egress": [{"to": [{"ipBlock": {"cidr": LOCAL_DNS + "/32"}}]}]})
    t.expect("a block of its address allows it", table.replace("%s", "open"))
    server.terminate()
    server.wait()
    t.bed.exec(NODE, "ip", "address", "del", LOCAL_DNS + "/32", "dev", "lo")


OPEN_NODE = """
    production/api-0      -> node-a 8080               %s
    production/api-0      -> node-a icmp               %s
    production/api-0      -> node-b 8080               timeout
    production/api-0      -> outside 443               timeout
    production/api-0      -> production/frontend-0 443 timeout
    production/frontend-0 -> production/api-0 3000     timeout
    node-a                -> production/api-0 3000     open
    """


# semantics 77, 86, R3
def open_node(t):
    """--own-node allowed"""
    t.api.apply_policy("production/default-deny", deny_all())
    t.expect("policed as usual, deny-all closes the node", OPEN_NODE.replace("%s", "timeout"), (4, 6))
    with t.daemon.told("--own-node", "allowed"):
        t.check_ready("the daemon starts again, told to allow it")
        t.expect("then the node is open, and nothing else", OPEN_NODE.replace("%s", "open"), (4, 6))
    t.check_ready("the daemon starts again as usual")
    t.expect("and policed again", OPEN_NODE.replace("%s", "timeout"), (4, 6))


VIP = {4: ("10.96.0.20", "10.96.0.21"), 6: ("fd00:96::20", "fd00:96::21")}


def add_ipvs_device(t, name="kube-ipvs0"):
    """As kube-proxy makes it, but of a kind that this kernel has: all Services' addresses are local."""
    lines = [f"link add {name} type bridge", f"link set {name} up"]
    lines += [f"address add {vip}/{32 if v == 4 else 128} dev {name}" + " nodad" * (v == 6)
              for v in (4, 6) for vip in VIP[v]]
    for line in lines:
        done = t.bed.exec(NODE, "ip", *line.split())
        if done.status:
            raise RuntimeError(f"{line}: {done.err}")


def start_ipvs(t, *ports):
    """The first Service leads to production/api-0, which shares the clients' node, the second to another node."""
    services = []
    for v in (4, 6):
        for vip, pod, port in zip(VIP[v], ("production/api-0", "production/postgres-0"), ports):
            services += [vip, "80", t.bed.pods[pod].addresses[v], str(port)]
    process = t.bed.start(NODE, "ipvs", "python3", "-m", "lab.ipvs", *services)
    t.bed.wait_for_line(process, "listening")
    return process


def expect_chains(t, name, layout, within=10.0):
    wanted = {"usual": {"to-node"}, "IPVS": {"to-services", "to-node-late", "egress-services", "ingress-services"}}
    deadline = time.monotonic() + within
    while True:
        text = t.daemon.table()
        found = {chain for chains in wanted.values() for chain in chains if f"chain {chain} {{" in text}
        if found == wanted[layout] or time.monotonic() > deadline:
            return t.report.check(name, found == wanted[layout], f"found {sorted(found)}")
        time.sleep(0.1)


IPVS = "\n".join(f"""
    production/frontend-0 -> {VIP[v][0]} 80 %s
    staging/web-0         -> {VIP[v][0]} 80 %s
    """ for v in (4, 6))
IPVS_FAR = "\n".join(f"""
    production/frontend-0 -> {VIP[v][1]} 80 %s
    staging/web-0         -> {VIP[v][1]} 80 %s
    """ for v in (4, 6))


def send_datagram(t, place, source, target, port, text):
    """Over IPv6, from whatever address: it takes CAP_NET_RAW."""
    source, target = socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, target)
    datagram = struct.pack("!HHHH", 40000, port, 8 + len(text), 0) + text
    pseudo = source + target + struct.pack("!IHBB", len(datagram), 0, 0, socket.IPPROTO_UDP)
    datagram = datagram[:6] + struct.pack("!H", ipvs_like.checksum(pseudo + datagram)) + text
    header = struct.pack("!IHBB", 6 << 28, len(datagram), socket.IPPROTO_UDP, 64) + source + target

    def send():
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as s:
            s.sendto(header + datagram, (socket.inet_ntop(socket.AF_INET6, target), 0))
    netns.within(t.bed.places.namespace(place), send)


def borrow_the_nodes_address(t, pod):
    """Linux turns such a packet away by itself only over IPv4."""
    log = "pod-production-api-0"
    for name, source in (("borrowed", own_address(t, 6)), ("honest", t.bed.pods[pod].addresses[6])):
        send_datagram(t, pod, source, VIP[6][0], 80, b"mark:" + name.encode())
    wait_for("the honest datagram", lambda: "got honest" in t.bed.read_log(log))
    t.report.check("a pod does not reach it from an address of the node",
                   ("got borrowed" in t.bed.read_log(log)) != bool(t.engines))


def pods(**labels):
    return {"podSelector": {"matchLabels": labels}}


# semantics 76, 79, 81, 83
def ipvs(t):
    """Services that go by IPVS, or the like"""
    add_ipvs_device(t)
    process = start_ipvs(t, 3000, 5432)
    if t.engines:
        expect_chains(t, "the device is seen, and the rules are the other ones", "IPVS")
        t.check_ready("the daemon is ready with it")
    both = IPVS + IPVS_FAR
    t.expect("without a policy Services are reached, as by kube-proxy", both.replace("%s", "open"))
    borrow_the_nodes_address(t, "production/frontend-0")
    t.api.apply_policy("production/default-deny", deny_all("Ingress"))
    t.expect("an isolated pod behind a Service is not", IPVS.replace("%s", "timeout"))
    t.expect("one of another node is not ours to protect", IPVS_FAR.replace("%s", "open"))
    t.api.apply_policy("production/allow", {"podSelector": {}, "ingress": [{"from": [{"podSelector": {}}]}]})
    t.expect("rules of ingress see who asks", IPVS.replace("%s", "open", 1).replace("%s", "timeout", 1)
             .replace("%s", "open", 1).replace("%s", "timeout", 1))
    t.api.delete_policies()
    t.api.apply_policy("production/default-deny", deny_all("Egress"))
    t.api.apply_policy("staging/default-deny", deny_all("Egress"))
    t.expect("a pod that may send nothing reaches no Service", both.replace("%s", "timeout"))
    t.api.apply_policy("production/to-api", {"podSelector": {}, "policyTypes": ["Egress"], "egress": [
        {"to": [pods(app="api")], "ports": [{"port": 3000}]}]})
    allowed = IPVS.replace("%s", "open", 1).replace("%s", "timeout", 1)
    t.expect("rules of egress see the pod behind it", allowed.replace("%s", "open", 1).replace("%s", "timeout", 1)
             + IPVS_FAR.replace("%s", "timeout"))
    t.api.delete_policies()
    for namespace in ("production", "staging"):
        t.api.apply_policy(namespace + "/default-deny", deny_all())
    t.expect("under deny-all the node still reaches its pods, and they not it", """
        node-a                -> production/api-0 3000     open
        node-a                -> production/api-0 icmp     open
        node-a                -> staging/web-0 8080        open
        production/api-0      -> node-a 8080               timeout
        production/api-0      -> node-a icmp               timeout
        production/frontend-0 -> production/api-0 3000     timeout
        staging/web-0         -> outside 443               timeout
        """, (4, 6))
    stop_ipvs(t, process, "kube-ipvs0")
    if t.engines:
        expect_chains(t, "without the device the rules are the usual ones", "usual")


# semantics 81, 94, 96
def ipvs_noticed(t):
    """Connections through IPVS from before it was noticed"""
    add_ipvs_device(t, "vips")
    process = start_ipvs(t, PORT)
    t.api.apply_policy("production/default-deny", deny_all("Ingress"))
    t.expect("the policy is in force", "production/frontend-0 -> production/api-0 3000 timeout", (4, 6))
    ends = servers(t, "production/api-0")
    calls = [Call(t, "production/frontend-0", "production/api-0", address=VIP[v][0], port=80) for v in (4, 6)]
    t.report.check("a pod behind it is reached past the rules for kube-proxy's other modes", not goes_on(calls))
    t.bed.exec(NODE, "ip", "link", "add", "kube-ipvs0", "type", "bridge")
    loud = falls_silent(calls)
    t.report.check("once its device is there they are cut", not loud, f"still heard: {loud}")
    for one in calls + ends:
        one.close()
    stop_ipvs(t, process, "kube-ipvs0", "vips")


def stop_ipvs(t, process, *devices):
    process.terminate()
    process.wait()
    remove(t, "lab-ipvs")
    for device in devices:
        t.bed.exec(NODE, "ip", "link", "del", device)


# semantics 81, 108
def layouts_in_turn(t):
    """The device of IPVS mode comes and goes"""
    for namespace in ("production", "staging"):
        t.api.apply_policy(namespace + "/default-deny", deny_all())
    t.expect("deny-all is in force",
             "production/api-0 -> node-a 8080 timeout\nnode-b -> staging/web-0 8080 timeout", (4, 6))
    with t.never_open("meanwhile no denied packet passes", "production/api-0 -> node-a 8080",
                      "production/api-0 -> node-a/6 8080", "staging/web-0 -> node-a icmp",
                      "production/frontend-0 -> production/api-0 3000", "node-b -> staging/web-0 8080"):
        for _ in range(4):
            t.bed.exec(NODE, "ip", "link", "add", "kube-ipvs0", "type", "bridge")
            expect_chains(t, "it comes", "IPVS")
            t.bed.exec(NODE, "ip", "link", "del", "kube-ipvs0")
            expect_chains(t, "it goes", "usual")
    t.expect("and the node reaches its pods",
             "node-a -> production/api-0 3000 open\nnode-a -> staging/web-0 8080 open", (4, 6))


CASES = [probes_by_anyone, services_of_the_node, local_dns, ipvs]
NEED_ENGINE = [open_node, ipvs_noticed, layouts_in_turn]
