// Where the nodes of a graph go: in layers, so that what is allowed mostly points to the right. Pure.
'use strict';

// `count` nodes; edges [from, to]. Gives for each node {layer, place}; layers are 0.. and places 0.. within them.
function layered(count, edges) {
  const forward = withoutCycles(count, edges);
  const layer = longestPaths(count, forward);
  const layers = [];
  for (let i = 0; i < count; i++) (layers[layer[i]] = layers[layer[i]] || []).push(i);
  for (let i = 0; i < layers.length; i++) layers[i] = layers[i] || [];
  untangle(layers, layer, forward);
  const positions = [];
  layers.forEach((nodes, x) => nodes.forEach((node, y) => { positions[node] = {layer: x, place: y, of: nodes.length}; }));
  return positions;
}

function neighbours(count, edges, from, to) {
  const lists = Array.from({length: count}, () => []);
  for (const edge of edges) lists[edge[from]].push(edge[to]);
  return lists;
}

// An edge that leads back to a node on the way is turned round.
function withoutCycles(count, edges) {
  const next = neighbours(count, edges, 0, 1), state = new Uint8Array(count), forward = [];
  const incoming = new Uint32Array(count);
  for (const [, to] of edges) incoming[to]++;
  const order = [...Array(count).keys()].sort((a, b) => incoming[a] - incoming[b] || a - b);
  for (const start of order) {
    if (state[start]) continue;
    const stack = [[start, 0]];
    state[start] = 1;
    while (stack.length) {
      const top = stack[stack.length - 1];
      if (top[1] === next[top[0]].length) { state[top[0]] = 2; stack.pop(); continue; }
      const to = next[top[0]][top[1]++];
      if (to === top[0]) continue;
      forward.push(state[to] === 1 ? [to, top[0]] : [top[0], to]);
      if (!state[to]) { state[to] = 1; stack.push([to, 0]); }
    }
  }
  return forward;
}

function longestPaths(count, edges) {
  const next = neighbours(count, edges, 0, 1), incoming = new Uint32Array(count), layer = new Uint32Array(count);
  for (const [, to] of edges) incoming[to]++;
  const ready = [...Array(count).keys()].filter((node) => !incoming[node]);
  for (let i = 0; i < ready.length; i++) {
    for (const to of next[ready[i]]) {
      layer[to] = Math.max(layer[to], layer[ready[i]] + 1);
      if (--incoming[to] === 0) ready.push(to);
    }
  }
  return layer;
}

// Each node to the mean of its neighbours, forth and back a few times.
function untangle(layers, layer, edges) {
  const all = neighbours(layer.length, edges, 0, 1), back = neighbours(layer.length, edges, 1, 0);
  const place = new Float64Array(layer.length);
  const number = (nodes) => nodes.forEach((node, i) => { place[node] = nodes.length > 1 ? i / (nodes.length - 1) : 0.5; });
  layers.forEach(number);
  for (let sweep = 0; sweep < 8; sweep++) {
    const order = sweep % 2 ? [...layers].reverse() : layers;
    for (const nodes of order) {
      const mean = new Map(nodes.map((node) => {
        const near = sweep % 2 ? all[node] : back[node];
        return [node, near.length ? near.reduce((sum, one) => sum + place[one], 0) / near.length : place[node]];
      }));
      nodes.sort((a, b) => mean.get(a) - mean.get(b) || a - b);
      number(nodes);
    }
  }
}

// ---- places in a picture: {x, y} of each node; gives the picture's size ----

const NODE = {w: 176, h: 44, gapX: 120, gapY: 16};

function placeInLayers(placed, alone, edges) {
  const numbers = new Map(placed.map((node, i) => [node, i]));
  const positions = layered(placed.length, edges.map((edge) => [numbers.get(edge.from), numbers.get(edge.to)]));
  const tallest = Math.max(0, ...positions.map((one) => one.of)), layers = Math.max(0, ...positions.map((one) => one.layer + 1));
  const step = NODE.h + NODE.gapY;
  placed.forEach((node, i) => {
    const {layer, place, of} = positions[i];
    node.x = 12 + layer * (NODE.w + NODE.gapX);
    node.y = 24 + (place + (tallest - of) / 2) * step;
  });
  const perLine = Math.max(layers + 1, 4), top = placed.length ? 24 + tallest * step + 48 : 24;
  alone.forEach((node, i) => {
    node.x = 12 + (i % perLine) * (NODE.w + 20);
    node.y = top + Math.floor(i / perLine) * step;
  });
  const bottom = alone.length ? top + Math.ceil(alone.length / perLine) * step : top - 40;
  const right = Math.max(layers * (NODE.w + NODE.gapX) - NODE.gapX, alone.length ? Math.min(alone.length, perLine) * (NODE.w + 20) : 0);
  return {w: right + 24, h: bottom + 12, alone: top};
}

function placeInRing(nodes) {
  const longest = Math.max(...nodes.map((node) => Math.min(22, node.name.length)));
  const radius = Math.max(240, nodes.length * 15 / (2 * Math.PI)), margin = 24 + longest * 7;
  nodes.forEach((node, i) => {
    node.angle = (i / nodes.length) * 2 * Math.PI - Math.PI / 2;
    node.x = margin + radius * (1 + Math.cos(node.angle));
    node.y = margin + radius * (1 + Math.sin(node.angle));
  });
  return {w: 2 * (radius + margin), h: 2 * (radius + margin)};
}
