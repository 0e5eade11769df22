"""Who reaches whom: the tutorial's policies over both families, a pod's own node, a pod's way to itself."""
from packets.trial import NODE
from suite.cases_tutorial import with_verdict
from suite.trial import deny_all

TUTORIAL = """
    production/frontend-0   -> production/api-0 3000      open     in a namespace with environment=production
    production/postgres-0   -> production/api-0 3000      open     other node
    monitoring/prometheus-0 -> production/api-0 3000      open     other namespace with the label
    quality/tester-0        -> production/api-0 3000      timeout
    outside                 -> production/api-0 443       timeout
    node-a                  -> production/api-0 3000      open     its own node
    node-a                  -> production/api-0 443       open
    node-b                  -> production/api-0 3000      timeout  any other node is an ordinary address
    production/frontend-0   -> production/api-0 443       timeout  another port
    production/frontend-0   -> production/api-0 3000/udp  timeout  another protocol
    production/frontend-0   -> production/api-0 icmp      timeout  a rule with ports allows no ICMP
    production/api-0 -> production/postgres-0 5432        open     podSelector app=postgres
    production/api-0 -> production/postgres-0 3000        timeout
    production/api-0 -> production/postgres-0 icmp        timeout
    production/api-0 -> production/frontend-0 5432        timeout
    production/api-0 -> production/frontend-0 443         open     to: []
    production/api-0 -> production/frontend-0 53/udp      timeout
    production/api-0 -> outside 443                       open
    production/api-0 -> outside 80                        timeout
    production/api-0 -> outside 53/udp                    timeout  DNS was not allowed
    production/api-0 -> node-a 8080                       timeout  its own node
    production/api-0 -> node-b 8080                       timeout
    quality/tester-0        -> staging/web-0 8080         open     namespaceSelector AND podSelector; a named port
    quality/tester-0        -> staging/web-0 3000         timeout
    quality/tester-0        -> staging/web-0 53/udp       timeout
    quality/tester-0        -> staging/web-0 icmp         timeout
    production/frontend-0   -> staging/web-0 8080         timeout
    monitoring/prometheus-0 -> staging/web-0 8080         timeout
    outside                 -> staging/web-0 8080         timeout
    node-a                  -> staging/web-0 8080         open
    staging/web-0 -> production/api-0 3000                timeout
    staging/web-0 -> production/frontend-0 3000           timeout
    staging/web-0 -> quality/tester-0 443                 timeout
    staging/web-0 -> quality/tester-0 icmp                timeout
    staging/web-0 -> outside 443                          timeout
    staging/web-0 -> outside 53/udp                       timeout
    staging/web-0 -> node-a 8080                          timeout
    production/frontend-0   -> production/postgres-0 5432 open     nobody selects these two
    production/frontend-0   -> production/postgres-0 icmp open
    production/frontend-0   -> production/postgres-0 53/udp open
    quality/tester-0        -> production/frontend-0 3000 open
    quality/tester-0        -> production/frontend-0 icmp open
    production/frontend-0   -> node-a 8080                open
    production/frontend-0   -> outside 443                open
    """
TUTORIAL_IPV4 = """
    outside@203.0.113.7     -> production/api-0 3000      open     ipBlock
    outside@203.0.113.5     -> production/api-0 3000      timeout  its except
    """
TUTORIAL_IPV6 = """
    outside                 -> production/api-0 3000      timeout  no ipBlock of IPv6
    """


def tutorial(t):
    """The tutorial's policies"""
    tables = [("IPv4", TUTORIAL + TUTORIAL_IPV4, (4,)), ("IPv6", TUTORIAL + TUTORIAL_IPV6, (6,))]
    for words, table, families in tables:
        t.expect(f"{words}: before the policies everything is open", with_verdict(table, "open"), families)
    t.apply(t.policies)
    for words, table, families in tables:
        t.expect(f"{words}: with the policies", table, families)
    t.api.delete_policies()
    for words, table, families in tables:
        t.expect(f"{words}: after the policies everything is open", with_verdict(table, "open"), families)


# semantics 76, 77, R2, R3
def own_node(t):
    """A kubelet's probe always passes"""
    for namespace in ("production", "staging"):
        t.api.apply_policy(namespace + "/default-deny", deny_all())
    t.expect("under deny-all a pod hears its own node and nobody else", """
        node-a                -> production/api-0 3000     open
        node-a                -> production/api-0 3000/udp open
        node-a                -> production/api-0 icmp     open
        node-a                -> staging/web-0 8080        open
        node-b                -> production/api-0 3000     timeout
        quality/tester-0      -> production/api-0 3000     timeout
        production/frontend-0 -> production/api-0 3000     timeout
        production/api-0      -> node-a 8080               timeout
        production/api-0      -> node-a icmp               timeout
        """, (4, 6))


SERVICE = {4: "10.96.0.10", 6: "fd00:96::a"}


def translation(t):
    """A stand-in for kube-proxy: the Service's addresses lead to production/api-0."""
    four, six = (t.bed.pods["production/api-0"].addresses[v] for v in (4, 6))
    return f"""table inet lab-service {{
      chain translate {{
        type nat hook prerouting priority dstnat;
        ip daddr {SERVICE[4]} tcp dport 80 dnat ip to {four}:3000
        ip6 daddr {SERVICE[6]} tcp dport 80 dnat ip6 to [{six}]:3000
      }}
      chain hide {{
        type nat hook postrouting priority srcnat;
        ip saddr {four} ip daddr {four} masquerade
        ip6 saddr {six} ip6 daddr {six} masquerade
      }}
    }}"""


# semantics 79, 80, R6
def hairpin(t):
    """A pod reaches itself through a Service"""
    made = t.bed.exec(NODE, "nft", translation(t))
    t.report.check("a Service's address can be translated", made.status == 0, made.err)
    table = "\n".join(f"""
        production/api-0      -> {address} 80 open
        production/frontend-0 -> {address} 80 %s
        staging/web-0         -> {address} 80 %s
        """ for address in SERVICE.values())
    t.expect("without a policy everybody does", table.replace("%s", "open"))
    t.api.apply_policy("production/default-deny", deny_all())
    t.expect("under deny-all only the pod itself does", table.replace("%s", "timeout"))


CASES = [tutorial, own_node, hairpin]
