// On paper there is no scrolling and no asking: figures, a matrix that fits, what is open outside, findings.
'use strict';

const MOST_ON_PAPER = 34;

function paperItems() {
  const every = groups.flatMap((group) => group.members.map((member) => ({kind: 'subject', group, subject: subjects[member], members: [member]})));
  return every.length <= MOST_ON_PAPER ? every : groups.map((group) => ({kind: 'group', group, members: group.members}));
}

function paperMatrix(items) {
  const head = el('tr', {}, el('th', {}, 'from ↓  to →'), ...items.map((item, i) => el('th', {scope: 'col'}, String(i + 1))));
  const rows = items.map((row, i) => el('tr', {},
      el('th', {scope: 'row'}, `${i + 1}  ${nameOfItem(row)}`),
      ...items.map((column) => el('td', {}, markOfItems(row, column, verdictOfItems(row, column))))));
  return el('table', {class: 'paper-matrix'}, el('thead', {}, head), el('tbody', {}, ...rows));
}

function fillPaper() {
  const items = paperItems();
  const shown = items.slice(0, 60);
  const paper = byId('paper');
  paper.replaceChildren(el('h2', {}, 'Who reaches whom'), legend(), paperMatrix(shown));
  if (items.length > shown.length) paper.append(el('p', {}, `${items.length - shown.length} more namespaces are left out on paper.`));
  const outside = el('div', {});
  drawOutside(outside);
  paper.append(outside, el('h2', {}, 'Findings'), el('ul', {class: 'findings'}, ...data.findings.slice(0, 200).map(drawFinding)));
  if (data.findings.length > 200) paper.append(el('p', {}, `${(data.findings.length - 200).toLocaleString('en')} more findings are left out on paper.`));
}

window.addEventListener('beforeprint', fillPaper);
window.addEventListener('afterprint', () => byId('paper').replaceChildren());
