"""One line for each thing that was looked at, and the sum at the end. What a failure needs to be understood is kept."""
import os
import re
import subprocess
import traceback


class Report:
    def __init__(self, artefacts):
        self.passed = self.failed = self.skipped = 0
        self.artefacts = artefacts
        self.evidence = None  # callable: (directory) -> None, writes logs and rulesets

    def ok(self, name, note=""):
        self.passed += 1
        print(f"ok   {name}{f'  ({note})' if note else ''}", flush=True)

    def fail(self, name, detail=""):
        self.failed += 1
        print(f"FAIL {name}", flush=True)
        for line in str(detail).splitlines():
            print("       " + line, flush=True)
        if self.evidence:
            words = re.sub(r"[^A-Za-z0-9]+", "-", name)[:60].strip("-")
            directory = os.path.join(self.artefacts, f"{self.failed:02d}-{words}")
            os.makedirs(directory, exist_ok=True)
            self.evidence(directory)
            print(f"       logs and rulesets: {directory}", flush=True)

    def skip(self, name, why):
        self.skipped += 1
        print(f"skip {name}: {why}", flush=True)

    def check(self, name, holds, detail=""):
        if holds:
            self.ok(name)
        else:
            self.fail(name, detail)

    def crashed(self, name):
        error = traceback.format_exc()
        self.fail(f"{name}: stopped by an error", error)

    def closing_line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def write_output(path, command):
    """Keeps what a command prints, for the evidence of a failure."""
    with open(path, "wb") as f:
        subprocess.run(command, stdout=f, stderr=subprocess.STDOUT, check=False)
