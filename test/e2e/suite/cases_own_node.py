"""A pod and its own node on real parts: a Service whose backend is the node, its ports, and Services by IPVS."""
import time

from suite import cases_isolation, cases_traffic, cases_tutorial
from suite.trial import deny_all, egress, labelled, port

API = labelled(app="api")


def to_nodes(*nodes, number):
    blocks = [{"ipBlock": {"cidr": node + "/32"}} for node in nodes]
    return egress(API, {"to": blocks, "ports": [port(number)]})


# semantics 77, 83, 84, 114, R3
def own_node(t):
    """The own node: a Service with a host-network backend, as the API server's is, and the node's ports"""
    n1, n2 = t.bed.places.address("n1"), t.bed.places.address("n2")
    virtual = {"here": t.bed("svc", "infra", "here", "443:8080", "host-n1").strip(),
               "there": t.bed("svc", "infra", "there", "443:8080", "host-n2").strip()}
    t.bed("svc", "production", "ports", "8000:3000", "worker", "--node-port", "30090")
    table = """
        production/api      -> {here} 443  %s
        production/api      -> {there} 443 %s
        production/api      -> n1 8080     %s
        production/api      -> n1 30090    %s
        production/postgres -> {here} 443  open
        production/postgres -> n1 30090    open
        n1                  -> {here} 443  open
        """.format(**virtual)
    t.expect("without a policy all are reached", table.replace("%s", "open"), within=20.0)
    t.api.apply_policy("production/api", deny_all("Egress", pods=API))
    t.expect("a pod that may send nothing reaches none", table.replace("%s", "timeout"))
    t.api.apply_policy("production/allow", to_nodes(n1, number=8080))
    mine = table.replace("443  %s", "443 open").replace("8080     %s", "8080 open")
    t.expect("a block of its node's address allows the backend there", mine.replace("%s", "timeout"))
    t.api.apply_policy("production/allow", to_nodes(n1, n2, number=8080))
    t.expect("and one of the other node's the backend there",
             mine.replace("{there} 443 %s".format(**virtual), "{there} 443 open".format(**virtual))
             .replace("%s", "timeout"))
    t.api.apply_policy("production/allow", egress(API, {"to": [{"podSelector": labelled(app="worker")}],
                                                        "ports": [port(3000)]}))
    t.expect("a port of the node is judged by the pod behind it",
             table.replace("30090    %s", "30090 open").replace("%s", "timeout"))


def ipvs_device(t):
    """kube-proxy's device of IPVS mode"""
    for node in ("n1", "n2"):
        t.bed.exec(node, "ip", "link", "add", "kube-ipvs0", "type", "bridge")
    deadline = time.monotonic() + 15
    for node, engine in t.engines.items():
        while "chain ingress-services" not in engine.table() and time.monotonic() < deadline:
            time.sleep(0.1)
        t.report.check(f"on {node} the rules are those for it, and no others",
                       "chain ingress-services" in engine.table() and "chain to-node {" not in engine.table())
        t.expect_readyz(node, f"{node} is ready with it", lambda status, _: status == 200)


CASES = [own_node]
# With the rules for IPVS in force, beside no kube-proxy at all.
WITHOUT_KUBE_PROXY = (cases_tutorial.CASES + [cases_traffic.default_deny_egress, ipvs_device] + cases_tutorial.CASES +
                      [cases_traffic.default_deny, cases_traffic.default_deny_egress] + cases_isolation.CASES)
