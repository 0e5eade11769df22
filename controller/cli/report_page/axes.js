// The lines and columns of the matrix: subjects in their groups, and what a whole group does to another. Both axes come
// from the same groups; what is searched for may leave out different ones.
'use strict';

const collapsed = new Set();
const BAND = 26;                                       // the line above an expanded group
const NARROW = {w: 24, h: 24};                         // a cell with a sign; with its ports in words it is wider
const WORDS = {least: 48, most: 60, h: 28};

// {kind: 'band' | 'group' | 'subject', group, subject, members}; `shown`: a byte for each subject, null: all.
function axisItems(shown, withBands) {
  const items = [];
  for (const group of groups) {
    const members = shown ? group.members.filter((one) => shown[one]) : group.members;
    if (!members.length) continue;
    if (collapsed.has(group.index)) {
      items.push({kind: 'group', group, members});
      continue;
    }
    if (withBands) items.push({kind: 'band', group, members});
    for (const member of members) items.push({kind: 'subject', group, subject: subjects[member], members: [member]});
  }
  return items;
}

// Where each begins; one more than there are items, which is the end.
function offsets(items, size) {
  const all = new Float64Array(items.length + 1);
  items.forEach((item, i) => { all[i + 1] = all[i] + (item.kind === 'band' ? BAND : size); });
  return all;
}

// The last that begins at or before `position`.
function indexAt(begins, position) {
  let low = 0, high = begins.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begins[middle] <= position) low = middle;
    else high = middle - 1;
  }
  return Math.max(0, low);
}

// ---- a cell of two whole groups, or of one and a subject ----

const countCache = new Map();

function countsBetween(from, to) {
  const key = cacheKey(from) + ' ' + cacheKey(to);
  let counts = countCache.get(key);
  if (counts) return counts;
  counts = {total: 0, [DENIED]: 0, [SOME]: 0, [ALL]: 0, [OPEN]: 0, [UNKNOWN]: 0, [AUDITED]: 0};
  for (const a of from.members) {
    for (const b of to.members) {
      const verdict = verdictAt(subjects[a], subjects[b]);
      if (verdict === NOBODY) continue;
      counts[verdict]++;
      counts.total++;
    }
  }
  if (countCache.size > 50000) countCache.clear();
  countCache.set(key, counts);
  return counts;
}

function cacheKey(item) {
  return item.kind === 'subject' ? 's' + item.subject.index : `g${item.group.index}:${item.members.length}:${item.members[0]}`;
}

// The verdict of all of them if they have one, else that some may.
function verdictOfCounts(counts) {
  if (!counts.total) return NOBODY;
  for (const verdict of [DENIED, SOME, ALL, OPEN, UNKNOWN, AUDITED]) if (counts[verdict] === counts.total) return verdict;
  return PARTLY;
}

function verdictOfItems(row, column) {
  if (row.kind === 'subject' && column.kind === 'subject') return verdictAt(row.subject, column.subject);
  return verdictOfCounts(countsBetween(row, column));
}

// The sign of a cell; of many pairs that differ a pie: by rule, open by default, and the rest denied.
function markOfItems(row, column, verdict) {
  const sign = mark(verdict);
  if (verdict === PARTLY) {
    const counts = countsBetween(row, column), byRule = (counts[SOME] + counts[ALL]) / counts.total;
    sign.style.setProperty('--rule', byRule * 100 + '%');
    sign.style.setProperty('--open', (byRule + (counts[OPEN] + counts[UNKNOWN] + counts[AUDITED]) / counts.total) * 100 + '%');
  }
  return sign;
}

function wordsOfItems(row, column) {
  if (row.kind === 'subject' && column.kind === 'subject') {
    const cell = cellAt(row.subject, column.subject);
    if (cell.verdict === SOME) return wordsOfCell(cell);
    return VERDICTS[cell.verdict].words;
  }
  const counts = countsBetween(row, column);
  return `${plural(counts.total, 'pair')}: ${wordsOfCounts(counts)}`;
}

function nameOfItem(item) {
  return item.kind === 'subject' ? item.subject.full : item.group.name;
}

// "5432", "udp 53", "80 +2"; what does not fit is a sign.
function shortPorts(cell) {
  const number = cell.v4 > NONE ? cell.v4 : cell.v6;
  if (number < 0 || cell.verdict !== SOME) return '';
  const {r, o} = pool[number];
  if (o || !r.length) return '';
  const [protocol, first, last] = r[0];
  const name = protocol === 6 ? '' : PROTOCOLS[protocol] + ' ';
  const text = first === 0 && last === 65535 ? PROTOCOLS[protocol] : `${name}${first}${first === last ? '' : '–' + last}`;
  const more = r.length > 1 ? ` +${r.length - 1}` : '';
  return (text + more).length <= 9 ? text + more : '';
}
