// The page as a whole: figures, views, search, keys, theme.
'use strict';

const VIEWS = [
  {id: 'matrix', name: 'Matrix', draw: drawMatrix},
  {id: 'graph', name: 'Graph', draw: drawGraph},
  {id: 'workloads', name: 'Workloads', draw: drawWorkloads},
  {id: 'outside', name: 'Outside', draw: drawOutside},
  {id: 'findings', name: `Findings (${data.findings.length.toLocaleString('en')})`, draw: drawFindings},
];
let view = 'matrix';

function chooseView(id) {
  view = id;
  for (const tab of byId('tabs').children) {
    const chosen = tab.id === 'tab-' + id;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  refresh();
}

function refresh() {
  const place = byId('view');
  matrix.grid = null;
  place.dataset.view = document.body.dataset.view = view;
  place.setAttribute('role', 'tabpanel');
  place.setAttribute('aria-labelledby', 'tab-' + view);
  place.replaceChildren();
  VIEWS.find((one) => one.id === view).draw(place);
}

function drawTabs() {
  const tabs = byId('tabs');
  for (const one of VIEWS)
    tabs.append(button(one.name, () => chooseView(one.id), {role: 'tab', id: 'tab-' + one.id, 'aria-controls': 'view'}));
  tabs.addEventListener('keydown', (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const next = (VIEWS.findIndex((one) => one.id === view) + step + VIEWS.length) % VIEWS.length;
    chooseView(VIEWS[next].id);
    tabs.children[next].focus();
  });
}

function figure(value, words, action) {
  return button(el('span', {}, el('b', {}, value.toLocaleString('en')), ' ' + words), action, {class: 'figure'});
}

function search(change) {
  Object.assign(wanted, {text: '', end: 'either', verdict: 'any', port: '', asked: null}, change);
  byId('find').value = wanted.text;
  byId('end').value = wanted.end;
  byId('verdict').value = wanted.verdict;
  byId('port').value = wanted.port;
  byId('port').classList.remove('wrong');
}

function drawFigures() {
  const pods = subjects.filter((one) => one.k === PODS);
  const open = pods.filter((one) => !one.in[0] && !one.in[1]).length;
  const anywhere = outsiders.filter(isAnywhere);
  const exposed = pods.filter((one) => anywhere.some((outside) => verdictAt(outside, one) > DENIED)).length;
  const errors = countFindings('error'), warnings = countFindings('warning');
  const count = pods.reduce((sum, one) => sum + one.size, 0);
  byId('figures').append(
      figure(pods.length, pods.length === 1 ? 'workload' : 'workloads', () => { search({}); chooseView('workloads'); }),
      figure(count, count === 1 ? 'pod' : 'pods', () => { search({}); chooseView('workloads'); }),
      figure(policies.length, policies.length === 1 ? 'policy' : 'policies', () => { search({}); chooseView('matrix'); }),
      figure(open, open === 1 ? 'is open to all' : 'are open to all', () => { search({verdict: 'open'}); chooseView('matrix'); }),
      figure(exposed, 'reachable from anywhere', () => { search({}); chooseView('outside'); }),
      figure(errors, `${errors === 1 ? 'error' : 'errors'} and ${plural(warnings, 'warning')} of lint`, () => { search({}); chooseView('findings'); }));
  byId('about').textContent = `${data.title}, as of ${data.time.replace('T', ' ').replace('Z', ' UTC')}, by selvedge ${data.version}`;
}

function drawNotices() {
  const place = byId('notices');
  const list = (items) => el('ul', {}, ...items.slice(0, 500).map((item) => el('li', {}, item)));
  if (data.unknown.length) place.append(el('div', {class: 'notice'}, el('b', {}, 'Not everything is known'), list(data.unknown)));
  const odd = data.notes.length;
  if (odd) place.append(el('details', {class: 'notice'}, el('summary', {}, `${plural(odd, 'note')} on what was read`), list(data.notes)));
}

function findSubject(subject) {
  search({text: subject.full.toLowerCase().replace(/ \(.*/, '')});
  collapsed.delete(subject.groupIndex);
  closePanel();
  chooseView('matrix');
  const row = matrix.rows.findIndex((item) => item.subject === subject);
  if (row >= 0) moveTo(row, -1);
}

// ---- what people do ----

let waiting = 0;
function searchSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(searchNow, 150);
}

function searchNow() {
  clearTimeout(waiting);
  const port = byId('port').value;
  const asked = port.trim() ? readPort(port) : null;
  byId('port').classList.toggle('wrong', port.trim() !== '' && !asked);
  Object.assign(wanted, {text: byId('find').value, end: byId('end').value, verdict: byId('verdict').value, port, asked});
  if (view === 'matrix') renewMatrix();
  else refresh();
}

function isDark() {
  return (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
}

function nameTheme() {
  byId('theme-name').textContent = isDark() ? 'Light' : 'Dark';
}

function begin() {
  for (const [value, words] of [['any', 'any'], ['allowed', 'allowed'], ['some', 'some ports'], ['all', 'all ports by rule'], ['open', 'open by default'], ['denied', 'denied'], ['audited', 'audited only'], ['unknown', 'unknown']])
    byId('verdict').append(el('option', {value}, words));
  drawFigures();
  drawNotices();
  drawTabs();
  if (subjects.length > 150) for (const group of groups) collapsed.add(group.index);
  byId('search').addEventListener('submit', (event) => { event.preventDefault(); searchNow(); });
  for (const id of ['find', 'port']) byId(id).addEventListener('input', searchSoon);
  for (const id of ['end', 'verdict']) byId(id).addEventListener('change', searchNow);
  byId('clear').addEventListener('click', () => { search({}); searchNow(); byId('find').focus(); });
  byId('print').addEventListener('click', () => window.print());
  byId('theme').addEventListener('click', () => {
    document.documentElement.dataset.theme = isDark() ? 'light' : 'dark';
    nameTheme();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', nameTheme);
  nameTheme();
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, select, textarea');
    if (event.key === 'Escape' && closePanel()) event.preventDefault();
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    byId('find').focus();
    byId('find').select();
  });
  chooseView('matrix');
}

begin();
