"""What cases share: reports made once each, tabs that show them, and small questions."""

import json
import os
import subprocess

from . import worlds
from .chromium import Browser, Page

CASES = []


def case(function):
    CASES.append(function)
    return function


def small():
    """Three services behind each other, one that is open, and a rule that nobody meets."""
    shop, front = "shop", {"app": "front", "role": "web"}
    objects = [worlds.namespace(shop, env="prod"), worlds.namespace("legacy"),
               worlds.pod(shop, "front", 0, ["10.244.1.1", "fd00::1"], front, [("http", 8080)]),
               worlds.pod(shop, "api", 0, ["10.244.1.2", "fd00::2"], {"app": "api"}, [("grpc", 3000)]),
               worlds.pod(shop, "api", 1, ["10.244.1.3", "fd00::3"], {"app": "api"}, [("grpc", 3000)], "node-b"),
               worlds.pod(shop, "db", 0, ["10.244.1.4", "fd00::4"], {"app": "db"}, [("sql", 5432)], kind="StatefulSet"),
               worlds.pod("legacy", "billing", 0, ["10.244.1.5"], {"app": "billing"}, [(None, 80)])]
    to = lambda app: [{"podSelector": {"matchLabels": {"app": app}}}]  # noqa: E731
    objects += [worlds.policy(shop, "front", {"app": "front"}, ingress=[{"from": [{"ipBlock": {
                    "cidr": "203.0.113.0/24", "except": ["203.0.113.5/32"]}}], "ports": worlds.tcp("http")}]),
                worlds.policy(shop, "api", {"app": "api"}, ingress=[{"from": to("front"), "ports": worlds.tcp("grpc")}],
                              egress=[{"to": to("db"), "ports": worlds.tcp(5432)}]),
                worlds.policy(shop, "db", {"app": "db"}, ingress=[{"from": to("api"), "ports": worlds.tcp("sql")},
                              {"from": [{"namespaceSelector": {"matchLabels": {"env": "test"}}}], "ports": worlds.tcp(9187)}])]
    return worlds.listed(objects)


def audited():
    """A policy that is tried: its namespace says so by its label."""
    return worlds.listed([
        worlds.namespace("trial", **{"selvedge.io/mode": "audit"}),
        worlds.pod("trial", "web", 0, ["10.244.1.1"], {"app": "web"}), worlds.pod("trial", "job", 0, ["10.244.1.2"], {"app": "job"}),
        worlds.pod("trial", "db", 0, ["10.244.1.3"], {"app": "db"}, [(None, 5432)]),
        worlds.policy("trial", "db", {"app": "db"}, ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": worlds.tcp(5432)}])])


class Pages:
    """Reports, made once each, and tabs that show them."""

    WORLDS = {"small": small, "many": worlds.many, "hostile": worlds.hostile,
              "audited": audited, "some": lambda: worlds.many(120, 300, 12), "ten thousand findings": lambda: worlds.many(300, 10000)}

    def __init__(self, program, directory):
        self.program, self.directory = program, directory
        self.browser = Browser()
        self.opened = []
        self.made = {}

    def input(self, world):
        path = os.path.join(self.directory, world.replace(" ", "-") + ".in.json")
        if not os.path.exists(path):
            with open(path, "w", encoding="utf-8") as file:
                json.dump(self.WORLDS[world](), file)
        return path

    def run(self, *words):
        done = subprocess.run([self.program, *words], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    def report(self, world, form):
        if (world, form) not in self.made:
            self.made[world, form] = self.run("report", "-f", self.input(world), "--output", form)
        return self.made[world, form]

    def open(self, world, **size):
        path = os.path.join(self.directory, world.replace(" ", "-") + ".html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.report(world, "html"))
        page = Page(self.browser, **size)
        self.opened.append(page)
        page.open(path)
        return page

    def leave(self):
        for page in self.opened:
            page.close()
        self.opened.clear()
        self.browser.events.clear()

    def close(self):
        self.browser.close()


def same(found, wanted):
    assert found == wanted, f"{found!r} is not {wanted!r}"


def quiet(page):
    same(page.complaints(), [])


def find(page, words, **choices):
    page.tell("byId('clear').click()")
    page.click("byId('find')")
    page.type(words)
    for name, value in choices.items():
        page.tell(f"byId('{name}').value = '{value}'; byId('{name}').dispatchEvent(new Event("
                  f"'{'input' if name == 'port' else 'change'}', {{bubbles: true}}))")
    page.tell("searchNow()")


def lines(page):
    return page.tell("matrix.rows.filter((item) => item.kind !== 'band').map(nameOfItem)")


def cell(source, destination):
    """An expression for the element."""
    return (f"document.querySelector(`.cell[aria-label^='{source} to {destination}:']`)")


API, FRONT, DB = "shop/ReplicaSet/api", "shop/ReplicaSet/front", "shop/StatefulSet/db"
