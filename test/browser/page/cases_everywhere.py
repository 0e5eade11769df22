"""The page in other lights and sizes, on paper, with hostile names, and of large clusters."""

from .pages import API, DB, FRONT, case, cell, find, lines, quiet, same  # noqa: F401


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


@case
def a_view_may_change_while_the_matrix_scrolls(pages):
    page = pages.open("many")
    page.tell("matrix.box.scrollTo(0, 500); chooseView('findings'); "
              "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    quiet(page)
