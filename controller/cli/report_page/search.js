// What is looked for: who, by which port, with which verdict. A subject is shown if one of its cells is.
'use strict';

const wanted = {text: '', end: 'either', verdict: 'any', port: '', asked: null};
const haystacks = [];

function haystack(subject) {
  if (haystacks[subject.index] === undefined) {
    const labels = Object.entries(subject.labels).map(([key, value]) => `${key}=${value}`);
    const pods = subject.pods.flatMap((pod) => [pod[0], 'node:' + pod[1], ...pod.slice(2)]);
    haystacks[subject.index] =
        [subject.full, 'ns:' + subject.group, ...labels, ...pods, ...(subject.addresses || [])].join('\n').toLowerCase();
  }
  return haystacks[subject.index];
}

function matchesText(subject) {
  return wanted.text.toLowerCase().split(/\s+/).every((word) => !word || haystack(subject).includes(word));
}

function isFiltered() {
  return wanted.text.trim() !== '' || wanted.verdict !== 'any' || wanted.asked !== null;
}

// Whether a cell is one that is looked for, apart from who is at its ends.
function matchesCell(from, to) {
  if (wanted.verdict === 'any' && !wanted.asked) return true;
  const cell = cellAt(from, to);
  if (cell.verdict === NOBODY) return false;
  let verdict = cell.verdict;
  if (wanted.asked) {
    const has = [cell.v4, cell.v6].some((ports) => ports >= 0 && includes(ports, wanted.asked.protocol, wanted.asked.number));
    if (!has) verdict = DENIED;
  }
  if (wanted.verdict === 'any') return verdict !== DENIED;
  if (wanted.verdict === 'allowed') return verdict !== DENIED;
  return VERDICTS[verdict].name === wanted.verdict;
}

// Of each subject whether it has a line and a column; and whether a cell counts.
function searched() {
  const who = subjects.map(matchesText);
  const fits = (from, to) =>
      wanted.end === 'from' ? who[from.index] : wanted.end === 'to' ? who[to.index] : who[from.index] || who[to.index];
  const isShown = (from, to) => fits(from, to) && matchesCell(from, to);
  if (!isFiltered()) return {rows: null, columns: null, isShown: () => true};
  const rows = new Uint8Array(subjects.length), columns = new Uint8Array(subjects.length);
  // A name alone: its own line and column, and everyone whom it meets in a cell that is not denied.
  const byNameAlone = wanted.verdict === 'any' && !wanted.asked;
  for (const from of subjects) {
    for (const to of subjects) {
      if (rows[from.index] && columns[to.index]) continue;
      if (!fits(from, to)) continue;
      const verdict = byNameAlone ? verdictAt(from, to) : 0;
      if (byNameAlone ? verdict === DENIED || verdict === NOBODY : !matchesCell(from, to)) continue;
      rows[from.index] = 1;
      columns[to.index] = 1;
    }
  }
  if (byNameAlone) {
    subjects.forEach((one) => {
      if (!who[one.index]) return;
      if (wanted.end !== 'to') rows[one.index] = 1;
      if (wanted.end !== 'from') columns[one.index] = 1;
    });
  }
  return {rows, columns, isShown};
}
