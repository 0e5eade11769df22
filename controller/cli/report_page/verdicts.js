// What one subject may send to another: the same reading of rows as controller/report/cells.cc.
'use strict';

const NOBODY = 0, DENIED = 1, SOME = 2, ALL = 3, OPEN = 4, UNKNOWN = 5, PARTLY = 6, AUDITED = 7;
const VERDICTS = [
  {name: 'nobody', words: 'nobody to ask'},
  {name: 'denied', words: 'denied'},
  {name: 'some', words: 'some ports'},
  {name: 'all', words: 'all ports by rule'},
  {name: 'open', words: 'open: no policy isolates either end'},
  {name: 'unknown', words: 'unknown'},
  {name: 'partly', words: 'some pairs'},
  {name: 'audited', words: 'audited only: passes, and would be denied'},
];
const PROTOCOLS = {6: 'tcp', 17: 'udp', 132: 'sctp', 1: 'icmp', 58: 'icmpv6'};

// ---- sets of ports, each once ----
const pool = [], poolNumber = new Map(), commons = new Map();
const NONE = numberOf({r: [], o: 0}), EVERYTHING = numberOf({r: [6, 17, 132].map((p) => [p, 0, 65535]), o: 1});
const poolOf = data.ports.map(numberOf);  // by the numbers of the data

function numberOf(ports) {
  const key = JSON.stringify([ports.r, ports.o]);
  if (!poolNumber.has(key)) {
    poolNumber.set(key, pool.length);
    pool.push({r: ports.r, o: ports.o, t: ports.t || wordsOfPorts(ports)});
  }
  return poolNumber.get(key);
}

function wordsOfRange([protocol, first, last]) {
  const name = PROTOCOLS[protocol] || String(protocol);
  if (first === 0 && last === 65535) return name;
  return `${name}/${first}${first === last ? '' : '-' + last}`;
}

function complement(ranges) {
  const rest = [];
  for (const protocol of [6, 17, 132]) {
    let next = 0;
    for (const [, first, last] of ranges.filter((range) => range[0] === protocol)) {
      if (first > next) rest.push([protocol, next, first - 1]);
      next = last + 1;
    }
    if (next <= 65535) rest.push([protocol, next, 65535]);
  }
  return rest;
}

function wordsOfPorts(ports) {
  const rest = complement(ports.r);
  if (ports.o && rest.length === 0) return 'all ports';
  if (ports.o && rest.length < ports.r.length) return 'all ports but ' + rest.map(wordsOfRange).join(', ');
  const words = ports.r.map(wordsOfRange);
  if (ports.o) words.push('protocols without ports');
  return words.join(', ') || 'none';
}

function intersection(one, other) {
  const ranges = [];
  for (const a of one.r) {
    for (const b of other.r) {
      const first = Math.max(a[1], b[1]), last = Math.min(a[2], b[2]);
      if (a[0] === b[0] && first <= last) ranges.push([a[0], first, last]);
    }
  }
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const merged = [];
  for (const range of ranges) {
    const before = merged[merged.length - 1];
    if (before && before[0] === range[0] && range[1] <= before[2] + 1) before[2] = Math.max(before[2], range[2]);
    else merged.push(range);
  }
  return {r: merged, o: one.o && other.o ? 1 : 0};
}

function common(one, other) {
  if (one === other || other === EVERYTHING) return one;
  if (one === EVERYTHING) return other;
  if (one === NONE || other === NONE) return NONE;
  const key = one < other ? one * 0x4000000 + other : other * 0x4000000 + one;
  let found = commons.get(key);
  if (found === undefined) {
    found = numberOf(intersection(pool[one], pool[other]));
    commons.set(key, found);
  }
  return found;
}

function includes(number, protocol, port) {
  if (protocol === 1 || protocol === 58) return pool[number].o === 1;
  return pool[number].r.some(([p, first, last]) => p === protocol && first <= port && port <= last);
}

// ---- rows ----
const rowCache = [];

function rowOf(number) {
  if (!rowCache[number]) {
    rowCache[number] = data.rows[number].map((runs) => {
      const row = new Uint32Array(subjects.length);
      let at = 0;
      for (let i = 0; i < runs.length; i += 2) row.fill(poolOf[runs[i]], at, at += runs[i + 1]);
      return row;
    });
  }
  return rowCache[number];
}

// `enforced`: as it would be if no namespace were audited only.
function side(subject, isolation, other, family, enforced) {
  if (!isolation[0] || (subject.audited && !enforced)) return EVERYTHING;
  if (isolation[3] < 0) return NONE;
  const row = rowOf(isolation[3]);
  return (row[family] || row[0])[other];
}

// The number of a set of ports; -1: the two have no addresses of that family (0: IPv4, 1: IPv6).
function portsBetween(from, to, family, enforced) {
  const has = family === 0 ? 'v4' : 'v6';
  if (!from[has] || !to[has]) return -1;
  return common(side(from, from.out, to.index, family, enforced), side(to, to.in, from.index, family, enforced));
}

function isAsked(from, to) {
  return (from.k === PODS || to.k === PODS) && (from !== to || from.size > 1);
}

function verdictOf(from, to, v4, v6) {
  if (v4 < 0 && v6 < 0) return NOBODY;
  if ((v4 < 0 || v4 === NONE) && (v6 < 0 || v6 === NONE)) return DENIED;
  if (from.out[1] || to.in[1]) return UNKNOWN;
  if ((from.audited || to.audited) && (v4 !== portsBetween(from, to, 0, true) || v6 !== portsBetween(from, to, 1, true))) return AUDITED;
  if (!from.out[0] && !to.in[0]) return OPEN;
  return (v4 < 0 || v4 === EVERYTHING) && (v6 < 0 || v6 === EVERYTHING) ? ALL : SOME;
}

function verdictAt(from, to) {
  if (!isAsked(from, to)) return NOBODY;
  return verdictOf(from, to, portsBetween(from, to, 0), portsBetween(from, to, 1));
}

function cellAt(from, to) {
  if (!isAsked(from, to)) return {verdict: NOBODY, v4: -1, v6: -1};
  const v4 = portsBetween(from, to, 0), v6 = portsBetween(from, to, 1);
  return {verdict: verdictOf(from, to, v4, v6), v4, v6};
}

function wordsOfCell({v4, v6}) {
  if (v4 < 0 && v6 < 0) return '';
  if (v4 < 0 || v6 < 0 || v4 === v6) return pool[v4 < 0 ? v6 : v4].t;
  if (v6 === NONE) return pool[v4].t + ' (IPv4)';
  if (v4 === NONE) return pool[v6].t + ' (IPv6)';
  return `${pool[v4].t} (IPv4), ${pool[v6].t} (IPv6)`;
}
