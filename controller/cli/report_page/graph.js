// The same as a graph: who sends to whom by rule. Few workloads are nodes of their own, many stand as namespaces, one of
// which can be taken apart. Who is outside is there twice: as a sender at the left, as a receiver at the right.
'use strict';

const graphState = {ns: null, dns: false};
const MANY = 60;            // workloads; and nodes that layers still show well
const MOST_LABELS = 60;

function drawGraph(view) {
  const drawing = el('div', {class: 'drawing'});
  const renew = () => drawing.replaceChildren(graphOf());
  const choice = el('select', {on: {change: (event) => { graphState.ns = event.target.value === '' ? null : Number(event.target.value); renew(); }}},
      el('option', {value: ''}, workloadsAreFew() ? 'all workloads' : 'all namespaces'));
  for (const group of groups) if (group.kind === PODS) choice.append(el('option', {value: group.index}, group.name));
  if (graphState.ns !== null) choice.value = String(graphState.ns);
  const dns = el('input', {type: 'checkbox', on: {change: (event) => { graphState.dns = event.target.checked; renew(); }}});
  dns.checked = graphState.dns;
  view.append(el('div', {class: 'bar'}, el('span', {class: 'bar-end'}, el('label', {}, 'Show ', choice), el('label', {class: 'check'}, dns, ' also DNS')),
                 el('ul', {class: 'legend'}, el('li', {}, '→ may send, by a rule that names it; blocks and rules for anyone lead outside'), el('li', {}, mark(OPEN), ' open: no policy isolates its ingress'))),
              drawing);
  renew();
}

function workloadsAreFew() {
  return subjects.filter((one) => one.k === PODS).length <= MANY;
}

// ---- nodes and edges ----

// {name, note, members, group, sends, receives}
function graphNodes() {
  const apart = (group) => graphState.ns === null ? workloadsAreFew() : group.index === graphState.ns;
  const nodes = [];
  const add = (name, note, members, group, sends, receives) => nodes.push({name, note, members, group, sends, receives});
  for (const group of groups) {
    const members = group.members.filter((member) => matchesText(subjects[member]) || graphState.ns === group.index);
    if (!members.length || group.kind === NODES) continue;
    if (group.kind === OUTSIDE) {
      for (const member of members) add(subjects[member].label, 'from outside', [member], group, true, false);
      for (const member of members) add(subjects[member].label, 'outside', [member], group, false, true);
    } else if (apart(group)) {
      for (const member of members) add(subjects[member].label, group.name, [member], group, true, true);
    } else {
      add(group.name, plural(members.length, 'workload'), members, group, true, true);
    }
  }
  return nodes;
}

function isDnsAlone(cell) {
  return [cell.v4, cell.v6].every((number) => number < 0 || (!pool[number].o && pool[number].r.every((range) => range[1] === 53 && range[2] === 53)));
}

// Whom the policies that isolate name by labels, in one direction; the same policies name the same.
const namedBy = new Map();

function isNamed(isolation, isIngress, other) {
  const key = isIngress + isolation[2].join();
  if (!namedBy.has(key)) {
    const sets = new Set();
    for (const number of isolation[2]) eachPeer(policies[number], isIngress, ({peer}) => { if (peer && peer.b === undefined) peer.m.forEach((set) => sets.add(set)); });
    namedBy.set(key, [...sets]);
  }
  return namedBy.get(key).some((set) => isIn(set, other.index));
}

// Between pods a line stands for a rule that names one of them: what a block or a rule for anyone lets through besides
// would be lines from and to everybody.
function isMeant(from, to) {
  if (from.k !== PODS || to.k !== PODS) return true;
  return isNamed(from.out, false, to) || isNamed(to.in, true, from);
}

// The first pair between two nodes that a rule allows, and how many there are.
function edgeBetween(from, to) {
  let count = 0, first = null;
  for (const a of from.members) {
    for (const b of to.members) {
      const verdict = verdictAt(subjects[a], subjects[b]);
      if (verdict !== SOME && verdict !== ALL) continue;
      if (!isMeant(subjects[a], subjects[b]) || (!graphState.dns && isDnsAlone(cellAt(subjects[a], subjects[b])))) continue;
      if (!first) first = [a, b];
      count++;
    }
  }
  return count ? {from, to, count, first} : null;
}

function graphEdges(nodes) {
  const edges = [];
  for (const from of nodes) {
    for (const to of nodes) {
      if (from === to || !from.sends || !to.receives) continue;
      if (graphState.ns !== null && from.group.index !== graphState.ns && to.group.index !== graphState.ns) continue;
      const edge = edgeBetween(from, to);
      if (edge) edges.push(edge);
    }
  }
  return edges;
}

function graphOf() {
  const nodes = graphNodes(), edges = graphEdges(nodes);
  const linked = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
  const placed = nodes.filter((node) => linked.has(node));
  const alone = nodes.filter((node) => !linked.has(node) && node.group.kind === PODS && (graphState.ns === null || node.group.index === graphState.ns));
  if (!placed.length && !alone.length) return el('p', {class: 'empty'}, 'Nothing matches.');
  nodes.forEach((node, i) => { node.number = i; });
  const asRing = placed.length > MANY;
  const size = asRing ? placeInRing(placed.concat(alone)) : placeInLayers(placed, alone, edges);
  const picture = svg('svg', {viewBox: `0 0 ${size.w} ${size.h}`, width: size.w, height: size.h, role: 'group', 'aria-label': 'Who sends to whom, by rule', class: (asRing ? 'ring' : 'layers') + (edges.length > 800 ? ' crowded' : '')});
  picture.append(svg('defs', {}, arrowHead()));
  if (!asRing && alone.length && placed.length) picture.append(textAt(12, size.alone - 14, 'No rule leads to or from these', 'note'));
  for (const edge of edges) picture.append(drawEdge(edge, asRing ? size : null));
  if (edges.length <= MOST_LABELS) for (const label of edgeLabels(edges)) picture.append(label);
  for (const node of placed.concat(alone)) picture.append(drawNode(node, edges, picture, asRing));
  return picture;
}

// ---- drawing ----

function arrowHead() {
  return svg('marker', {id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto'},
             svg('path', {d: 'M0 0 8 4 0 8z', class: 'arrow'}));
}

function textAt(x, y, words, kind) {
  const text = svg('text', {x, y, class: kind});
  text.textContent = words;
  return text;
}

function cut(words, most) {
  return words.length > most ? words.slice(0, most - 1) + '…' : words;
}

function wordsOfEdge(edge) {
  return edge.count === 1 ? wordsOfCell(cellAt(subjects[edge.first[0]], subjects[edge.first[1]])) : plural(edge.count, 'pair');
}

function pathOf(edge, ring) {
  const {from, to} = edge;
  if (ring) return `M${from.x} ${from.y}Q${ring.w / 2} ${ring.h / 2} ${to.x} ${to.y}`;
  const x1 = from.x + NODE.w, y1 = from.y + NODE.h / 2, x2 = to.x, y2 = to.y + NODE.h / 2;
  const back = x2 <= x1, down = back ? 46 : 0, bend = back ? 70 : Math.max(40, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1 + down} ${x2 - bend} ${y2 + down} ${x2} ${y2}`;
}

function drawEdge(edge, ring) {
  const {from, to} = edge;
  const [a, b] = edge.first.map((index) => subjects[index]);
  const open = () => edge.count === 1 ? openWhy(a, b) : openGroups(asNodeGroup(from), asNodeGroup(to), countsBetween(asItem(from), asItem(to)));
  const title = svg('title', {});
  title.textContent = `${from.name} → ${to.name}: ${wordsOfEdge(edge)}`;
  const d = pathOf(edge, ring);
  const group = svg('g', {class: 'link-edge' + (!ring && to.x <= from.x ? ' back' : ''), 'data-from': from.number, 'data-to': to.number}, title,
                    svg('path', {d, class: 'touch'}), svg('path', {d, class: 'stroke', 'marker-end': ring ? '' : 'url(#arrow)'}));
  group.addEventListener('click', open);
  return group;
}

// Beside the receiver, whose ports they are, and each once, however many send there.
function edgeLabels(edges) {
  const labels = new Map();
  for (const edge of edges) {
    if (edge.to.x <= edge.from.x) continue;
    const words = cut(wordsOfEdge(edge), 18);
    if (!labels.has(edge.to)) labels.set(edge.to, new Set());
    labels.get(edge.to).add(words);
  }
  const drawn = [];
  for (const [node, words] of labels) {
    const all = [...words], shown = all.length > 2 ? [all[0], `and ${all.length - 1} more`] : all;
    shown.forEach((text, i) => drawn.push(textAt(node.x - 12, node.y + NODE.h / 2 - 7 - 12 * (shown.length - 1 - i), text, 'edge-label')));
  }
  return drawn;
}

function asItem(node) {
  return {kind: node.members.length > 1 ? 'group' : 'subject', group: node.group, subject: subjects[node.members[0]], members: node.members};
}

function asNodeGroup(node) {
  return {name: node.name, members: node.members, index: node.group.index};
}

function drawNode(node, edges, picture, asRing) {
  const isOpen = node.members.every((member) => subjects[member].k === PODS && !subjects[member].in[0]);
  const out = edges.filter((edge) => edge.from === node).map((edge) => edge.to.name), into = edges.filter((edge) => edge.to === node).map((edge) => edge.from.name);
  const label = `${node.name}, ${node.note}${isOpen ? ', open' : ''}; sends to ${firstNames(out, 8) || 'nobody by rule'}; receives from ${firstNames(into, 8) || 'nobody by rule'}`;
  const group = svg('g', {class: `node${node.group.kind === OUTSIDE ? ' outside' : ''}${isOpen ? ' open' : ''}`, tabindex: 0, role: 'button', 'aria-label': label},
                    ...(asRing ? ringShapes(node, isOpen) : boxShapes(node, isOpen)));
  const light = (on) => {
    picture.classList.toggle('lit', on);
    for (const edge of picture.querySelectorAll('.link-edge')) edge.classList.toggle('on', on && (edge.dataset.from === String(node.number) || edge.dataset.to === String(node.number)));
  };
  for (const [event, on] of [['pointerenter', true], ['focus', true], ['pointerleave', false], ['blur', false]]) group.addEventListener(event, () => light(on));
  group.addEventListener('click', () => openNode(node));
  group.addEventListener('keydown', (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); openNode(node); } });
  return group;
}

function boxShapes(node, isOpen) {
  const shapes = [svg('rect', {x: node.x, y: node.y, width: NODE.w, height: NODE.h, rx: 8}),
                  textAt(node.x + 14, node.y + 19, cut(node.name, isOpen ? 18 : 20), 'name'), textAt(node.x + 14, node.y + 34, cut(node.note, 24), 'note')];
  if (isOpen) shapes.push(svg('circle', {cx: node.x + NODE.w - 16, cy: node.y + NODE.h / 2, r: 5, class: 'open-sign'}));
  return shapes;
}

// The name stands outwards, and never on its head.
function ringShapes(node, isOpen) {
  const degrees = node.angle * 180 / Math.PI, left = Math.cos(node.angle) < 0;
  const text = textAt(left ? -10 : 10, 4, cut(node.name, 22), 'name');
  text.setAttribute('transform', `translate(${node.x} ${node.y}) rotate(${left ? degrees + 180 : degrees})`);
  text.setAttribute('text-anchor', left ? 'end' : 'start');
  return [svg('circle', {cx: node.x, cy: node.y, r: 4, class: isOpen ? 'open-sign' : 'dot'}), text];
}

function openNode(node) {
  const isWorkload = node.group.kind === OUTSIDE || workloadsAreFew() || graphState.ns === node.group.index;
  if (isWorkload) return openCard(subjects[node.members[0]]);
  graphState.ns = node.group.index;
  chooseView('graph');
}
