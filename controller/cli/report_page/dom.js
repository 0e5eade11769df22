// Making elements. Text goes in as text and nothing else, so that no name is ever markup.
'use strict';

function el(tag, options, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(options || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'class') element.className = value;
    else if (key === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (key === 'at') for (const [name, pixels] of Object.entries(value)) element.style[name] = pixels + 'px';
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

function button(text, action, options) {
  return el('button', {type: 'button', ...options, on: {click: action}}, text);
}

// The sign of a verdict: a shape, so that it does not rest on its colour.
function mark(verdict) {
  return el('i', {class: 'mark ' + VERDICTS[verdict].name, 'aria-hidden': 'true'});
}

function announce(text) {
  byId('live').textContent = text;
}

// The first `most` rows of a long list, and a button for more.
function paged(items, most, draw, container) {
  let shown = 0;
  const more = button('', () => add());
  const add = () => {
    const next = items.slice(shown, shown + most);
    shown += next.length;
    container.append(...next.map(draw));
    more.remove();
    if (shown < items.length) {
      more.textContent = `Show ${Math.min(most, items.length - shown)} more of ${(items.length - shown).toLocaleString('en')}`;
      container.after(more);
    }
  };
  add();
}

// "12 others: a, b, c …" with each name a button that opens its card.
function subjectButtons(indexes, most = 12) {
  const list = el('span', {class: 'names'});
  const add = (count) => {
    const begin = list.childElementCount;
    for (const index of indexes.slice(begin, begin + count)) {
      const subject = subjects[index];
      list.append(button(subject.full, () => openCard(subject), {class: 'link'}));
    }
  };
  add(most);
  const rest = indexes.length - most;
  if (rest > 0) {
    const more = button(`and ${rest.toLocaleString('en')} more`, () => { more.remove(); add(Math.min(rest, 500)); }, {class: 'more'});
    return el('span', {}, list, ' ', more);
  }
  return list;
}
