"""Pods that the API server has not told of yet: the guard holds their addresses (R12)."""
from suite.trial import ingress, labelled

PORT = ["--port", "api=tcp/3000", "--port", "query=udp/3000"]


def unknown_pod(t):
    """A pod whose addresses nobody has reported"""
    t.bed.add_pod("production/late", "n1", "--labels", "app=late", *PORT, "--unreported")
    try:
        t.expect("it reaches nobody, nobody reaches it, and its node does", """
            production/late     -> production/worker   3000     timeout
            production/late     -> production/frontend 3000     timeout
            production/late     -> production/frontend 3000/udp timeout
            production/worker   -> production/late     3000     timeout
            production/frontend -> production/late     3000     timeout
            n1                  -> production/late     3000     open
            production/worker   -> production/frontend 3000     open
            """, (4, 6))
        t.bed.report_pod("production/late")
        t.expect("once they are reported it is open, as no policy isolates it", """
            production/late     -> production/frontend 3000 open
            production/frontend -> production/late     3000 open
            production/worker   -> production/late     3000 open
            """, (4, 6))
        t.api.apply_policy("production/late", ingress(labelled(app="late"), {"from": [{"podSelector": labelled(app="worker")}]}))
        t.expect("and then as policies say", """
            production/late     -> production/frontend 3000 open
            production/frontend -> production/late     3000 timeout
            production/worker   -> production/late     3000 open
            """, (4, 6))
    finally:
        t.bed.delete_pod("production/late")


CASES = [unknown_pod]
