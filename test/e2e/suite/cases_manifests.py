"""The shipped manifests against the real API server."""
import os
import tempfile

from suite.testbed import TREE

BASE = TREE + "/manifests/base"


def dry_run(t):
    """manifests/"""
    done = t.bed.kubectl("apply", "--dry-run=server", "--validate=strict", "-k", BASE)
    t.report.check("the API server accepts manifests/base, without a warning",
                   done.status == 0 and "daemonset.apps/selvedge" in done.out and not done.err, done)
    for component, part in (("bridge-sysctls", "name: bridge-sysctls"), ("cni", "value: /run/selvedge/cni.sock"),
                            ("events", "name: SELVEDGE_EVENTS")):
        with tempfile.TemporaryDirectory() as directory:
            with open(directory + "/kustomization.yaml", "w", encoding="ascii") as f:
                f.write("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
                        f"resources: [{os.path.relpath(BASE, directory)}]\n"
                        f"components: [{os.path.relpath(TREE + '/manifests/' + component, directory)}]\n")
            done = t.bed.kubectl("apply", "--dry-run=server", "--validate=strict", "-o", "yaml", "-k", directory)
        t.report.check(f"and the same with manifests/{component}", done.status == 0 and part in done.out, done)


CASES = [dry_run]
