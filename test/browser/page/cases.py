"""What must be true of the page; a case's name says it."""

import json
import os
import re
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


class Pages:
    """Reports, made once each, and tabs that show them."""

    WORLDS = {"small": small, "many": worlds.many, "hostile": worlds.hostile,
              "some": lambda: worlds.many(120, 300, 12), "ten thousand findings": lambda: worlds.many(300, 10000)}

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


@case
def the_page_loads_without_complaints_and_asks_no_network_for_anything(pages):
    page = pages.open("small")
    same(page.tell("document.querySelectorAll('[role=grid] [role=row]').length > 5"), True)
    same(page.tell("performance.getEntriesByType('resource').length"), 0)
    for view in page.tell("VIEWS.map((one) => one.id)"):
        page.tell(f"chooseView('{view}')")
    quiet(page)


@case
def the_policy_of_the_page_lets_nothing_else_run(pages):
    page = pages.open("small")
    policy = page.tell("document.querySelector('meta[http-equiv]').content")
    assert policy.startswith("default-src 'none'; script-src 'sha256-"), policy
    page.tell("(() => { const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s); })()")
    same(page.tell("typeof window.owned"), "undefined")
    page.tell("new Promise((done) => { const i = new Image(); i.onerror = i.onload = done; i.src = 'http://127.0.0.1:9/x'; })")
    assert any("Content Security Policy" in one for one in page.complaints())


@case
def a_cell_shows_its_port_and_says_it_to_a_screen_reader(pages):
    page = pages.open("small")
    same(page.tell(cell(FRONT, API) + ".textContent"), "3000")
    same(page.tell(cell(FRONT, API) + ".getAttribute('aria-label')"), f"{FRONT} to {API}: tcp/3000")
    same(page.tell(cell(FRONT, DB) + ".getAttribute('aria-label')"), f"{FRONT} to {DB}: denied")


@case
def every_verdict_has_a_shape_of_its_own_beside_its_colour(pages):
    page = pages.open("small")
    shapes = page.tell("[...document.querySelectorAll('.legend .mark')].map((one) => { const s = getComputedStyle(one); "
                       "return [s.borderStyle, s.borderRadius, s.backgroundImage.replace(/rgb\\([^)]*\\)|color[^,)]*\\)/g, '')].join(' '); })")
    same(len(set(shapes)), len(shapes))


@case
def a_click_on_a_cell_says_why_it_is_allowed(pages):
    page = pages.open("small")
    page.click(cell(FRONT, API))
    text = page.tell("byId('panel').innerText")
    assert "allowed: tcp/3000" in text, text
    assert f"ingress of {API}: allowed, isolated by shop/api" in text, text
    assert "by shop/api ingress[0] from[0]: podSelector app=front, tcp/grpc" in text, text
    quiet(page)


@case
def a_click_on_a_denied_cell_says_which_rule_comes_nearest_and_what_lacks(pages):
    page = pages.open("small")
    page.click(cell("legacy/ReplicaSet/billing", DB))
    text = page.tell("byId('panel').innerText")
    assert "denied on every port" in text, text
    assert "not by shop/db ingress[1] from[0] (namespaceSelector env=test): namespace legacy: label env=test missing" in text, text


@case
def another_port_is_asked_in_the_panel(pages):
    page = pages.open("small")
    page.click(cell(FRONT, API))
    page.click("document.querySelector('#panel .chips input')")
    page.type("tcp/9999")
    page.press("Enter")
    text = page.tell("byId('panel').innerText")
    assert "tcp/9999: denied" in text and "allows tcp/grpc (3000 at shop/api-0), not tcp/9999" in text, text
    same(page.tell("document.querySelector('#panel .command code').textContent"),
         "selvedge explain shop/pod/front-0 shop/pod/api-0 tcp/9999")


@case
def what_the_panel_says_is_what_explain_says_of_every_pair(pages):
    page = pages.open("small")
    pairs = page.tell("subjects.filter((one) => one.k === PODS).flatMap((a, _, all) => all.filter((b) => a !== b)"
                      ".map((b) => [a.index, b.index, `${a.ns}/pod/${a.pods[0][0]}`, `${b.ns}/pod/${b.pods[0][0]}`]))")
    same(len(pairs), 12)
    for a, b, source, destination in pairs:
        for port in ("tcp/3000", "tcp/80"):
            told = pages.run("explain", "-f", pages.input("small"), source, destination, port)
            page.tell(f"openWhy(subjects[{a}], subjects[{b}], readPort('{port}'))")
            shown = page.tell("[...document.querySelectorAll('#panel .side li')].map((one) => one.innerText)")
            same(shown, [line.strip() for line in told.splitlines() if re.match(r"    (not )?(by|nor|no rule)", line)])


def reached_by(pages, world):
    """From the JSON form: of each pair of lines what is told."""
    told = {}
    for index, subject in enumerate(json.loads(pages.report(world, "json"))["subjects"]):
        for way in subject["reachedBy"]:
            for first, last in way["from"]:
                for source in range(first, last + 1):
                    told[source, index] = (way["ports"], way["verdict"])
    return told


def compare_all(pages, world):
    page = pages.open(world)
    shown = page.tell("subjects.flatMap((a) => subjects.map((b) => [a.index, b.index, cellAt(a, b)])"
                      ".filter((one) => one[2].verdict > DENIED).map(([a, b, c]) => [a, b, wordsOfCell(c), VERDICTS[c.verdict].name]))")
    names = {"some": "some ports", "all": "all ports", "open": "open", "unknown": "unknown"}
    same({(a, b): (words, names[verdict]) for a, b, words, verdict in shown}, reached_by(pages, world))


@case
def every_cell_of_the_page_is_what_the_json_form_says(pages):
    compare_all(pages, "small")
    compare_all(pages, "some")
    compare_all(pages, "hostile")


@case
def a_search_by_name_leaves_its_lines_and_whom_it_meets(pages):
    page = pages.open("small")
    find(page, "db", end="to")
    same(lines(page), [API])
    find(page, "app=db")
    assert DB in lines(page) and FRONT not in lines(page), lines(page)
    find(page, "nobody-has-this-name")
    same(page.tell("byId('found').textContent"), "Nothing matches")
    quiet(page)


@case
def a_search_by_port_and_verdict_leaves_what_matches(pages):
    page = pages.open("small")
    find(page, "db", end="to", port="tcp/5432")
    same(lines(page), [API])
    find(page, "db", end="to", port="tcp/80")
    same(lines(page), [])
    find(page, "", verdict="open")
    assert API not in page.tell("matrix.columns.map(nameOfItem)")
    find(page, "", port="no port")
    same(page.tell("byId('port').classList.contains('wrong')"), True)


@case
def the_matrix_is_walked_by_keys_and_enter_asks_why(pages):
    page = pages.open("small")
    page.tell("document.querySelector('.row-head').focus()")
    page.press("ArrowDown", "ArrowRight", "ArrowRight", "ArrowDown")
    focused = page.tell("document.activeElement.getAttribute('aria-label')")
    assert focused.startswith(f"{API} to {API}:"), focused
    same(page.tell("document.querySelectorAll('.grid [tabindex=\"0\"]').length"), 1)
    page.press("ArrowRight", "Enter")
    same(page.tell("byId('panel').hidden"), False)
    same(page.tell("document.activeElement.id"), "panel-title")
    page.press("Escape")
    same(page.tell("byId('panel').hidden"), True)
    assert page.tell("document.activeElement.getAttribute('role')") == "gridcell"


@case
def a_slash_leads_to_the_search_and_tabs_are_walked_by_arrows(pages):
    page = pages.open("small")
    page.press("/")
    same(page.tell("document.activeElement.id"), "find")
    page.tell("byId('tab-matrix').focus()")
    page.press("ArrowRight")
    same(page.tell("[document.activeElement.id, view]"), ["tab-graph", "graph"])


@case
def a_namespace_is_closed_and_opened_and_tells_of_its_pairs(pages):
    page = pages.open("small")
    page.tell("collapsed.add(groups.find((one) => one.name === 'shop').index); renewMatrix()")
    assert "shop" in lines(page) and API not in lines(page)
    label = page.tell("document.querySelector(`.cell[aria-label^='legacy/ReplicaSet/billing to shop:']`).getAttribute('aria-label')")
    assert label.endswith("3 pairs: 3 denied"), label
    page.click("[...document.querySelectorAll('.row-head')].find((one) => one.textContent.includes('shop'))")
    assert API in lines(page)


@case
def the_card_of_a_workload_says_who_it_is_and_what_may_come_and_go(pages):
    page = pages.open("small")
    page.click("[...document.querySelectorAll('.row-head')].find((one) => one.title === '%s')" % API)
    text = page.tell("byId('panel').innerText")
    for words in ("api-0", "app=api", "grpc tcp/3000", "Isolated by shop/api", f"tcp/3000 from {FRONT}", f"tcp/5432 to {DB}"):
        assert words in text, (words, text)


@case
def a_policy_is_shown_with_whom_it_means(pages):
    page = pages.open("small")
    page.tell("openPolicy(policies.find((one) => one.key === 'shop/db'))")
    text = page.tell("byId('panel').innerText")
    for words in ("podSelector app=api", API, "tcp/9187", "nobody now"):
        assert words in text, (words, text)


@case
def the_graph_leads_from_outside_over_services_to_the_database(pages):
    page = pages.open("small")
    page.click("byId('tab-graph')")
    same(page.tell("[...document.querySelectorAll('.link-edge title')].map((one) => one.textContent).sort()"),
         ["203.0.113.0/24 but for 203.0.113.5/32 → front: tcp/8080", "api → db: tcp/5432", "front → api: tcp/3000"])
    places = page.tell("['front', 'api', 'db'].map((name) => [...document.querySelectorAll('.node')]"
                       ".find((one) => one.querySelector('.name').textContent === name).getBoundingClientRect().x)")
    same(places, sorted(places))
    page.click("[...document.querySelectorAll('.node')].find((one) => one.querySelector('.name').textContent === 'db')")
    same(page.tell("byId('panel-title').textContent"), "db")
    quiet(page)


@case
def what_is_exposed_outside_is_told_by_block(pages):
    page = pages.open("small")
    page.click("byId('tab-outside')")
    text = page.tell("byId('view').innerText")
    assert "203.0.113.0/24 but for 203.0.113.5/32" in text and f"tcp/8080 to 1 workload: {FRONT}" in text, text
    assert "legacy/ReplicaSet/billing" in text


@case
def findings_are_filtered_by_severity_and_lead_to_their_policy(pages):
    page = pages.open("small")
    page.click("byId('tab-findings')")
    severities = "[...new Set([...document.querySelectorAll('.finding .severity')].map((one) => one.textContent.slice(2)))].sort()"
    before = page.tell(severities)
    assert "warning" in before, before
    page.click("document.querySelector('[data-severity=warning]')")
    same(page.tell(severities), [one for one in before if one != "warning"])
    page.click("document.querySelector('[data-severity=warning]')")
    page.click("document.querySelector('.finding.warning .link')")
    assert page.tell("byId('panel-title').textContent").startswith("NetworkPolicy shop/")


@case
def dark_and_light_follow_the_system_and_the_button(pages):
    page = pages.open("small")
    ground = "getComputedStyle(document.body).backgroundColor"
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    dark = page.tell(ground)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    light = page.tell(ground)
    assert dark != light
    page.click("byId('theme')")
    same(page.tell(ground), dark)
    page.click("byId('theme')")
    same(page.tell(ground), light)


@case
def text_stands_out_from_its_ground_in_both_themes(pages):
    page = pages.open("small")
    contrast = """(() => {
      const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
      const light = (name) => {
        canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
        return .2126 * r + .7152 * g + .0722 * b;
      };
      const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + .05) / (y + .05); };
      return [['--ink', '--surface'], ['--soft', '--ground'], ['--soft', '--surface'], ['--accent-ink', '--accent-soft'], ['--warm', '--surface'], ['--bad', '--surface']].filter(([a, b]) => ratio(a, b) < 4.5);
    })()"""
    for theme in ("light", "dark"):
        page.tell(f"document.documentElement.dataset.theme = '{theme}'")
        same(page.tell(contrast), [])


@case
def on_paper_there_are_a_matrix_what_is_outside_and_findings(pages):
    page = pages.open("small")
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF") and len(pdf) > 10000, len(pdf)
    page.tell("fillPaper()")
    same(page.tell("document.querySelectorAll('.paper-matrix tbody tr').length"), page.tell("subjects.length"))
    page.call("Emulation.setEmulatedMedia", media="print")
    same(page.tell("getComputedStyle(byId('body')).display + getComputedStyle(byId('paper')).display"), "noneblock")
    assert page.tell("document.querySelectorAll('#paper .finding').length") > 0


@case
def a_narrow_screen_scrolls_the_matrix_and_not_the_page(pages):
    page = pages.open("small", width=380, height=700)
    same(page.tell("document.documentElement.scrollWidth <= 380"), True)
    page.tell("openCard(subjects[0])")
    same(page.tell("byId('panel').getBoundingClientRect().width"), 380)


@case
def hostile_names_are_text_and_nothing_else(pages):
    page = pages.open("hostile")
    quiet(page)
    for view in page.tell("VIEWS.map((one) => one.id)"):
        page.tell(f"chooseView('{view}')")
    for index in range(page.tell("subjects.length")):
        page.tell(f"openCard(subjects[{index}])")
    for index in range(page.tell("policies.length")):
        page.tell(f"openPolicy(policies[{index}])")
    page.tell("openWhy(subjects[0], subjects[1]); fillPaper()")
    assert not page.tell("document.title").startswith("owned")
    same(page.tell("document.querySelectorAll('img, iframe, object, script:not([type]) ~ script').length"), 0)
    same(page.tell("document.scripts.length"), 2)
    quiet(page)


@case
def hostile_labels_are_shown_whole_with_what_would_hide_or_turn_text_written_out(pages):
    page = pages.open("hostile")
    labels = page.tell("subjects.flatMap((one) => Object.entries(one.labels).flat())")
    for wanted in ("</script><script>document.title='owned'</script>", "\\u202egnp.exe", "\\u2028line", "tab\\there", "__proto__", "x" * 253):
        assert wanted in labels, (wanted, labels)
    page.tell("openCard(subjects.find((one) => one.labels.app && one.labels.app.startsWith('</script>')))")
    assert "</script><script>document.title='owned'</script>" in page.tell("byId('panel').innerText")


@case
def two_thousand_workloads_load_closed_by_namespace_with_few_elements(pages):
    page = pages.open("many")
    same(page.tell("subjects.filter((one) => one.k === PODS).length"), 2000)
    assert page.tell("document.querySelectorAll('*').length") < 8000
    quiet(page)


@case
def two_thousand_workloads_scroll_to_the_end_and_back_with_the_elements_in_sight_alone(pages):
    page = pages.open("many")
    page.tell("setCollapsed(false)")
    assert page.tell("matrix.columns.length") > 2000
    last = "matrix.columns.length - 1"
    for left, top in ((0, 0), (9000, 9000), (48000, 50000), (123, 45678)):
        page.tell(f"matrix.box.scrollTo({left}, {top}); new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        box = page.tell("(() => { const r = matrix.box.getBoundingClientRect(); return [r.right - 30, r.bottom - 30]; })()")
        assert page.tell(f"document.elementFromPoint({box[0]}, {box[1]}).closest('.cell, .line') !== null"), (left, top)
        assert page.tell("document.querySelectorAll('.cell').length") < 6000
    page.tell(f"moveTo(matrix.rows.length - 1, {last})")
    same(page.tell("Number(document.activeElement.dataset.column)"), page.tell(last))
    quiet(page)


@case
def two_thousand_workloads_are_searched_and_asked(pages):
    page = pages.open("many")
    find(page, "team-001/ReplicaSet/app-01", end="to", port="tcp/5432")
    expanded = page.tell("matrix.rows.flatMap((item) => item.members.map((one) => subjects[one].full))")
    assert expanded and all(one.startswith("team-001/") for one in expanded), expanded
    find(page, "", verdict="some")
    assert lines(page)
    page.tell("setCollapsed(false); openAt(matrix.rows.findIndex((item) => item.kind === 'subject'), 5)")
    assert "egress of" in page.tell("byId('panel').innerText") or "ingress of" in page.tell("byId('panel').innerText")
    page.tell("chooseView('graph')")
    assert page.tell("document.querySelectorAll('.node').length") >= 100
    for view in ("workloads", "outside", "findings"):
        page.tell(f"chooseView('{view}')")
    quiet(page)


@case
def ten_thousand_policies_are_listed_a_part_at_a_time(pages):
    page = pages.open("ten thousand findings")
    page.click("byId('tab-findings')")
    count = page.tell("data.findings.length")
    assert count > 5000, count
    same(page.tell("document.querySelectorAll('.finding').length"), 200)
    page.click("[...document.querySelectorAll('#view button')].find((one) => one.textContent.startsWith('Show 200'))")
    same(page.tell("document.querySelectorAll('.finding').length"), 400)
    quiet(page)
