// Workloads, what is exposed to outside and to whom, and findings: lists with the same search.
'use strict';

function shownSubjects() {
  if (!isFiltered()) return subjects.filter((one) => one.k === PODS);
  const found = searched();
  return subjects.filter((one) => one.k === PODS && matchesText(one) && (wanted.verdict === 'any' && !wanted.asked || found.rows[one.index] || found.columns[one.index]));
}

function isolationWords(isolation, audited) {
  if (isolation[1]) return [UNKNOWN, 'not all known'];
  if (!isolation[0]) return [OPEN, 'open'];
  if (audited) return [AUDITED, 'audited only'];
  return [ALL, isolation[2].length ? plural(isolation[2].length, 'policy', 'policies') : 'closed'];
}

function drawWorkloads(view) {
  const rows = shownSubjects();
  byId('found').textContent = isFiltered() ? `${plural(rows.length, 'workload')} match` : '';
  const body = el('tbody', {});
  const table = el('table', {class: 'list'}, el('thead', {}, el('tr', {}, ...['Workload', 'Namespace', 'Pods', 'Ingress', 'Egress', 'From outside'].map((name) => el('th', {scope: 'col', class: name === 'Pods' ? 'number' : null}, name)))), body);
  view.append(rows.length ? table : el('p', {class: 'empty'}, 'Nothing matches.'));
  const isolation = (one, direction, audited) => { const [verdict, words] = isolationWords(one, audited); return el('td', {'data-is': direction}, mark(verdict), ' ' + words); };
  paged(rows, 200, (one) => el('tr', {},
      el('th', {scope: 'row'}, button(one.label, () => openCard(one), {class: 'link'}), el('span', {class: 'muted'}, ' ' + one.kind)),
      el('td', {}, one.ns), el('td', {class: 'number', 'data-is': 'pods'}, one.size.toLocaleString('en')), isolation(one.in, 'in', one.audited), isolation(one.out, 'out', one.audited),
      el('td', {'data-is': 'outside'}, ...exposureOf(one))), body);
}

const outsiders = subjects.filter((one) => one.k === OUTSIDE);

// Not one of the blocks that policies name, or the one that is all of a family.
function isAnywhere(one) {
  return /^(anywhere|0\.0\.0\.0\/0|::\/0)/.test(one.name);
}

function countFindings(severity) {
  return data.findings.filter((finding) => data.rules[finding.rule].severity === severity).length;
}

function exposureOf(subject) {
  const worst = outsiders.map((one) => verdictAt(one, subject)).filter((verdict) => verdict > DENIED);
  if (!worst.length) return [mark(DENIED), ' nobody'];
  const verdict = worst.includes(OPEN) ? OPEN : worst.includes(ALL) ? ALL : worst[0];
  const anywhere = outsiders.some((one) => isAnywhere(one) && verdictAt(one, subject) > DENIED);
  return [mark(verdict), anywhere ? ' anywhere' : ' ' + plural(worst.length, 'block')];
}

// ---- outside ----

function drawOutside(view) {
  byId('found').textContent = '';
  view.append(el('p', {class: 'lead'}, 'What policies let in from addresses outside the cluster, and out to them. Whether there is a way at all (a LoadBalancer, a NodePort, a route) is another matter.'));
  for (const isIngress of [true, false]) {
    view.append(el('h2', {}, isIngress ? 'From outside in' : 'From inside out'));
    for (const one of outsiders) view.append(outsideSection(one, isIngress));
  }
}

function outsideSection(one, isIngress) {
  const ways = new Map();
  let denied = 0;
  for (const other of subjects) {
    if (other.k !== PODS || !matchesText(other)) continue;
    const cell = isIngress ? cellAt(one, other) : cellAt(other, one);
    if (cell.verdict === DENIED) denied++;
    if (cell.verdict <= DENIED) continue;
    const key = `${cell.verdict} ${wordsOfCell(cell)}`;
    if (!ways.has(key)) ways.set(key, {cell, others: []});
    ways.get(key).others.push(other.index);
  }
  const list = el('ul', {class: 'ways'});
  for (const {cell, others} of [...ways.values()].sort((a, b) => a.others.length - b.others.length))
    list.append(el('li', {}, mark(cell.verdict), ' ', el('b', {}, cell.verdict === OPEN ? 'all ports, open by default' : wordsOfCell(cell)), isIngress ? ' to ' : ' from ', plural(others.length, 'workload'), ': ', subjectButtons(others)));
  if (denied) list.append(el('li', {class: 'muted'}, mark(DENIED), ` denied: ${plural(denied, 'workload')}`));
  return el('section', {class: 'outside'}, el('h3', {}, button(one.full, () => openCard(one), {class: 'link'}), el('span', {class: 'muted'}, ` such as ${(one.addresses || []).join(', ')}`)), list);
}

// ---- findings ----

const severityShown = {error: true, warning: true, info: true};
const SEVERITY_SIGNS = {error: '■', warning: '▲', info: '●'};

function drawFinding(finding) {
  const rule = data.rules[finding.rule];
  const policy = finding.kind === 'NetworkPolicy' ? policies.find((one) => one.ns === finding.ns && one.name === finding.name) : null;
  const name = `${finding.kind} ${finding.ns ? finding.ns + '/' : ''}${finding.name}`;
  const subject = policy ? null : subjects.find((one) => one.ns === finding.ns && (one.base === finding.name || one.pods.some((pod) => pod[0] === finding.name)));
  const object = policy ? button(name, () => openPolicy(policy), {class: 'link'}) : subject ? button(name, () => openCard(subject), {class: 'link'}) : el('b', {}, name);
  return el('li', {class: 'finding ' + rule.severity},
            el('span', {class: 'severity'}, `${SEVERITY_SIGNS[rule.severity]} ${rule.severity}`), object, el('code', {class: 'tag'}, finding.rule),
            el('p', {}, finding.text),
            el('details', {}, el('summary', {}, 'Why, and what to do'), el('p', {}, rule.why), el('p', {}, rule.fix)));
}

function shownFindings() {
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  return data.findings.filter((finding) => {
    const text = `${finding.rule}\n${finding.kind} ${finding.ns}/${finding.name}\n${finding.text}`.toLowerCase();
    return severityShown[data.rules[finding.rule].severity] && words.every((word) => text.includes(word));
  });
}

function drawFindings(view) {
  const bar = el('div', {class: 'bar chips', role: 'group', 'aria-label': 'Severity'});
  for (const severity of Object.keys(severityShown)) {
    bar.append(button(`${SEVERITY_SIGNS[severity]} ${plural(countFindings(severity), severity, severity === 'info' ? 'for information' : severity + 's')}`, () => {
      severityShown[severity] = !severityShown[severity];
      refresh();
      byId('view').querySelector(`[data-severity="${severity}"]`).focus();
    }, {'aria-pressed': String(severityShown[severity]), 'data-severity': severity}));
  }
  const found = shownFindings();
  byId('found').textContent = isFiltered() ? `${plural(found.length, 'finding')} match` : '';
  const order = {error: 0, warning: 1, info: 2};
  found.sort((a, b) => order[data.rules[a.rule].severity] - order[data.rules[b.rule].severity]);
  const list = el('ul', {class: 'findings'});
  view.append(bar, found.length ? list : el('p', {class: 'empty'}, data.findings.length ? 'Nothing matches.' : 'Lint has nothing to say.'));
  paged(found, 200, drawFinding, list);
  if (data.suppressed) view.append(el('p', {class: 'muted'}, `${plural(data.suppressed, 'more', 'more')} are suppressed by annotations.`));
}
