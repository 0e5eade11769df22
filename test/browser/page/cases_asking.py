"""What a reader asks of the page, by pointer and by keys; a case's name says what must be true."""

import json
import re

from .pages import API, DB, FRONT, case, cell, find, lines, quiet, same  # noqa: F401


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
    compare_reasons(pages, "small", 1, ("tcp/3000", "tcp/80"))
    compare_reasons(pages, "some", 301, ("tcp/8080", "udp/53"))


def compare_reasons(pages, world, step, ports):
    """Of each pair of pods, and of outside and pods, or of every `step`th."""
    page = pages.open(world)
    word = "((one) => one.k === PODS ? `${one.ns}/pod/${one.pods[0][0]}` : one.addresses[0])"
    pairs = page.tell("subjects.flatMap((a) => subjects.filter((b) => a !== b && cellAt(a, b).verdict !== NOBODY)"
                      f".map((b) => [a.index, b.index, {word}(a), {word}(b)]))")
    assert len(pairs) > 20, pairs
    for a, b, source, destination in pairs[::step]:
        for port in ports:
            told = pages.run("explain", "-f", pages.input(world), source, destination, port)
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
    names = {"some": "some ports", "all": "all ports", "open": "open", "unknown": "unknown", "audited": "audited"}
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
def what_an_audited_namespace_lets_pass_is_told_apart_from_what_is_allowed(pages):
    page = pages.open("audited")
    job, db = "trial/ReplicaSet/job", "trial/ReplicaSet/db"
    same(page.tell(cell(job, db) + ".className"), "cell audited")
    page.click(cell(job, db))
    text = page.tell("byId('panel').innerText")
    assert f"ingress of {db}: allowed, because namespace trial is audited only: it would be denied, isolated by trial/db" in text, text
    compare_all(pages, "audited")


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
