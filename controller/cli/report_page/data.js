// The report's data, as controller/cli/report_data.cc wrote them, and names for what is in them.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const PODS = 0, NODES = 1, OUTSIDE = 2;
const NODES_GROUP = 'Nodes', OUTSIDE_GROUP = 'Outside the cluster';
const NO_ISOLATION = [0, 0, [], -1];  // isolated, unknown, policies, row

const subjects = data.subjects.map((subject, index) => {
  const slash = subject.name.indexOf('/');
  const isPods = subject.k === PODS;
  const base = isPods ? subject.name.slice(slash + 1) : subject.name;
  return {
    ...subject, index, base,
    kind: isPods ? subject.name.slice(0, slash) : subject.k === NODES ? 'Node' : 'Addresses',
    label: subject.variant ? `${base} (${subject.variant})` : base,
    full: (subject.ns ? subject.ns + '/' : '') + subject.name + (subject.variant ? ` (${subject.variant})` : ''),
    group: isPods ? subject.ns : subject.k === NODES ? NODES_GROUP : OUTSIDE_GROUP,
    labels: subject.labels || {}, pods: subject.pods || [], ports: subject.ports || [],
    in: subject.in || NO_ISOLATION, out: subject.out || NO_ISOLATION,
  };
});

// Where a Deployment and a StatefulSet share a name, or only case tells them apart, the kind is part of the label.
for (const same of groupBy(subjects, (one) => one.group + '\n' + one.label).values()) {
  if (same.length > 1) for (const one of same) one.label = one.name + (one.variant ? ` (${one.variant})` : '');
}

// In the order of the subjects: namespaces, then nodes, then outside.
const groups = [...groupBy(subjects, (one) => one.k + '\n' + one.group).values()].map((members, index) => ({
  index, name: members[0].group, kind: members[0].k, members: members.map((one) => one.index),
}));
for (const group of groups) for (const member of group.members) subjects[member].groupIndex = group.index;

const policies = data.policies.map((policy, index) => ({...policy, index, key: `${policy.ns}/${policy.name}`}));

function groupBy(items, keyOf) {
  const map = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(item);
  }
  return map;
}

function plural(count, one, many) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many || one + 's'}`;
}

// "a, b, c and 9 more"
function firstNames(names, most) {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${(names.length - most).toLocaleString('en')} more`;
}
