"""Sends the packets and keeps account of what was wrong."""
import time

import grids
import page
from bed import probe


class Judge:
    def __init__(self, places):
        self._places = places
        self.right, self.wrong = 0, []

    def reached(self, flows, timeout=0.6):
        """{flow: is it open}"""
        return {flow: v == "open" for flow, v in zip(flows, probe.matrix(self._places, list(flows), timeout))}

    def settle(self, wanted, within=10.0):
        """The verdicts, asked until all are as wanted or the time is over. Counts each."""
        deadline = time.monotonic() + within
        while (seen := self.reached(wanted)) != wanted and time.monotonic() < deadline:
            pass
        self.right += sum(seen[flow] == wanted[flow] for flow in wanted)
        self.wrong += [f"{words(flow)} was {'open' if seen[flow] else 'denied'}, must be "
                       f"{'open' if wanted[flow] else 'denied'}" for flow in wanted if seen[flow] != wanted[flow]]
        return seen

    def check(self, what, holds):
        self.right += bool(holds)
        if not holds:
            self.wrong.append(what)

    def show_grid(self, grid, within=10.0):
        wanted = grids.flows(grid)
        seen = self.settle(wanted, within)
        heads = [_short(target) + ":" + what for target, what in grids.COLUMNS]
        lines = [["FROM \\ TO", *heads]]
        for source in grids.rows(grid):
            flows = [(source, *column) for column in grids.COLUMNS]
            cells = [page.verdict(seen[f], wanted[f]) if f in seen else "." for f in flows]
            lines.append([source.split("@")[-1], *cells])
        page.columns(lines)

    def show_cases(self, cases):
        """[(FROM, TO, WHAT, must it be open, why)]: one line each, and its reason below."""
        wanted = {tuple(case[:3]): case[3] for case in cases}
        seen = self.settle(wanted)
        for *flow, expected, why in cases:
            page.line(f"   {words(flow)}: {page.verdict(seen[tuple(flow)], expected, denied='denied')}")
            page.remark(why)


def _short(place):
    return place.rpartition("/")[2]


def words(flow):
    source, target, what = flow
    v6 = " over IPv6" if target.endswith("/6") else ""
    return f"{source.split('@')[-1]} -> {target.removesuffix('/6')} {what}{v6}"
