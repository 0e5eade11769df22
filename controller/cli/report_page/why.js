// The panel at the side, and in it why a cell is as it is.
'use strict';

const panelPast = [];
let panelReturn = null;  // what had the focus before it opened

function showPanel(title, draw, keepPast) {
  const panel = byId('panel');
  if (panel.hidden) panelReturn = document.activeElement;
  if (!keepPast) panelPast.push({title, draw});
  panel.hidden = false;
  document.body.classList.add('with-panel');
  const back = panelPast.length > 1 ? button('Back', () => {
    panelPast.pop();
    const before = panelPast[panelPast.length - 1];
    showPanel(before.title, before.draw, true);
  }) : null;
  const body = el('div', {class: 'panel-body'});
  panel.replaceChildren(
      el('div', {class: 'panel-head'}, el('h2', {id: 'panel-title', tabindex: '-1'}, title),
         el('span', {class: 'panel-actions'}, back, button('Close', closePanel, {'aria-label': 'Close (Escape)'}))),
      body);
  draw(body);
  panel.scrollTop = 0;
  byId('panel-title').focus({preventScroll: true});
  window.dispatchEvent(new Event('resize'));
}

function closePanel() {
  const panel = byId('panel');
  if (panel.hidden) return false;
  panel.hidden = true;
  panelPast.length = 0;
  document.body.classList.remove('with-panel');
  window.dispatchEvent(new Event('resize'));
  if (!matrixFocus() && panelReturn && panelReturn.isConnected) panelReturn.focus();
  return true;
}

// ---- a cell ----

function openWhy(from, to, asked) {
  showPanel(`${from.label} → ${to.label}`, (body) => drawWhy(body, from, to, asked || null));
}

function drawWhy(body, from, to, asked) {
  const cell = cellAt(from, to);
  const draw = (next) => { body.replaceChildren(); drawWhy(body, from, to, next); };
  body.append(
      el('p', {class: 'ends'}, button(from.full, () => openCard(from), {class: 'link'}), ' → ',
         button(to.full, () => openCard(to), {class: 'link'})),
      el('p', {class: 'verdict ' + VERDICTS[cell.verdict].name}, mark(cell.verdict), ' ', sentenceOf(cell, from, to)),
      portChooser(from, to, cell, asked, draw));
  for (const family of familiesToTell(cell)) body.append(drawFamily(from, to, cell, family, asked));
  body.append(asCommand(from, to, asked));
}

function sentenceOf(cell, from, to) {
  if (cell.verdict === NOBODY) return from === to ? 'One pod and itself: no policy is asked.' : 'No policy is asked: they have no addresses of one family, or neither is a pod.';
  if (cell.verdict === DENIED) return 'denied on every port';
  if (cell.verdict === OPEN) return 'all ports, because no policy isolates either end';
  if (cell.verdict === AUDITED) return `${wordsOfCell(cell)} pass, because a namespace is audited only; enforced, not all of it would`;
  if (cell.verdict === UNKNOWN) return `${wordsOfCell(cell)}, as far as is known: not all policies of ${from.out[1] ? from.ns : to.ns} could be listed`;
  return 'allowed: ' + wordsOfCell(cell);
}

// One of them where they agree, else each.
function familiesToTell(cell) {
  if (cell.verdict === NOBODY) return [];
  if (cell.v4 < 0) return [1];
  return cell.v6 < 0 || cell.v4 === cell.v6 ? [0] : [0, 1];
}

function portChooser(from, to, cell, asked, draw) {
  const texts = new Set();
  for (const number of [cell.v4, cell.v6]) {
    if (number < 0) continue;
    for (const range of pool[number].r) if (range[1] === range[2]) texts.add(wordsOfRange(range));
  }
  for (const [, protocol, number] of to.ports) texts.add(wordsOfAsked({protocol, number}));
  const input = el('input', {type: 'text', size: '10', placeholder: 'tcp/443', 'aria-label': 'Another port', spellcheck: 'false'});
  const current = asked ? wordsOfAsked(asked) : '';
  const form = el('form', {class: 'chips', 'aria-label': 'Port', on: {submit: (event) => {
    event.preventDefault();
    const port = readPort(input.value);
    if (port) draw(port);
    else announce(`${input.value} is not a port such as tcp/3000, udp/53, icmp`);
    input.classList.toggle('wrong', !port);
  }}}, button('any port', () => draw(null), {'aria-pressed': String(!asked)}));
  for (const text of [...texts].slice(0, 8)) form.append(button(text, () => draw(readPort(text)), {'aria-pressed': String(text === current)}));
  if (asked && !texts.has(current)) form.append(button(current, () => draw(asked), {'aria-pressed': 'true'}));
  form.append(input, el('button', {type: 'submit'}, 'Ask'));
  return form;
}

function drawFamily(from, to, cell, family, asked) {
  const section = el('section', {class: 'why'});
  if (familiesToTell(cell).length > 1) section.append(el('h3', {}, family === 0 ? 'IPv4' : 'IPv6'));
  const sides = sidesOf(from, to, family, asked);
  if (asked) {
    const allowed = sides.every((side) => side.allowed || side.subject.audited);
    section.append(el('p', {class: 'verdict ' + (allowed ? 'all' : 'denied')}, mark(allowed ? ALL : DENIED), ' ',
                      `${wordsOfAsked(asked)}: ${allowed ? 'allowed' : 'denied'}`));
  }
  for (const side of sides) section.append(drawSide(side, from, to));
  return section;
}

function markOfSide(side) {
  if (!side.allowed) return side.subject.audited ? AUDITED : DENIED;
  return side.isolation[0] ? ALL : OPEN;
}

function verdictOfSide(side) {
  if (side.allowed) return 'allowed';
  return side.subject.audited ? `allowed, because namespace ${side.subject.ns} is audited only: it would be denied` : 'denied';
}

function drawSide(side, from, to) {
  const direction = side.isIngress ? 'ingress' : 'egress';
  const box = el('div', {class: 'side'},
      el('h4', {}, mark(markOfSide(side)), ' ', `${direction} of ${(side.isIngress ? to : from).full}: ${verdictOfSide(side)}, ${wordsOfIsolation(side)}`));
  const list = el('ul', {});
  for (const fit of side.fits.slice(0, 50)) list.append(el('li', {class: 'fit'}, 'by ', policyLink(fit), `: ${fit.means}`));
  if (!side.fits.length && side.isolation[0]) {
    for (const miss of side.misses.slice(0, 5))
      list.append(el('li', {class: 'miss'}, 'not by ', policyLink(miss), `${miss.means ? ` (${miss.means})` : ''}: ${miss.lacks.join('; ')}`));
    if (!side.misses.length) list.append(el('li', {class: 'miss'}, 'no rule allows anything'));
    if (side.misses.length > 5) list.append(el('li', {class: 'miss'}, `nor by ${side.misses.length - 5} more`));
  }
  if (list.childElementCount) box.append(list);
  return box;
}

function policyLink(one) {
  return button(one.at, () => openPolicy(policies[one.policy]), {class: 'link'});
}

function asCommand(from, to, asked) {
  const word = (one) => one.k === PODS ? `${one.ns}/pod/${one.pods[0][0]}` : one.k === NODES ? `node/${one.name.replace(/^nodes such as |^node /, '')}` : one.addresses[0];
  return el('p', {class: 'command'}, 'The same on a command line: ',
            el('code', {}, `selvedge explain ${word(from)} ${word(to)} ${asked ? wordsOfAsked(asked) : 'PORT'}`));
}

// ---- a cell of whole namespaces ----

function openGroups(from, to, counts) {
  const title = `${from.name} → ${to.name}`;
  showPanel(title, (body) => {
    body.append(el('p', {}, `${plural(counts.total, 'pair')} of workloads: ` + wordsOfCounts(counts)));
    const pairs = [];
    for (const a of from.members) {
      for (const b of to.members) {
        const verdict = verdictAt(subjects[a], subjects[b]);
        if (verdict > DENIED) pairs.push([subjects[a], subjects[b], verdict]);
        if (pairs.length === 2000) break;
      }
    }
    const list = el('ul', {class: 'pairs'});
    body.append(button('Show its lines in the matrix', () => expandGroups([from.index, to.index])), list);
    paged(pairs, 100, ([a, b, verdict]) => el('li', {}, mark(verdict), ' ',
        button(`${a.label} → ${b.label}`, () => openWhy(a, b), {class: 'link'}), ' ', el('span', {class: 'muted'}, wordsOfCell(cellAt(a, b)))), list);
  });
}

function wordsOfCounts(counts) {
  const words = [];
  for (const verdict of [OPEN, ALL, SOME, AUDITED, UNKNOWN, DENIED])
    if (counts[verdict]) words.push(`${counts[verdict].toLocaleString('en')} ${VERDICTS[verdict].words.replace(/:.*/, '')}`);
  return words.join(', ') || 'nobody to ask';
}
