'use strict';
// What each view shows, made of the panels: now.PANEL is {at, data, error} as the console has read it last.

const views = {
  overview: ['Overview', ['about', 'answer', 'status', 'traffic', 'actions', 'commands', 'cloud'], overview],
  rehearsal: ['Drill', ['about', 'rehearsal', 'actions', 'commands'], rehearsal],
  parity: ['Parity', ['parity'], parity],
  history: ['History', ['drills'], pastDrills],
  resources: ['Resources', ['about'], resources],
  metrics: ['Metrics', ['traffic'], metrics],
  cloud: ['Local cloud', ['cloud', 'calls'], localCloud],
};

// Good and bad are told by a sign and a word, and only then by a colour.
const sign = (good, ...text) => h('span', {class: good == null ? 'unknown' : good ? 'good' : 'bad'}, good == null ? '? ' : good ? '✓ ' : '✗ ', text);

// panel shows a panel that has a value by draw, or says in words why there is nothing: it is still to come, or cannot be read.
function panel(name, draw) {
  const p = now[name];
  if (!p || !p.at && !p.error) return h('p', {class: 'soft'}, 'Loading.');
  const wrong = p.error && h('div', {class: 'alert', role: 'alert'}, h('p', {}, 'This cannot be read now: '), h('pre', {}, p.error),
    p.at > 0 && h('p', {}, `What follows is of ${clock(p.at)}.`));
  return [wrong, p.at > 0 && draw(p.data)];
}

// more shows more of a panel that stands above, where it is said if there is nothing.
const more = (name, draw) => now[name]?.at > 0 && draw(now[name].data);

const code = text => h('code', {}, text);
const table = (caption, heads, rows, empty) => rows.length === 0 ? h('p', {class: 'soft'}, empty) :
  h('div', {class: 'wide', tabindex: 0, role: 'region', 'aria-label': caption}, h('table', {}, h('caption', {}, caption),
    h('thead', {}, h('tr', {}, heads.map(t => h('th', {scope: 'col'}, t)))), h('tbody', {}, rows)));
const row = (head, ...cells) => h('tr', {}, h('th', {scope: 'row'}, head), cells.map(c => h('td', {}, c)));
const copy = text => h('button', {class: 'copy', 'aria-label': 'Copy: ' + text, onclick: e => {
  navigator.clipboard.writeText(text);
  e.target.textContent = 'copied';
}}, 'copy');
const last = id => id.slice(id.lastIndexOf('/') + 1);

// ---- overview

function overview() {
  if (now.about?.data && !now.about.data.stack) {
    return [h('h2', {}, 'No stack'), h('p', {}, 'This console was started without a declaration: it shows the local cloud. ',
      code('understudy console -f understudy.yaml'), ' shows a stack.'), buttons(), running()];
  }
  return [
    h('section', {'aria-label': 'Where users go'}, panel('answer', answer), panel('status', alerts)),
    h('div', {class: 'regions'}, more('status', st => st.regions.map(r => region(r, st)))),
    h('section', {}, h('h2', {}, 'Commands'), buttons(), running()),
    more('status', st => h('section', {}, h('h2', {}, 'Of no region'), things(st.resources))),
  ];
}

function answer(a) {
  const about = now.about?.data || {}, sides = Object.keys(a.sides || {});
  const to = a.error ? 'it cannot be asked' : sides.length > 1 ? sides.map(x => `${about.regions?.[x]} (${a.sides[x]} of ${a.times} answers)`).join(' and ') :
    a.side ? `${about.regions?.[a.side]}, the ${a.side}` : a.addresses.length ? 'addresses of neither region' : 'nothing';
  return h('div', {class: 'answer ' + (a.side || '')}, h('p', {class: 'big'}, about.host, ' → ', h('strong', {id: 'leads'}, to)),
    h('p', {class: 'soft'}, a.error || a.addresses.join(', '), now.answer ? `, since ${clock(now.answer.at)}` : ''));
}

function alerts(st) {
  const all = st.warnings.map(w => h('li', {}, h('strong', {}, w.about), ': ', w.text));
  return all.length ? h('ul', {class: 'alerts'}, all) : null;
}

function region(r, st) {
  const leads = now.answer?.data?.side === r.side || now.answer?.data?.sides?.[r.side];
  const healthy = r.targets.filter(t => t.state === 'healthy').length;
  return h('section', {class: 'region ' + r.side, 'data-key': r.region, 'aria-label': `${r.side} ${r.region}`},
    h('h2', {}, r.region, ' ', h('small', {}, r.side), leads ? h('span', {class: 'badge'}, 'users are here') : null),
    r.silent ? h('p', {class: 'alert'}, sign(false, 'Its API does not answer: ', r.silent)) : null,
    h('dl', {},
      h('dt', {}, 'Health check'), h('dd', {}, r.unchecked ? sign(null, 'unknown') : r.dark && !r.passing ? sign(null, 'there is no instance until it is to serve, as declared') :
        sign(r.passing, `${r.passing ? 'passes' : 'does not pass'}: ${r.checks ? `${r.needed} of ${r.checks.length} checks have to pass` :
          `${r.check.healthy} of ${r.check.checkers} checkers report success`}`),
      (r.checks || []).map(c => h('p', {}, sign(c.passing, `${c.name}: ${c.healthy} of ${c.checkers} checkers report success`)))),
      h('dt', {}, 'Targets'), h('dd', {}, r.targets.length ? sign(healthy === r.targets.length, `${healthy} of ${r.targets.length} healthy`) : sign(null, 'none')),
      h('dt', {}, 'Load balancer'), h('dd', {}, r.balancer ? code(r.balancer) : 'none')),
    traffic(r.region), map(r), differences(r.resources));
}

// map draws a region's network as boxes in boxes: the public subnets with their hosts, and the private ones with the fleet.
function map(r) {
  const by = prefix => r.resources.filter(x => x.resource.startsWith(prefix));
  const id = name => r.resources.find(x => x.resource === name)?.id;
  if (!id('vpc') && !by('subnet').length) return h('p', {class: 'soft'}, 'Nothing of it is seen.');
  const letter = x => x.resource.slice(-1);
  const subnet = (x, inside) => h('li', {class: 'box'}, h('strong', {}, x.resource), ' ', h('small', {}, x.id), inside);
  const host = x => h('p', {class: 'thing'}, x.resource, ' ', h('small', {}, x.id));
  return h('div', {class: 'map'},
    h('p', {class: 'thing'}, 'internet ', h('small', {}, '⇅ ', id('gateway') || 'no gateway')),
    h('p', {class: 'thing'}, 'load balancer ', h('small', {}, last(id('load balancer') || 'none')), ' → ', by('target group').length > 1 ? by('target group').length + ' target groups' : 'target group'),
    h('div', {class: 'box'}, h('strong', {}, 'VPC'), ' ', h('small', {}, id('vpc') || ''),
      h('ul', {class: 'zones-' + by('subnet public').length}, by('subnet public').map(x => subnet(x, by('host ').filter(y => letter(y) === letter(x)).map(host))), by('subnet private').map(x => subnet(x))),
      h('div', {class: 'box'}, h('strong', {}, 'fleet'), ' ', h('small', {}, id('fleet') || 'none', ', from image ', id('image') || 'of somebody else'),
        h('ul', {}, r.targets.map(t => h('li', {class: 'thing'}, sign(t.state === 'healthy' ? true : t.state === 'initial' ? null : false, t.id, ' ', t.state, ' ', t.reason || '')))))),
    h('details', {}, h('summary', {}, `all ${r.resources.length} resources`), things(r.resources)));
}

const things = resources => h('ul', {class: 'things'}, resources.map(x => h('li', {}, x.resource, ' ', h('small', {}, x.id))));

function differences(resources) {
  const all = resources.flatMap(x => (x.differences || []).map(d => h('li', {}, sign(false, `${x.resource}: ${d.name} is ${d.actual || 'nothing'}, declared ${d.desired || 'nothing'}`))));
  return all.length ? [h('h3', {}, 'Otherwise than declared'), h('ul', {}, all)] : null;
}

// ---- traffic and metrics

function traffic(name) {
  const p = now.traffic;
  const all = p?.data?.[name];
  if (!all) return h('p', {class: 'soft'}, p ? 'Its metrics cannot be read.' : 'Loading its metrics.');
  return all.filter(m => m.title === 'Requests').slice(0, 1).map(m => graph(m, name));
}

function graph(m, name) {
  const newest = m.values.at(-1), text = m.values.length ? `${m.title} of ${m.of} in ${name}: ${+newest.toPrecision(3)} ${m.unit} at ${clock(m.times.at(-1))}, ${+Math.max(...m.values).toPrecision(3)} at most` :
    `${m.title} of ${m.of} in ${name}: no data yet`;
  return h('figure', {class: 'graph'}, m.values.length ? line(m.times, m.values, text) : null,
    h('figcaption', {}, m.title, ': ', m.values.length ? `${+newest.toPrecision(3)} ${m.unit}, ${+Math.max(...m.values).toPrecision(3)} at most` : 'no data yet'));
}

function metrics() {
  return [h('h2', {}, 'Metrics of the load balancers'), h('p', {class: 'soft'}, 'The last hour, a point a minute, from CloudWatch. A cloud at speed 30 has minutes of two seconds.'),
    panel('traffic', all => Object.keys(all).length === 0 ? h('p', {}, 'There is no region to ask.') :
      Object.entries(all).map(([name, series]) => h('section', {}, h('h3', {}, name), series === null ? h('p', {class: 'soft'}, 'It does not answer.') :
        series.length === 0 ? h('p', {class: 'soft'}, 'It has no load balancer.') : h('div', {class: 'graphs'}, series.map(m => graph(m, name))))))];
}

// ---- actions and their commands

function buttons() {
  return panel('actions', a => [a.refused && h('p', {class: 'alert'}, a.refused),
    h('ul', {class: 'buttons'}, a.all.map(x => h('li', {}, h('button', {disabled: !!a.refused, onclick: () => ask(x)}, x.title), ' ',
      code('understudy ' + x.command.join(' ')))))]);
}

// running lists the commands that this console has started.
function running() {
  return panel('commands', all => all.length === 0 ? h('p', {class: 'soft'}, 'No command was started from here yet.') : h('ol', {class: 'commands', reversed: true}, all.map(c => {
    const runs = !c.ended;
    return h('li', {'data-key': c.id}, h('details', {open: runs}, h('summary', {}, runs ? sign(null, c.stopped ? 'is asked to stop: ' : 'runs: ') : sign(c.code === 0, c.code === 0 ? 'done: ' : `exit code ${c.code}: `),
      code(c.command), ' ', h('small', {}, clock(c.began))),
    h('pre', {class: 'output', tabindex: 0, 'aria-label': 'What it prints'}, c.output || ' '),
    runs && h('button', {disabled: !!c.stopped, onclick: () => send('/stop', {id: c.id})}, 'Stop, as Ctrl-C does')));
  })));
}

// ---- a drill

function rehearsal() {
  return [h('h2', {}, 'Drill'), panel('rehearsal', r => r ? course(r) : h('p', {class: 'soft'}, 'No drill has run on this machine since drills can be looked on at.')),
    h('section', {}, h('h2', {}, 'Commands'), buttons(), running())];
}

function course(r) {
  const heard = Date.parse(r.heard), ends = heard - Date.parse(r.began), silent = !r.ended && Date.now() - heard > 15000;
  const state = r.ended ? (r.error ? sign(false, 'It failed: ', r.error) : sign(true, 'It has ended.')) :
    silent ? sign(false, `Nothing was heard of it for ${ago(heard).replace(' ago', '')}: if it was killed, “Repair” undoes what it broke.`) : sign(null, 'It runs.');
  const newest = r.counts.at(-1)?.served || {};
  return h('section', {'aria-label': 'The course of the drill'},
    h('p', {id: 'course'}, h('strong', {}, `${r.primary} is lost by ${r.fault}`), ` to ${r.users} users of ${r.name}`, r.speed > 1 ? `, at ${r.speed} times AWS’s speed` : '', `, begun ${day(r.began)}. `, state),
    h('p', {class: 'legend'}, [[r.primary, 'primary'], [r.secondary, 'secondary'], ['', 'failed']].map(([name, c]) => h('span', {}, h('span', {class: 'key ' + c}), ` ${name || 'nobody'}: ${newest[name] || 0} `))),
    r.counts.length ? areas(r.counts, ends, [r.primary, r.secondary, ''], r.steps) : h('p', {class: 'soft'}, 'No user was counted yet.'),
    r.report && h('p', {}, h('a', {href: '/document/' + r.report, target: '_blank', rel: 'noopener'}, 'The report')),
    table('Steps', ['After', 'Phase', 'Step'], r.steps.map(p => row(seconds(p.ms), p.phase, p.text)), 'No step was told yet.'));
}

function pastDrills() {
  return [h('h2', {}, 'Drills on this machine'), panel('drills', all => [all.length ? bars(all) : null,
    table('Drills', ['Began', 'Fault', 'Users', 'Failed requests', 'Half of the users, at most', '99 %', 'Any user', 'Predicted, at most', 'Result'],
      all.toReversed().map(d => row(h('a', {href: '/document/' + d.file, target: '_blank', rel: 'noopener'}, day(d.began)), d.fault, d.users, d.failed,
        seconds(d.p50), seconds(d.p99), seconds(d.max), seconds(d.predicted), sign(d.result === 'ok', d.result))),
      'No drill was kept yet: “Drill” begins one.')])];
}

// ---- parity

function parity() {
  const again = h('button', {onclick: () => send('/refresh', {panel: 'parity'})}, 'Compare now');
  return [h('h2', {}, 'Parity'), h('p', {}, again, ' ', code('understudy parity'), ' ', h('small', {}, readAt('parity'))), panel('parity', p => [
    h('p', {class: 'big'}, p.equal ? sign(true, 'The regions are equal.') : sign(false, p.findings.length === 1 ? 'One finding' : `${p.findings.length} findings`)),
    ['findings', 'passing', 'ignored'].map(sort => p[sort].map(f => h('article', {class: 'finding', 'data-key': f.name},
      h('h3', {}, f.name, ' ', h('small', {class: 'severity ' + f.severity}, sort === 'findings' ? f.severity : sort)),
      h('p', {}, f.why), f.ignored && h('p', {}, 'Accepted: ', f.ignored), f.passing && h('p', {}, 'It passes: ', f.passing),
      table(f.name, ['Region', 'Resource', 'Value', 'Verdict'], f.evidence.map(e => row(e.region, code(e.id || ''), e.value || 'nothing', f.wrong?.includes(e.region) ? sign(false, 'wrong') : sign(true, 'right'))), ''),
      f.expected && h('p', {}, 'Expected: ', code(f.expected)),
      f.heal?.length ? h('ul', {class: 'heal'}, f.heal.map(c => h('li', {}, code(c), ' ', copy(c)))) : null))),
    p.notes.map(n => h('p', {class: 'soft'}, n.about, ': ', n.text)),
  ])];
}

const readAt = name => pulse.read?.[name] ? 'read ' + ago(pulse.read[name]) : '';

// ---- what is asked for once

let browsed = {region: '', kind: 'instances', found: null, error: '', output: null};

function resources() {
  const about = now.about?.data;
  if (!about) return h('p', {class: 'soft'}, 'Loading.');
  browsed.region ||= about.all[0] || '';
  const choose = (name, values) => h('label', {}, name[0].toUpperCase() + name.slice(1), ' ', h('select', {name, onchange: e => { browsed[name] = e.target.value; browse(); }},
    values.map(([v, t]) => h('option', {value: v, selected: browsed[name] === v}, t))));
  if (!browsed.found && !browsed.error && !browsed.asked) browse();
  return [h('h2', {}, 'Resources'), h('form', {class: 'choose', onsubmit: e => { e.preventDefault(); browse(); }},
    choose('region', about.all.map(r => [r, r])), ' ', choose('kind', about.kinds.map(k => [k.name, k.title])), ' ', h('button', {}, 'Read again')),
  browsed.error ? h('div', {class: 'alert', role: 'alert'}, h('pre', {}, browsed.error)) : null,
  browsed.found ? table(`${browsed.found.length} in ${browsed.region}`, ['Id', 'Name', 'State', 'About', 'Details'], browsed.found.map(x => row(last(x.id), x.name || '', x.state || '', x.about || '',
    [h('details', {}, h('summary', {}, 'as the API has it'), h('pre', {}, JSON.stringify(x.detail, (k, v) => v ?? undefined, 1))),
      browsed.kind === 'instances' ? h('button', {onclick: () => output(x.id)}, 'Console') : null])), 'There are none.') : browsed.error ? null : h('p', {class: 'soft'}, 'Loading.'),
  browsed.output ? h('section', {}, h('h3', {}, 'Console of ', browsed.output.instance), h('p', {class: 'soft'}, code(`aws ec2 get-console-output --instance-id ${browsed.output.instance} --output text`)),
    h('pre', {class: 'output', tabindex: 0}, browsed.output.text || 'It has written nothing.')) : null];
}

async function browse() {
  const asked = browsed.asked = {};
  Object.assign(browsed, {found: null, error: '', output: null});
  draw();
  const answer = await get(`/read/resources?region=${encodeURIComponent(browsed.region)}&kind=${browsed.kind}`);
  if (browsed.asked !== asked) return; // something else was asked for since
  Object.assign(browsed, answer.error ? {error: answer.error} : {found: answer});
  draw();
}

async function output(instance) {
  const answer = await get(`/read/output?region=${encodeURIComponent(browsed.region)}&instance=${instance}`);
  Object.assign(browsed, answer.error ? {error: answer.error} : {output: answer});
  draw();
}

// ---- the local cloud

function localCloud() {
  return [h('h2', {}, 'Local cloud'), panel('cloud', c => [
    h('dl', {}, [['API', c.endpoint], ['DNS', c.resolver], ['Folder', c.dir], ['Account', c.account], ['Speed', c.speed]].map(([k, v]) => [h('dt', {}, k), h('dd', {}, code(v))])),
    table('Processes', ['Process', 'State', 'PID', 'Reason'], c.processes.map(p => row(p.name, sign(p.state === 'up', p.state), p.pid || '', p.reason || '')), ''),
    table('Faults on purpose', ['Fault', 'What happens', 'Matched', 'Struck'], c.faults.map(f => row(f.id, f.words, f.matched, f.struck)), 'No call goes wrong on purpose.')]),
  h('h3', {}, 'Calls of the API'), h('p', {class: 'soft'}, 'The newest first. What this console asks is left out; ', code('understudy cloud calls'), ' has that, too.'),
  panel('calls', all => table('Calls', ['At', 'Service', 'Operation', 'Region', 'Who', 'With', 'Status', 'Took', 'Faults'], all.toReversed().map(c => row(clock(c.at), c.service, c.operation, c.region || '', last(c.caller.slice(c.caller.lastIndexOf(':') + 1)),
    c.agent || '', sign(c.status ? c.status < 400 : null, c.status || 'no answer'), (c.took_ns / 1e6).toFixed(1) + ' ms', (c.faults || []).join(' '))), 'Nobody has called yet.'))];
}
