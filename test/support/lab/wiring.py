"""The namespaces, links, addresses and routes. The surprise is what is left out: no IPv6 duplicate address detection,
which takes seconds, and which a bridge port in hairpin mode makes fail, because it returns the question."""
import ipaddress
import itertools
import json
import os
import subprocess

from bed import netns

OUTSIDE = {4: ("203.0.113.7", "203.0.113.5"), 6: ("2001:db8::7",)}
ROUTER = {4: "172.31.0.254", 6: "fd00:31::fe"}


def family(address):
    return ipaddress.ip_network(address, strict=False).version


class Node:
    def __init__(self, manifest, number):
        self.name = manifest["metadata"]["name"]
        self.pod_ranges = [ipaddress.ip_network(cidr) for cidr in manifest["spec"]["podCIDRs"]]
        internal = next(a["address"] for a in manifest["status"]["addresses"] if a["type"] == "InternalIP")
        self.addresses = {4: internal, 6: f"fd00:31::{10 + number:x}"}
        self.gateways = {r.version: str(r.network_address + 1) for r in self.pod_ranges}


class Pod:
    def __init__(self, manifest):
        meta = manifest["metadata"]
        self.name = f"{meta.get('namespace', 'default')}/{meta['name']}"
        self.node = manifest["spec"]["nodeName"]
        self.addresses = {family(a["ip"]): a["ip"] for a in manifest["status"]["podIPs"]}


def parts(objects):
    """The nodes and pods among the objects, by name."""
    nodes = [o for o in objects if o["kind"] == "Node"]
    pods = [Pod(o) for o in objects if o["kind"] == "Pod"]
    return ({n["metadata"]["name"]: Node(n, i) for i, n in enumerate(nodes, 1)}, {p.name: p for p in pods})


def namespace(prefix, place):
    return f"{prefix}-{place.replace('/', '-')}"


def call(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def set_sysctls(place_namespace, settings):
    """{path below /proc/sys/net: value} of one namespace."""
    def write():
        for path, value in settings.items():
            with open(f"/proc/sys/net/{path}", "w", encoding="ascii") as f:
                f.write(str(value))
    netns.within(place_namespace, write)


def require_bridge_netfilter():
    if not os.path.isdir("/proc/sys/net/bridge"):
        subprocess.run(["modprobe", "br_netfilter"], stderr=subprocess.DEVNULL, check=False)
    if not os.path.isdir("/proc/sys/net/bridge"):
        raise RuntimeError("the kernel module br_netfilter is needed and cannot be loaded: `modprobe br_netfilter`")


class Wiring:
    def __init__(self, prefix, nodes, pods):
        self.prefix, self.nodes, self.pods = prefix, nodes, pods
        self.made = []

    def make(self):
        require_bridge_netfilter()
        for place in ["outside", *self.nodes, *self.pods]:
            self._add_namespace(place)
        self._outside()
        for node in self.nodes.values():
            self._node(node)
        self._routes_between_nodes()
        for number, pod in enumerate(self.pods.values()):
            self._pod(pod, f"veth{number}")

    def remove(self):
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], stderr=subprocess.DEVNULL, check=False)
        self.made.clear()

    def _add_namespace(self, place):
        name = namespace(self.prefix, place)
        call("ip", "netns", "add", name)
        self.made.append(name)
        set_sysctls(name, {"ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0})
        self._ip(place, "link set lo up")

    def _ip(self, place, *lines):
        call("ip", "-n", namespace(self.prefix, place), "-batch", "-", text="\n".join(lines) + "\n")

    def _outside(self):
        set_sysctls(namespace(self.prefix, "outside"), {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1})
        self._ip("outside", "link add br0 type bridge", "link set br0 up",
                 f"address add {ROUTER[4]}/24 dev br0", f"address add {ROUTER[6]}/64 dev br0 nodad",
                 *[f"address add {a}/32 dev lo" for a in OUTSIDE[4]],
                 *[f"address add {a}/128 dev lo nodad" for a in OUTSIDE[6]])

    def _node(self, node):
        name = namespace(self.prefix, node.name)
        self._ip("outside", f"link add {node.name} type veth peer name eth0 netns {name}",
                 f"link set {node.name} master br0 up")
        self._ip(node.name, "link set eth0 up",
                 f"address add {node.addresses[4]}/24 dev eth0", f"address add {node.addresses[6]}/64 dev eth0 nodad",
                 f"route add default via {ROUTER[4]}", f"route add default via {ROUTER[6]}",
                 "link add cni0 address 02:00:00:00:00:01 type bridge", "link set cni0 up",
                 *[f"address add {node.gateways[r.version]}/{r.prefixlen} dev cni0" + " nodad" * (r.version == 6)
                   for r in node.pod_ranges])
        # bridge-nf-call-* belongs to the namespace; without it packets between two pods of a node see no rule.
        set_sysctls(name, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1,
                           "bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1})
        for r in node.pod_ranges:
            self._ip("outside", f"route add {r} via {node.addresses[r.version]} src {OUTSIDE[r.version][0]}")

    def _routes_between_nodes(self):
        for here, there in itertools.permutations(self.nodes.values(), 2):
            self._ip(here.name, *[f"route add {r} via {there.addresses[r.version]}" for r in there.pod_ranges])

    def _pod(self, pod, port):
        node = self.nodes[pod.node]
        self._ip(node.name, f"link add {port} type veth peer name eth0 netns {namespace(self.prefix, pod.name)}",
                 f"link set {port} master cni0 up")
        call("bridge", "-n", namespace(self.prefix, node.name), "link", "set", "dev", port, "hairpin", "on")
        lines = ["link set eth0 up"]
        for r in node.pod_ranges:
            if r.version in pod.addresses:
                address = f"{pod.addresses[r.version]}/{r.prefixlen}"
                lines += [f"address add {address} dev eth0" + " nodad" * (r.version == 6),
                          f"route add default via {node.gateways[r.version]}"]
        self._ip(pod.name, *lines)


def link_local_address(prefix, place):
    """With its zone, as a neighbour would write it."""
    shown = json.loads(call("ip", "-n", namespace(prefix, place), "-6", "-j", "address", "show", "dev", "eth0",
                            "scope", "link"))
    return next(a["local"] for a in shown[0]["addr_info"] if "local" in a) + "%eth0"
