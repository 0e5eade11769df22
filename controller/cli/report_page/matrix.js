// The matrix as a grid of elements, of which only those in sight are there: 2,000 lines have millions of cells.
// One cell has the focus (roving tabindex); arrows move it, Enter asks why.
'use strict';

const matrix = {
  rows: [], columns: [], rowAt: null, columnAt: null, size: NARROW, head: 0, side: 0, isShown: null,
  active: {row: 0, column: -1}, box: null, grid: null, painted: '',
};

function drawMatrix(view) {
  matrix.grid = el('div', {class: 'grid', role: 'grid', 'aria-label': 'Who reaches whom: lines send, columns receive',
                           on: {keydown: onMatrixKey, click: onMatrixClick, pointerover: onMatrixHover}});
  matrix.box = el('div', {class: 'box', on: {scroll: () => requestAnimationFrame(() => paintMatrix(false))}}, matrix.grid);
  view.append(el('div', {class: 'bar'}, legend(),
                 el('span', {class: 'bar-end'}, button('Expand all', () => setCollapsed(false)), button('Collapse all', () => setCollapsed(true)))),
              matrix.box);
  matrix.room = view.clientWidth;
  new ResizeObserver(([entry]) => reshape(entry.target)).observe(view);
  renewMatrix();
}

// More room, or less: cells may be wider, and others are in sight.
function reshape(view) {
  if (!matrix.grid || !matrix.grid.isConnected) return;
  if (matrix.room === view.clientWidth) return paintMatrix(false);
  matrix.room = view.clientWidth;
  renewMatrix();
}

function sizeOfCells(columns, side) {
  const each = Math.floor((matrix.room - 44 - side) / columns);
  if (columns > 40 || each < NARROW.w) return NARROW;
  return {w: Math.max(WORDS.least, Math.min(WORDS.most, each)), h: WORDS.h};
}

function legend() {
  const list = el('ul', {class: 'legend', 'aria-label': 'Signs'});
  for (const [verdict, words] of [[ALL, 'all ports, by rule'], [SOME, 'some ports'], [OPEN, 'open by default'], [PARTLY, 'some pairs'], [DENIED, 'denied'], [UNKNOWN, 'unknown'], ...(subjects.some((one) => one.audited) ? [[AUDITED, 'audited only: would be denied']] : [])])
    list.append(el('li', {}, mark(verdict), ' ' + words));
  return list;
}

function setCollapsed(all) {
  collapsed.clear();
  if (all) for (const group of groups) collapsed.add(group.index);
  renewMatrix();
}

function expandGroups(indexes) {
  for (const index of indexes) collapsed.delete(index);
  closePanel();
  chooseView('matrix');
  const row = matrix.rows.findIndex((item) => item.group.index === indexes[0]);
  if (row >= 0) moveTo(row, -1);
}

// After the search, the groups or the size of things have changed.
function renewMatrix() {
  if (!matrix.grid) return;
  const before = matrix.rows[matrix.active.row], beside = matrix.columns[matrix.active.column];
  const found = searched();
  matrix.isShown = found.isShown;
  matrix.rows = axisItems(found.rows, true);
  matrix.columns = axisItems(found.columns, false);
  const longest = (items) => Math.max(8, ...items.slice(0, 4000).map((item) => (item.kind === 'subject' ? item.subject.label : item.group.name).length));
  matrix.head = Math.min(158, 44 + longest(matrix.columns) * 6.4);
  matrix.side = Math.min(matrix.room < 700 ? 132 : 240, 64 + longest(matrix.rows) * 7.2);
  matrix.size = sizeOfCells(matrix.columns.length, matrix.side);
  matrix.rowAt = offsets(matrix.rows, matrix.size.h);
  matrix.columnAt = offsets(matrix.columns, matrix.size.w);
  matrix.grid.setAttribute('aria-rowcount', matrix.rows.length + 1);
  matrix.grid.setAttribute('aria-colcount', matrix.columns.length + 1);
  const again = (items, one) => one ? items.findIndex((item) => item.group === one.group && item.subject === one.subject && item.kind === one.kind) : -1;
  const row = again(matrix.rows, before);
  matrix.active = {row: Math.max(0, row), column: row < 0 ? -1 : again(matrix.columns, beside)};
  tellFound();
  paintMatrix(true);
}

function tellFound() {
  const lines = matrix.rows.filter((item) => item.kind !== 'band').length;
  byId('found').textContent = isFiltered()
      ? (lines ? `${plural(lines, 'line')}, ${plural(matrix.columns.length, 'column')} match` : 'Nothing matches')
      : '';
}

// ---- painting ----

function span(begins, from, to, extra) {
  const indexes = [];
  if (begins.length < 2) return indexes;
  const first = Math.max(0, indexAt(begins, from) - 1), last = Math.min(begins.length - 2, indexAt(begins, to) + 1);
  if (extra >= 0 && extra < first) indexes.push(extra);
  for (let i = first; i <= last; i++) indexes.push(i);
  if (extra > last && extra < begins.length - 1) indexes.push(extra);
  return indexes;
}

function paintMatrix(anew) {
  const {box, grid, rowAt, columnAt, head, side, active} = matrix;
  if (!grid) return;  // another view has come in between
  const rows = span(rowAt, box.scrollTop - head, box.scrollTop + box.clientHeight - head, active.row);
  const columns = span(columnAt, box.scrollLeft - side, box.scrollLeft + box.clientWidth - side, active.column);
  const painted = `${rows[0]} ${rows.length} ${columns[0]} ${columns.length} ${active.row} ${active.column}`;
  if (!anew && painted === matrix.painted) return;
  matrix.painted = painted;
  const focused = grid.contains(document.activeElement);
  const width = side + columnAt[columnAt.length - 1];
  grid.style.width = width + 'px';
  grid.style.height = head + rowAt[rowAt.length - 1] + 'px';
  grid.classList.toggle('narrow', matrix.size === NARROW);
  const lines = [columnHeads(columns, width)];
  for (const row of rows) lines.push(line(row, columns, width));
  grid.replaceChildren(...lines);
  if (focused) focusActive();
}

function columnHeads(columns, width) {
  const heads = el('div', {class: 'heads', role: 'row', 'aria-rowindex': 1, at: {height: matrix.head, width}},
      el('div', {class: 'corner', role: 'columnheader', 'aria-colindex': 1, at: {width: matrix.side, height: matrix.head}},
         el('span', {class: 'to'}, 'to →'), el('span', {class: 'from'}, 'from ↓')));
  let last = null;
  for (const i of columns) {
    const item = matrix.columns[i];
    if (item.group !== last) heads.append(groupHead(i, item));
    last = item.group;
    heads.append(columnHead(i, item));
  }
  return heads;
}

// Over all columns of the group, in sight or not, so that its name can stay in sight.
function groupHead(i, item) {
  let first = i, end = i + 1;
  while (first > 0 && matrix.columns[first - 1].group === item.group) first--;
  while (end < matrix.columns.length && matrix.columns[end].group === item.group) end++;
  const left = matrix.side + matrix.columnAt[first], width = matrix.columnAt[end] - matrix.columnAt[first];
  return el('div', {class: 'span', 'aria-hidden': 'true', 'data-group': item.group.index, title: item.group.name, at: {left, width}},
            el('span', {at: {left: matrix.side}}, item.kind === 'group' ? '▸' : item.group.name));
}

function columnHead(i, item) {
  const subject = item.kind === 'subject';
  return el('div', {class: 'head ' + item.kind, role: 'columnheader', 'aria-colindex': i + 2, 'data-column': i, title: nameOfItem(item),
                    at: {left: matrix.side + matrix.columnAt[i], width: matrix.size.w, height: matrix.head - 24}},
            el('span', {}, subject ? item.subject.label : item.group.name));
}

function line(row, columns, width) {
  const item = matrix.rows[row];
  const height = matrix.rowAt[row + 1] - matrix.rowAt[row];
  const element = el('div', {class: 'line ' + item.kind, role: 'row', 'aria-rowindex': row + 2,
                             at: {top: matrix.head + matrix.rowAt[row], height, width}}, rowHead(row, item));
  if (item.kind === 'band') return element;
  for (const column of columns) element.append(gridCell(row, column, item, matrix.columns[column], height));
  return element;
}

function rowHead(row, item) {
  const group = item.kind !== 'subject';
  const isActive = matrix.active.row === row && matrix.active.column < 0;
  const name = group ? item.group.name : item.subject.label;
  const count = group ? ` ${item.members.length.toLocaleString('en')}` : item.subject.size > 1 ? ` ×${item.subject.size}` : '';
  return el('div', {class: 'row-head', role: 'rowheader', 'aria-colindex': 1, 'data-row': row, tabindex: isActive ? '0' : '-1',
                    'aria-expanded': group ? String(item.kind === 'band') : null, title: nameOfItem(item), at: {width: matrix.side}},
            el('span', {class: 'name'}, group ? (item.kind === 'band' ? '▾ ' : '▸ ') : '', name), el('span', {class: 'count'}, count));
}

function gridCell(row, column, from, to, height) {
  const pair = from.kind === 'subject' && to.kind === 'subject';
  const verdict = verdictOfItems(from, to);
  const isActive = matrix.active.row === row && matrix.active.column === column;
  const dim = pair && !matrix.isShown(from.subject, to.subject);
  const words = matrix.size !== NARROW && pair ? shortPorts(cellAt(from.subject, to.subject)) : '';
  return el('div', {class: `cell ${VERDICTS[verdict].name}${dim ? ' dim' : ''}${from.subject && from.subject === to.subject ? ' self' : ''}`,
                    role: 'gridcell', 'aria-colindex': column + 2, 'data-row': row, 'data-column': column, tabindex: isActive ? '0' : '-1',
                    'aria-label': `${nameOfItem(from)} to ${nameOfItem(to)}: ${wordsOfItems(from, to)}`,
                    at: {left: matrix.side + matrix.columnAt[column], width: matrix.size.w, height}},
            words ? el('span', {class: 'port'}, words) : markOfItems(from, to, verdict));
}

// ---- keys and pointers ----

function matrixFocus() {
  if (!matrix.box || !matrix.box.isConnected || !matrix.rows.length) return false;
  return focusActive();
}

function focusActive() {
  const element = matrix.grid.querySelector('[tabindex="0"]');
  if (element) element.focus({preventScroll: true});
  return element !== null;
}

function moveTo(row, column) {
  matrix.active = {row, column};
  const {box, head, side, rowAt, columnAt} = matrix;
  const top = rowAt[row], bottom = rowAt[row + 1] + head;
  if (top < box.scrollTop) box.scrollTop = top;
  if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
  if (column >= 0) {
    const left = columnAt[column], right = columnAt[column + 1] + side;
    if (left < box.scrollLeft) box.scrollLeft = left;
    if (right > box.scrollLeft + box.clientWidth) box.scrollLeft = right - box.clientWidth;
  } else {
    box.scrollLeft = 0;
  }
  paintMatrix(true);
  focusActive();
}

// The next line in that direction which has cells, if the focus is on a cell.
function lineFrom(row, step) {
  let next = row;
  do next += step;
  while (matrix.rows[next] && matrix.rows[next].kind === 'band' && matrix.active.column >= 0);
  return matrix.rows[next] ? next : row;
}

function onMatrixKey(event) {
  const {row, column} = matrix.active;
  const page = Math.max(1, Math.floor((matrix.box.clientHeight - matrix.head) / matrix.size.h) - 1);
  const isBand = matrix.rows[row] && matrix.rows[row].kind === 'band';
  const far = (by) => Math.max(0, Math.min(matrix.rows.length - 1, row + by));
  const moves = {
    ArrowDown: () => [lineFrom(row, 1), column],
    ArrowUp: () => [lineFrom(row, -1), column],
    ArrowRight: () => [row, isBand ? -1 : Math.min(matrix.columns.length - 1, column + 1)],
    ArrowLeft: () => [row, Math.max(-1, column - 1)],
    Home: () => [event.ctrlKey ? 0 : row, -1],
    End: () => [event.ctrlKey ? matrix.rows.length - 1 : row, isBand ? -1 : matrix.columns.length - 1],
    PageDown: () => [far(page), matrix.rows[far(page)].kind === 'band' ? -1 : column],
    PageUp: () => [far(-page), matrix.rows[far(-page)].kind === 'band' ? -1 : column],
  };
  if (event.key === 'Enter' || event.key === ' ') {
    event.preventDefault();
    openAt(row, column);
  } else if (Object.hasOwn(moves, event.key) && matrix.rows.length) {
    event.preventDefault();
    moveTo(...moves[event.key]());
  }
}

function openAt(row, column) {
  const from = matrix.rows[row], to = matrix.columns[column];
  if (!from) return;
  if (!to) {
    if (from.kind === 'subject') openCard(from.subject);
    else toggleGroup(from.group);
  } else if (from.kind === 'subject' && to.kind === 'subject') {
    openWhy(from.subject, to.subject, wanted.asked);
  } else {
    openGroups(asGroup(from), asGroup(to), countsBetween(from, to));
  }
}

function asGroup(item) {
  return {name: nameOfItem(item), members: item.members, index: item.group.index};
}

function toggleGroup(group) {
  if (!collapsed.delete(group.index)) collapsed.add(group.index);
  const {scrollTop, scrollLeft} = matrix.box;
  renewMatrix();
  const row = matrix.rows.findIndex((item) => item.group === group);
  matrix.box.scrollTop = scrollTop;
  matrix.box.scrollLeft = scrollLeft;
  moveTo(Math.max(0, row), -1);
}

function onMatrixClick(event) {
  const target = event.target.closest('[data-row], [data-column], [data-group]');
  if (!target) return;
  if (target.dataset.group) return toggleGroup(groups[Number(target.dataset.group)]);
  if (!target.dataset.row) {
    const item = matrix.columns[Number(target.dataset.column)];
    return item.kind === 'subject' ? openCard(item.subject) : toggleGroup(item.group);
  }
  const row = Number(target.dataset.row), column = target.dataset.column ? Number(target.dataset.column) : -1;
  matrix.active = {row, column};
  paintMatrix(true);
  focusActive();
  openAt(row, column);
}

// The names of the line and the column under the pointer stand out.
function onMatrixHover(event) {
  const cell = event.target.closest('.cell');
  for (const element of matrix.grid.querySelectorAll('.head.over')) element.classList.remove('over');
  const head = cell && matrix.grid.querySelector(`.head[data-column="${cell.dataset.column}"]`);
  if (head) head.classList.add('over');
}
