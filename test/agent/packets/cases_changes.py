"""Policies, labels and pods change through the API, and the packets follow."""
from suite.trial import deny_all, ingress, labelled

FRONTEND = labelled(app="web", role="frontend")
TESTERS = {"from": [{"namespaceSelector": labelled(team="quality"), "podSelector": labelled(role="tester")}]}


def reach(tester, postgres, api="open"):
    return f"""
        quality/tester-0      -> production/frontend-0 3000     {tester}
        quality/tester-0      -> production/frontend-0 3000/udp {tester}
        production/postgres-0 -> production/frontend-0 3000     {postgres}
        production/api-0      -> production/frontend-0 icmp     {postgres}
        quality/tester-0      -> production/api-0 3000          {api}
        node-a                -> production/frontend-0 3000     open
        """


def policies(t):
    """A policy is created, changed and deleted"""
    t.api.apply_policy("production/frontend", deny_all("Ingress", pods=FRONTEND))
    t.expect("created", reach("timeout", "timeout"), (4, 6))
    t.api.apply_policy("production/frontend", ingress(FRONTEND, TESTERS))
    t.expect("changed", reach("open", "timeout"), (4, 6))
    t.api.apply_policy("production/frontend", ingress(FRONTEND, {"from": [{"podSelector": {}}]}))
    t.expect("changed again", reach("timeout", "open"), (4, 6))
    t.api.apply_policy("production/frontend", ingress(labelled(app="api")))
    t.expect("it selects another pod", reach("open", "open", "timeout"), (4, 6))
    t.api.delete_policy("production/frontend")
    t.expect("deleted", reach("open", "open"), (4, 6))


def labels(t):
    """Labels change"""
    t.api.apply_policy("production/frontend", ingress(FRONTEND, TESTERS))
    t.expect("at first", reach("open", "timeout"), (4, 6))
    t.api.label("quality/tester-0", role="guest")
    t.expect("a pod loses the label that let it in", reach("timeout", "timeout"))
    t.api.label("quality/tester-0", role="tester")
    t.expect("and gets it back", reach("open", "timeout"))
    t.api.label("quality", team=None)
    t.expect("a namespace loses one", reach("timeout", "timeout"), (4, 6))
    t.api.label("quality", team="quality")
    t.expect("and gets it back", reach("open", "timeout"), (4, 6))
    t.api.label("production/frontend-0", role="retired")
    t.expect("the target loses the label by which it is isolated", reach("open", "open"))
    t.api.label("production/frontend-0", role="frontend")
    t.expect("and gets it back", reach("open", "timeout"))


def pods(t):
    """Pods come and go"""
    t.api.apply_policy("production/default-deny", deny_all("Ingress"))
    t.api.apply_policy("production/frontend", ingress(FRONTEND, TESTERS))
    t.expect("at first", reach("open", "timeout", "timeout"), (4, 6))
    tester, target = (next(o for o in t.objects if o["kind"] == "Pod" and o["metadata"]["name"] == name)
                      for name in ("tester-0", "frontend-0"))
    t.api("DELETE", "/api/v1/namespaces/quality/pods/tester-0")
    t.expect("a peer that is gone is let in no more", reach("timeout", "timeout", "timeout"), (4, 6))
    t.api.put(tester)
    t.expect("until it is there again", reach("open", "timeout", "timeout"), (4, 6))
    t.api.put(target | {"status": {"phase": "Pending"}})
    t.api.put(target)
    t.expect("a target that gets its addresses late is isolated", reach("open", "timeout", "timeout"), (4, 6))
    t.api.put(tester | {"status": tester["status"] | {"phase": "Succeeded"}})
    t.expect("a peer that has ended is let in no more", reach("timeout", "timeout", "timeout"), (4, 6))  # semantics 61
    t.api.put(tester)


CASES = [policies, labels, pods]
