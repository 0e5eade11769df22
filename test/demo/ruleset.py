"""Finds its way in what `selvedge inspect` prints. The parts about one pod are few lines, however long the
table."""
import json
import re


def blocks(text):
    """{"chain NAME": its lines} for each chain, set and map of the table."""
    found, name = {}, None
    for line in text.splitlines():
        if opening := re.fullmatch(r"\t(chain|set|map) (\S+) \{", line):
            name = f"{opening[1]} {opening[2]}"
            found[name] = []
        if name:
            found[name].append(line.removeprefix("\t"))
        if line == "\t}":
            name = None
    return found


def about(text, pod, policy):
    """The way of an IPv4 packet to the pod: dispatch map, pod chain, the policy's chain, and the sets this one asks."""
    found = blocks(text)
    chains = [name for role, owner in (("pod", pod), ("policy", policy)) for name in found
              if re.fullmatch(f"chain {role}-ingress-[^-]+-{re.escape(owner)}", name)]
    used = sorted(set(re.findall(r"@((?:peers|block|named)-\S+-v4)", "\n".join(sum((found[c] for c in chains), [])))))
    names = ["map ingress-v4", *chains, *("set " + s for s in used)]
    return "\n\n".join(_shortened("\n".join(found[name])) for name in names if name in found)


def _shortened(block):
    """Elements on one line, counters without their names: those repeat what stands around them."""
    block = re.sub(r"elements = \{\n(.*?),\n\s*\}", lambda m: "elements = { " + re.sub(r",\n\s*", ", ", m[1].strip()) +
                   " }", block, flags=re.S)
    return re.sub(r'counter name "[^"]*"', "counter", block)


def denied(inspection, direction, pod):
    """(counter's name, packets) of what was dropped at the end of the pod's chain."""
    for counter in json.loads(inspection)["counters"]:
        if (counter["role"], counter["direction"], counter["object"]) == ("deny", direction, pod):
            return counter["name"], counter["packets"]
    return "none", 0


def commented(text, comment):
    """The first rule whose comment begins so."""
    return next((_shortened(line.strip()) for line in text.splitlines() if f'comment "{comment}' in line), "")
