"""The policy of every NetworkPolicy tutorial, with all its parts, as packets before, during and after."""
import os

POLICY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tutorial.yaml")

# who -> whom on what, and the verdict while the policy is in force; without it everything is open
IPV4 = """
    production/worker   -> production/api 3000      open     namespaceSelector environment=production, same node
    production/frontend -> production/api 3000      open     other node
    production/postgres -> production/api 3000      open
    staging/frontend    -> production/api 3000      timeout  role=frontend counts in the policy's own namespace only
    staging/postgres    -> production/api 3000      timeout
    ext@203.0.113.7     -> production/api 3000      open     ipBlock
    ext@203.0.113.5     -> production/api 3000      timeout  its except
    ext                 -> production/api 3000      timeout
    n1                  -> production/api 3000      open     its own node
    n2                  -> production/api 3000      timeout
    production/worker   -> production/api 443       timeout  another port
    production/worker   -> production/api 3000/udp  timeout  another protocol
    production/worker   -> production/api 3000/sctp timeout
    production/worker   -> production/api icmp      timeout
    production/frontend -> production/api 5432      timeout
    ext@203.0.113.7     -> production/api 443       timeout
    production/api -> production/postgres 5432      open     podSelector app=postgres
    production/api -> production/postgres 3000      timeout
    production/api -> production/postgres 443       open     to: []
    production/api -> production/worker   5432      timeout
    production/api -> production/worker   443       open
    production/api -> staging/postgres    5432      timeout  app=postgres of another namespace
    production/api -> staging/postgres    443       open
    production/api -> staging/frontend    3000/udp  timeout
    production/api -> staging/frontend    3000/sctp timeout
    production/api -> staging/frontend    icmp      timeout
    production/api -> ext                 443       open
    production/api -> ext                 5432      timeout
    production/api -> ext                 80        timeout
    production/api -> ext                 80/udp    timeout
    production/api -> n1                  8080      timeout  its own node
    production/api -> n2                  8080      timeout
    staging/frontend    -> staging/postgres    5432 open     nobody selected them
    staging/postgres    -> staging/frontend    icmp open
    production/worker   -> production/frontend 3000 open
    production/frontend -> production/worker   3000/sctp open
"""
IPV6 = """
    production/worker   -> production/api 3000      open
    production/frontend -> production/api 3000      open
    staging/frontend    -> production/api 3000      timeout
    ext                 -> production/api 3000      timeout
    n1                  -> production/api 3000      open
    n2                  -> production/api 3000      timeout
    production/worker   -> production/api 3000/udp  timeout
    production/api -> production/postgres 5432      open
    production/api -> staging/postgres    5432      timeout
    production/api -> staging/postgres    443       open
    production/api -> ext                 443       open
    production/api -> ext                 80        timeout
    production/api -> n1                  8080      timeout
    staging/frontend    -> staging/postgres    5432 open
"""


def with_verdict(table, verdict):
    return "\n".join(" ".join(line.split()[:4] + [verdict]) for line in table.splitlines() if line.strip())


def print_matrix(before, during):
    print(f"       {'FROM':20} {'TO':22} {'WHAT':10} {'BEFORE':8} WITH THE POLICY")
    for flow, verdict in during.items():
        source, target, what = flow
        print(f"       {source:20} {target:22} {what:10} {before.get(flow, '-'):8} {verdict}")


def tutorial(t):
    """The tutorial's policy"""
    tables = [(IPV4, (4,)), (IPV6, (6,))]
    before, during = {}, {}
    for table, families in tables:
        everything_open = with_verdict(table, "open")
        before |= t.expect(f"IPv{families[0]}: before the policy everything is open", everything_open, families)
    t.bed("kubectl", "apply", "-f", POLICY)
    for table, families in tables:
        during |= t.expect(f"IPv{families[0]}: with the policy", table, families)
    print_matrix(before, during)
    t.bed("kubectl", "delete", "-f", POLICY)
    for table, families in tables:
        t.expect(f"IPv{families[0]}: after the policy everything is open", with_verdict(table, "open"), families)


CASES = [tutorial]
