// What there is to know of one workload, and of one policy.
'use strict';

function openCard(subject) {
  showPanel(subject.label, (body) => drawCard(body, subject));
}

function fact(name, ...values) {
  return [el('dt', {}, name), el('dd', {}, ...values)];
}

function drawCard(body, subject) {
  const facts = el('dl', {}, ...fact(subject.kind, subject.full));
  if (subject.k === PODS) {
    facts.append(...fact('Pods', podsOf(subject)));
    const labels = Object.entries(subject.labels).map(([key, value]) => el('code', {class: 'tag'}, `${key}=${value}`));
    if (labels.length) facts.append(...fact('Labels', ...labels));
    const ports = subject.ports.map(([name, protocol, number]) => el('code', {class: 'tag'}, (name ? name + ' ' : '') + wordsOfAsked({protocol, number})));
    facts.append(...fact('Declares', ...(ports.length ? ports : ['no port'])));
  } else if (subject.addresses) {
    facts.append(...fact('Such as', subject.addresses.join(', ')));
  }
  body.append(facts);
  body.append(button('Its lines in the matrix', () => findSubject(subject)));
  for (const isIngress of [true, false]) body.append(drawWays(subject, isIngress));
  const about = data.findings.filter((finding) => isAbout(finding, subject));
  if (about.length) {
    body.append(el('h3', {}, 'Findings'));
    const list = el('ul', {class: 'findings'});
    body.append(list);
    paged(about, 20, drawFinding, list);
  }
  if (subject.k === PODS) body.append(el('p', {class: 'muted'}, "A pod's own node always reaches it, and answers always pass."));
}

function podsOf(subject) {
  const lines = subject.pods.slice(0, 12).map((pod) => el('li', {}, pod[0], el('span', {class: 'muted'}, ` ${pod.slice(2).join(', ')}${pod[1] ? ' on ' + pod[1] : ''}`)));
  const rest = subject.size - lines.length;
  return el('ul', {class: 'pods'}, ...lines, rest > 0 ? el('li', {class: 'muted'}, `and ${rest.toLocaleString('en')} more`) : null);
}

// By what is allowed, with whom; what is denied is left out.
function waysOf(subject, isIngress) {
  const ways = new Map();
  for (const other of subjects) {
    const cell = isIngress ? cellAt(other, subject) : cellAt(subject, other);
    if (cell.verdict <= DENIED) continue;
    const key = `${cell.verdict} ${wordsOfCell(cell)}`;
    if (!ways.has(key)) ways.set(key, {cell, others: []});
    ways.get(key).others.push(other.index);
  }
  return [...ways.values()].sort((a, b) => a.others.length - b.others.length);
}

function drawWays(subject, isIngress) {
  const isolation = isIngress ? subject.in : subject.out;
  const section = el('section', {class: 'why'}, el('h3', {}, isIngress ? 'What may come in' : 'What may go out'));
  if (subject.k === PODS) {
    const line = el('p', {}, isolation[1] ? 'Not all policies of its namespace are known. ' : '');
    if (subject.audited && isolation[0]) line.append('Its namespace is audited only: what these would deny passes, and is told. ');
    if (!isolation[0]) line.append('No policy isolates it: ', isIngress ? 'whoever may send may reach it.' : 'it may send to whoever takes it.');
    else if (!isolation[2].length) line.append('Isolated, because its object was not understood.');
    else line.append('Isolated by ', ...isolation[2].flatMap((number, i) => [i ? ', ' : '', button(policies[number].key, () => openPolicy(policies[number]), {class: 'link'})]), '.');
    section.append(line);
  }
  const list = el('ul', {class: 'ways'});
  for (const {cell, others} of waysOf(subject, isIngress))
    list.append(el('li', {}, mark(cell.verdict), ' ', el('b', {}, wordsOfCell(cell)), isIngress ? ' from ' : ' to ', subjectButtons(others)));
  if (!list.childElementCount) list.append(el('li', {}, mark(DENIED), isIngress ? ' Nobody may reach it.' : ' It may reach nobody.'));
  section.append(list);
  return section;
}

// ---- a policy ----

function openPolicy(policy) {
  showPanel('NetworkPolicy ' + policy.key, (body) => {
    const selected = subjects.filter((one) => one.in[2].includes(policy.index) || one.out[2].includes(policy.index));
    body.append(el('dl', {}, ...fact('Selects', policy.ok ? 'pods ' + policy.selects : 'all pods of its namespace: it was not understood, isolates them and allows nothing'),
                   ...fact('That is', selected.length ? subjectButtons(selected.map((one) => one.index)) : 'nobody')));
    for (const list of ['ingress', 'egress']) if (policy[list]) body.append(drawRules(policy, list));
    if (!policy.ingress && !policy.egress && policy.ok) body.append(el('p', {}, 'It isolates in no direction.'));
    const about = data.findings.filter((finding) => finding.kind === 'NetworkPolicy' && finding.ns === policy.ns && finding.name === policy.name);
    if (about.length) body.append(el('h3', {}, 'Findings'), el('ul', {class: 'findings'}, ...about.map(drawFinding)));
  });
}

function drawRules(policy, list) {
  const isIngress = list === 'ingress';
  const items = policy[list].map((rule, i) => {
    const ports = rule.ports.length ? rule.ports.map((port) => port.t).join(', ') : 'any port';
    const line = el('li', {}, el('code', {}, `${list}[${i}]`), ` ${rule.ok ? ports : 'was not understood and allows nothing'}`);
    if (!rule.ok) return line;
    const peers = rule.from.map((peer) => {
      const members = subjects.filter((one) => isIn(peer.m[0], one.index) || isIn(peer.m[1], one.index)).map((one) => one.index);
      return el('li', {}, peer.t || 'not understood', ': ', members.length ? subjectButtons(members, 6) : el('span', {class: 'muted'}, 'nobody now'));
    });
    line.append(isIngress ? ' from' : ' to', peers.length ? el('ul', {}, ...peers) : ' anyone');
    return line;
  });
  return el('section', {class: 'why'}, el('h3', {}, isIngress ? 'Lets in' : 'Lets out'),
            items.length ? el('ul', {}, ...items) : el('p', {}, 'nothing'));
}

function isAbout(finding, subject) {
  if (subject.k !== PODS || finding.ns !== subject.ns) return false;
  if (finding.kind !== 'NetworkPolicy') return finding.name === subject.base || subject.pods.some((pod) => pod[0] === finding.name);
  return [...subject.in[2], ...subject.out[2]].some((number) => policies[number].name === finding.name);
}
