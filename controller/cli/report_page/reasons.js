// Why: which rules allow, and which come nearest, in the words of `selvedge explain` (controller/explain/misses.cc,
// answer.cc). Who is meant by a peer was decided when the report was made; here it is only told.
'use strict';

const HOPELESS = 100;
const OPERATORS = [
  (key, values) => `${key} in (${values.join(', ')})`,
  (key, values) => `${key} notin (${values.join(', ')})`,
  (key) => key,
  (key) => '!' + key,
];

const setCache = [];
function isIn(set, index) {
  if (!setCache[set]) {
    const bits = new Uint8Array(subjects.length);
    const ranges = data.sets[set];
    for (let i = 0; i < ranges.length; i += 2) bits.fill(1, ranges[i], ranges[i] + ranges[i + 1]);
    setCache[set] = bits;
  }
  return setCache[set][index] === 1;
}

function own(object, key) {
  return Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

function wordsOfSelector(selector) {
  const words = Object.entries(selector.l).map(([key, value]) => `${key}=${value}`);
  for (const [key, op, values] of selector.e) words.push(OPERATORS[op](key, values));
  return words.join(',') || 'all';
}

function meets([key, op, values], labels) {
  const value = own(labels, key);
  if (op === 0) return value !== undefined && values.includes(value);
  if (op === 1) return value === undefined || !values.includes(value);
  return (value !== undefined) === (op === 2);
}

function lackingLabels(selector, labels) {
  const lacks = [];
  for (const [key, value] of Object.entries(selector.l)) {
    const has = own(labels, key);
    if (has === value) continue;
    const sameValue = Object.entries(labels).find((label) => label[1] === value);
    const instead = has !== undefined ? `, has ${key}=${has}` : sameValue ? `, has ${sameValue[0]}=${value}` : '';
    lacks.push(`label ${key}=${value} missing${instead}`);
  }
  for (const expression of selector.e) {
    if (meets(expression, labels)) continue;
    const has = own(labels, expression[0]);
    lacks.push(`label ${OPERATORS[expression[1]](expression[0], expression[2])} not met, ` +
               (has === undefined ? `has no label ${expression[0]}` : `has ${expression[0]}=${has}`));
  }
  return lacks;
}

function lackingBlock(peer, other, family) {
  const whose = other.k === PODS ? 'is ' : addressOf(other, family) + ' is ';
  const lack = isIn(peer.a[family], other.index) ? whose + 'one of its exceptions' : `${whose}not in ${peer.b}`;
  return {lacks: [lack], distance: other.k === PODS ? HOPELESS : 2};
}

function lackingPeer(peer, ns, other, family) {
  if (peer.pods === undefined && peer.b === undefined)
    return {lacks: ['was not understood and matches nothing'], distance: HOPELESS};
  if (isIn(peer.m[family], other.index)) return {lacks: [], distance: 0};
  if (peer.b !== undefined) return lackingBlock(peer, other, family);
  if (other.k !== PODS)
    return {lacks: [`${addressOf(other, family)} is no pod's address, and selectors match pods`], distance: HOPELESS};
  if (other.odd) return {lacks: ["the pod's object was not understood"], distance: HOPELESS};
  const lacks = [];
  if (!peer.ns) {
    if (other.ns !== ns)
      lacks.push(`is in namespace ${other.ns}, and without a namespaceSelector only pods of ${ns} are meant`);
  } else {
    const labels = own(data.namespaces, other.ns);
    if (!labels) lacks.push(`namespace ${other.ns} is not known`);
    else for (const lack of lackingLabels(peer.ns, labels)) lacks.push(`namespace ${other.ns}: ${lack}`);
  }
  if (peer.pods) lacks.push(...lackingLabels(peer.pods, other.labels));
  return {lacks, distance: lacks.length};
}

function addressOf(subject, family) {
  const all = subject.k === PODS ? (subject.pods[0] || []).slice(2) : subject.addresses || [];
  return all.find((address) => address.includes(':') === (family === 1)) || all[0] || subject.full;
}

// ---- ports ----

function opened(element, receiver) {
  if (element.r) return [element.r];
  if (element.n === undefined || receiver.k !== PODS) return [];
  return receiver.ports.filter(([name, p]) => name === element.n && p === element.p).map((port) => [port[2], port[2]]);
}

// `asked`: {protocol, number}; null: any.
function opens(element, receiver, asked) {
  if (element.p === undefined) return false;
  const ranges = opened(element, receiver);
  if (!asked) return ranges.length > 0;
  return element.p === asked.protocol && ranges.some(([first, last]) => first <= asked.number && asked.number <= last);
}

function firstPod(subject) {
  return `${subject.ns}/${subject.pods[0][0]}`;
}

function declaredBy(element, receiver) {
  if (element.p === undefined) return ' (not understood)';
  if (element.n === undefined) return '';
  if (receiver.k !== PODS) return ' (a name, and the receiving end is no pod)';
  const ports = opened(element, receiver);
  if (!ports.length) return ` (which ${firstPod(receiver)} does not declare)`;
  return ` (${ports.map((range) => range[0]).join(', ')} at ${firstPod(receiver)})`;
}

function wordsOfAsked(asked) {
  const name = PROTOCOLS[asked.protocol] || String(asked.protocol);
  return asked.protocol === 1 || asked.protocol === 58 ? name : `${name}/${asked.number}`;
}

// ---- one direction ----

// Calls `visit` for each element of `from` or `to` of the policies that isolate; a rule without any is one for anyone.
function eachPeer(policy, isIngress, visit) {
  const list = isIngress ? 'ingress' : 'egress';
  (policy[list] || []).forEach((rule, i) => {
    const at = `${policy.key} ${list}[${i}]`;
    if (!rule.ok) visit({rule, at, broken: true});
    else if (!rule.from.length) visit({rule, at, means: 'anyone'});
    else rule.from.forEach((peer, j) => visit({rule, peer, at: `${at}${isIngress ? ' from' : ' to'}[${j}]`, means: peer.t}));
  });
}

function fitsOf(policy, isIngress, other, receiver, family, asked) {
  const fits = [];
  eachPeer(policy, isIngress, ({rule, peer, at, means, broken}) => {
    if (broken || (peer && !isIn(peer.m[family], other.index))) return;
    if (!rule.ports.length) fits.push({at, policy: policy.index, means: `${means}, any port`});
    for (const element of rule.ports)
      if (opens(element, receiver, asked)) fits.push({at, policy: policy.index, means: `${means}, ${element.t}`});
  });
  return fits;
}

function missesOf(policy, isIngress, other, receiver, family, asked) {
  if (!policy.ok) {
    return [{at: policy.key, policy: policy.index, means: '', distance: HOPELESS,
             lacks: ['was not understood, isolates its namespace and allows nothing']}];
  }
  const misses = [];
  eachPeer(policy, isIngress, ({rule, peer, at, means, broken}) => {
    if (broken) {
      misses.push({at, policy: policy.index, means: '', lacks: ['was not understood and allows nothing'], distance: HOPELESS});
      return;
    }
    const {lacks, distance} = peer ? lackingPeer(peer, policy.ns, other, family) : {lacks: [], distance: 0};
    const shut = asked && rule.ports.length && !rule.ports.some((element) => opens(element, receiver, asked));
    if (shut) {
      const allowed = rule.ports.map((element) => element.t + declaredBy(element, receiver)).join(', ');
      lacks.push(`allows ${allowed}, not ${wordsOfAsked(asked)}`);
    }
    if (lacks.length) misses.push({at, policy: policy.index, means, lacks, distance: distance + (shut ? 1 : 0)});
  });
  return misses.sort((a, b) => a.distance - b.distance);
}

// What `subject` says of `other` in one direction. `asked`: null is any port.
function sideOf(subject, isIngress, other, receiver, family, asked) {
  const isolation = isIngress ? subject.in : subject.out;
  const found = {subject, isIngress, isolation, fits: [], misses: [], allowed: !isolation[0]};
  if (!isolation[0]) return found;
  for (const number of isolation[2]) {
    found.fits.push(...fitsOf(policies[number], isIngress, other, receiver, family, asked));
    found.misses.push(...missesOf(policies[number], isIngress, other, receiver, family, asked));
  }
  found.misses.sort((a, b) => a.distance - b.distance);
  found.allowed = found.fits.length > 0;
  return found;
}

function sidesOf(from, to, family, asked) {
  const sides = [];
  if (from.k === PODS) sides.push(sideOf(from, false, to, to, family, asked));
  if (to.k === PODS) sides.push(sideOf(to, true, from, to, family, asked));
  return sides;
}

function wordsOfIsolation(side) {
  if (side.isolation[1]) return 'not all policies of its namespace are known';
  if (!side.isolation[0]) return 'no policy isolates it';
  if (!side.isolation[2].length) return 'isolated, because its object was not understood';
  return 'isolated by ' + side.isolation[2].map((number) => policies[number].key).join(', ');
}

// "tcp/3000", "53/udp", "443", "icmp"; null: not to be read.
function readPort(text) {
  const words = text.trim().toLowerCase();
  const byName = {tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58};
  if (words === 'icmp' || words === 'icmpv6') return {protocol: byName[words], number: 0};
  const match = /^(?:(tcp|udp|sctp)\/)?(\d{1,5})(?:\/(tcp|udp|sctp))?$/.exec(words);
  if (!match || (match[1] && match[3])) return null;
  const number = Number(match[2]);
  return number >= 1 && number <= 65535 ? {protocol: byName[match[1] || match[3] || 'tcp'], number} : null;
}
