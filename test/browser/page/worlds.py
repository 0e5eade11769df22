"""Clusters to make pages of, as `kubectl get -o json` would print them."""


def listed(objects):
    return {"apiVersion": "v1", "kind": "List", "items": objects}


def namespace(name, **labels):
    return {"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name, **labels}}}


def pod(ns, workload, number, address, labels, ports=(), node="node-a", kind="ReplicaSet"):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": f"{workload}-{number}", "namespace": ns, "labels": labels,
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": workload, "controller": True}]},
            "spec": {"nodeName": node, "containers": [{"name": "c", "ports": [
                {"name": name, "containerPort": port} if name else {"containerPort": port} for name, port in ports]}]},
            "status": {"phase": "Running", "podIPs": [{"ip": one} for one in address]}}


def policy(ns, name, selector, ingress=None, egress=None):
    spec = {"podSelector": {"matchLabels": selector}, "policyTypes": []}
    if ingress is not None:
        spec["policyTypes"].append("Ingress")
        spec["ingress"] = ingress
    if egress is not None:
        spec["policyTypes"].append("Egress")
        spec["egress"] = egress
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": ns},
            "spec": spec}


def tcp(*ports):
    return [{"protocol": "TCP", "port": port} for port in ports]


def many(workloads=2000, policies=500, per_namespace=20):
    """Namespaces of `per_namespace` workloads with two pods each; policies of several kinds, spread over them."""
    objects = []
    for i in range(workloads):
        ns, app = f"team-{i // per_namespace:03}", f"app-{i % per_namespace:02}"
        if i % per_namespace == 0:
            objects.append(namespace(ns, env="prod" if i // per_namespace % 3 else "test"))
        for replica in range(2):
            number = 2 * i + replica
            labels = {"app": app, "tier": "web" if i % 4 == 0 else "db" if i % 4 == 1 else "job"}
            objects.append(pod(ns, app, replica, [f"10.{64 + number // 65536}.{number // 256 % 256}.{number % 256}"],
                               labels, [("http", 8080)] if i % 4 == 0 else [(None, 5432)], f"node-{number % 100:03}"))
    namespaces = max(1, workloads // per_namespace)
    for i in range(policies):
        objects.append(some_policy(i, f"team-{i % namespaces:03}", i // namespaces % per_namespace, namespaces))
    return listed(objects)


def some_policy(i, ns, app, namespaces):
    selector, kind = {"app": f"app-{app:02}"}, i % 5
    other = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": f"team-{(i * 7 + 1) % namespaces:03}"}},
             "podSelector": {"matchLabels": {"tier": "web"}}}
    if kind == 0:
        return policy(ns, f"deny-{i}", selector, ingress=[])
    if kind == 1:
        return policy(ns, f"web-{i}", selector, ingress=[{"from": [{"podSelector": {"matchLabels": {"tier": "web"}}}], "ports": tcp(5432)}])
    if kind == 2:
        return policy(ns, f"other-{i}", selector, ingress=[{"from": [other, {"ipBlock": {"cidr": f"203.0.{i % 8}.0/24"}}], "ports": tcp("http", 9000 + i % 50)}])
    if kind == 3:
        return policy(ns, f"out-{i}", selector, egress=[{"to": [other], "ports": tcp(5432, 8080)},
                                                        {"ports": [{"protocol": "UDP", "port": 53}]}])
    return policy(ns, f"prod-{i}", selector, ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"env": "prod"}}}]}])


HOSTILE = ["</script><script>document.title='owned'</script>", "<img src=x onerror=\"document.title='owned'\">",
           "<!--", "]]>", "\u202egnp.exe", "\u2028line", "tab\there", "\"';--", "&amp;<b>", "__proto__", "constructor",
           "\x1b[31mred", "x" * 253, "\u0000nul", "${document.title='owned'}", "\U0001f512"]


def hostile():
    """What no API server accepts, as a template or an enemy may write it into a file: in names as far as they are read
    at all, else in labels, names of nodes and ports, selectors, blocks and fields."""
    objects = [namespace("shop", **{"<i>team</i>": "</style><b>"}), namespace("x" * 63), namespace("constructor")]
    for i, name in enumerate(HOSTILE):
        plain = ["toString", "constructor", "-" * 253, "A.b_C", "x" * 253][i % 5]
        objects.append(pod(["shop", "x" * 63, "constructor"][i % 3], plain, i, [f"10.244.1.{i + 1}"],
                           {"app": name, name: "</textarea><script>"}, [(name, 80)], node=name))
        objects[-1]["metadata"]["name"] = f"p{i}"
        objects.append(policy("shop", f"hostile-{i}", {"app": name}, ingress=[
            {"from": [{"podSelector": {"matchLabels": {name: name}}}, {"ipBlock": {"cidr": name}}], "ports": tcp(80, name)},
            {"from": [{"namespaceSelector": {"matchExpressions": [{"key": name, "operator": "In", "values": [name, "<!--"]}]}}]}]))
    objects.append(policy("shop", "broken", {}, ingress=[{"form": [{"podSelector": {"matchLabels": {"</script>": "<!--"}}}]}]))
    return listed(objects)
