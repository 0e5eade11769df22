"""python3 -m suite [--no-engine] [--only WORD] [--bed WORD] [--rounds N] ARTEFACTS PREFIX PROGRAM: see run.sh."""
import argparse
import os
import sys
import time

from suite import (cases_changes, cases_cni, cases_denials, cases_failures, cases_guard, cases_instants, cases_isolation,
                   cases_manifests, cases_own_node, cases_traffic, cases_tutorial)
from suite.api import Api
from suite.engine import Engine
from suite.report import Report
from suite.testbed import TREE, Bed
from suite.trial import Trial

PORTS = ["--port", "api=tcp/3000", "--port", "https=tcp/443", "--port", "pg=tcp/5432", "--port", "query=udp/3000",
         "--port", "dhcp=udp/67", "--port", "assoc=sctp/3000"]
PODS = [("production/api", "n1", "app=api"), ("production/worker", "n1", "app=worker"),
        ("production/frontend", "n2", "role=frontend"), ("production/postgres", "n2", "app=postgres"),
        ("staging/frontend", "n1", "role=frontend"), ("staging/postgres", "n2", "app=postgres")]

# The second bed repeats what depends on how kube-proxy rewrites packets, the third does without it.
BEDS = [("kube-proxy nftables", ["--proxy", "nftables"],
         cases_manifests.CASES + cases_tutorial.CASES + cases_traffic.CASES + cases_isolation.CASES + cases_guard.CASES +
         cases_own_node.CASES + cases_changes.CASES + cases_instants.CASES + cases_instants.NEED_ENGINE +
         cases_failures.CASES + cases_denials.NEED_ENGINE + cases_cni.CASES),
        ("kube-proxy iptables", ["--proxy", "iptables"],
         cases_tutorial.CASES + [cases_traffic.services] + cases_own_node.CASES),
        ("no kube-proxy", ["--proxy", "none"], cases_own_node.WITHOUT_KUBE_PROXY)]
NEED_ENGINE = (cases_instants.NEED_ENGINE + cases_failures.CASES + cases_denials.NEED_ENGINE + cases_cni.CASES)


def populate(bed):
    for manifest in ("namespace", "serviceaccount", "rbac"):
        bed("kubectl", "apply", "-f", f"{TREE}/manifests/base/{manifest}.yaml")
    for namespace in ("production", "staging", "infra"):
        bed("ns", "add", namespace, f"environment={namespace}")
    for name, node, labels in PODS:
        bed.add_pod(name, node, "--labels", labels, *PORTS)
    for node in ("n1", "n2"):
        bed.add_pod("infra/host-" + node, node, "--host-network", "--port", "http=tcp/8080")


def start_engines(bed, program, report):
    """A daemon on each node, with a bound token of the shipped ServiceAccount."""
    kubeconfig = bed("kubeconfig", "selvedge-system", "selvedge").strip()
    engines = {node: Engine(bed, node, program, kubeconfig) for node in ("n1", "n2")}
    for engine in engines.values():
        engine.start()
    for node, engine in engines.items():
        ready, answer = engine.wait_ready()
        report.check(f"selvedge on {node} becomes ready", ready, "/readyz: %d %s" % answer)
    return engines


def run_case(trial, case):
    name = case.__doc__
    print(f"== {name}", flush=True)
    if case in NEED_ENGINE and not trial.engines:
        return trial.report.skip(name, "there is no engine to ask")
    try:
        case(trial)
    except Exception:  # the next case still runs, on a clean bed
        trial.report.crashed(name)
    trial.api.delete_policies()


def run_bed(options, words, bed_options, cases, report):
    bed = Bed(options.prefix)
    print(f"==== {words}", flush=True)
    try:
        print(bed("up", "--nodes", "2", "--dual-stack", *bed_options), end="")
        api = Api(bed.state, bed.prefix)
        print("kubernetes " + api("GET", "/version")["gitVersion"])
        populate(bed)
        trial = Trial(bed, api, report, {}, options.rounds)
        if not options.no_engine:
            trial.engines = start_engines(bed, options.program, report)
        for case in cases:
            run_case(trial, case)
        print(f"{trial.denials} denials were expected" + ("" if trial.engines else ", and the doors stood open"))
    finally:
        if not options.keep:
            bed("down")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--no-engine", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--bed", default="")
    parser.add_argument("--rounds", type=int, default=20)
    for name in ("artefacts", "prefix", "program"):
        parser.add_argument(name)
    options = parser.parse_args()
    report, begin = Report(options.artefacts), time.monotonic()
    for words, bed_options, cases in BEDS:
        cases = [case for case in cases if options.only in case.__name__]
        if not cases or options.bed not in words:
            continue
        try:
            run_bed(options, words, bed_options, cases, report)
        except Exception:
            report.evidence = None
            report.crashed(words)
        if options.keep:
            break
    if report.failed and os.path.isdir(options.artefacts):
        print(f"logs and rulesets of the failures: {options.artefacts}")
    print(f"e2e took {time.monotonic() - begin:.0f} s" + (", without an engine" if options.no_engine else ""))
    print(report.closing_line())
    return 1 if report.failed else 0


sys.exit(main())
