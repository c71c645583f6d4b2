'use strict';
// What joins the stream, the views and the buttons.

const now = {}; // panels by name
let pulse = {}, link = {state: 'loading'}, heard = 0, due = false;
const $ = id => document.getElementById(id);

function tell(message) {
  heard = Date.now();
  if (message.panel === 'link') {
    link = message;
    if (link.state === 'open') $('enter').hidden = true;
    if (link.state === 'over') enterForm();
  } else if (message.panel === 'pulse') {
    pulse = message;
    return connection();
  } else now[message.panel] = message;
  draw(message.panel);
}

// draw draws the view with the next frame, if what has changed is in it.
function draw(changed) {
  if (changed && changed !== 'link' && !views[view()][1].includes(changed) && changed !== 'about') return;
  if (due) return;
  due = true;
  requestAnimationFrame(() => { due = false; render(); });
}

const view = () => { const name = location.hash.slice(1); return Object.hasOwn(views, name) && offered(name) ? name : 'overview'; };
const offered = name => name !== 'cloud' || !now.about || !!now.about.data?.local;

function render() {
  const about = now.about?.data;
  if (about) {
    $('title').textContent = about.stack ? `${about.stack}: ${about.host}` : 'understudy';
    $('where').textContent = `${about.local ? `a local cloud${about.speed > 1 ? ` at ${about.speed} times AWS’s speed` : ''}` : 'AWS'}, account ${about.account}${about.file ? `, ${about.file}` : ''}`;
  }
  document.title = `${views[view()][0]} · ${about?.stack || 'understudy'}`;
  patchChildren($('views'), Object.keys(views).filter(offered).map(v => h('a', {href: '#' + v, 'aria-current': v === view() ? 'page' : false}, views[v][0])));
  patchChildren($('main'), [h('div', {'data-key': view()}, link.state === 'over' ? [] : drawn(view()))]);
  connection();
}

// drawn is a view, or what keeps it from being drawn: that is a fault of this page, which must not look like the last state.
function drawn(name) {
  try {
    return views[name][2]();
  } catch (e) {
    console.error(e);
    return h('p', {class: 'alert', role: 'alert'}, `This view cannot be drawn: ${e}. The commands tell the same.`);
  }
}

// connection says whether what is shown is of now.
function connection() {
  const old = Date.now() - heard, stale = link.state !== 'open' || old > 8000;
  const text = link.state === 'loading' ? 'Loading: nothing has been heard from the console yet.' :
    link.state === 'over' ? 'Not connected: this browser has no session.' :
      stale ? `Not connected: last heard ${ago(heard)}, and the page is as it was then. Trying again; \`understudy console\` starts a new one.` : `Live: last heard ${ago(heard)}.`;
  if ($('link').textContent !== text) $('link').textContent = text;
  document.body.classList.toggle('stale', stale && link.state !== 'loading');
}

// ---- asking the console

async function get(path) {
  const answer = await fetch(path).catch(e => ({json: () => ({error: String(e)})}));
  return answer.json().catch(() => ({error: `${answer.status} ${answer.statusText}`}));
}

async function send(path, body) {
  const answer = await fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)}).catch(e => ({ok: false, json: async () => ({error: String(e)})}));
  const said = await answer.json().catch(() => ({}));
  return answer.ok ? said : {error: said.error || `${answer.status} ${answer.statusText}`};
}

// ask asks before an action is done, and says what happens then, and to whom.
function ask(action) {
  const box = $('ask'), form = h('form', {});
  const values = () => Object.fromEntries((action.options || []).map(o => [o.flag, new FormData(form).getAll(o.flag).filter(v => v !== '')]).filter(([, v]) => v.length));
  const command = () => ['understudy', ...action.command, ...(action.options || []).flatMap(o => {
    const v = (values()[o.flag] || []).join(',');
    return v && v !== o.default ? [o.flag, v] : [];
  })].join(' ');
  const shown = h('code', {id: 'ask-command'}), wrong = h('p', {role: 'alert', class: 'bad'});
  form.append(h('h2', {id: 'ask-title'}, action.title), h('p', {}, action.does),
    ...(action.options || []).map(o => h('fieldset', {}, h('legend', {}, o.title), o.choices.map(c => h('label', {class: 'choice'},
      h('input', {type: o.many ? 'checkbox' : 'radio', name: o.flag, value: c.value, checked: c.value === o.default}), ' ', c.value, c.help ? h('small', {}, ' ', c.help) : null)))),
    h('p', {}, shown), wrong,
    h('p', {class: 'act'}, h('button', {type: 'button', id: 'ask-cancel', autofocus: true, onclick: () => box.close()}, 'Cancel'), ' ', h('button', {id: 'ask-do', class: 'do'}, action.title)));
  form.onchange = () => { shown.textContent = command(); };
  form.onchange();
  form.onsubmit = async e => {
    e.preventDefault();
    const answer = await send('/start', {action: action.name, options: values()});
    if (answer.error) { wrong.textContent = answer.error; return; }
    box.close();
    if (action.name === 'drill') location.hash = 'rehearsal';
  };
  box.replaceChildren(form);
  box.showModal();
}

// ---- entering

function enterForm() {
  const form = $('enter');
  form.hidden = false;
  form.onsubmit = e => { e.preventDefault(); enter(new FormData(form).get('key')); };
}

async function enter(key) {
  const answer = await send('/enter', {key: key.trim().replace(/^.*#key=/, '')});
  if (answer.error) { $('refused').textContent = answer.error; return false; }
  location.replace('/');
  return true;
}

async function begin() {
  const key = location.hash.match(/^#key=(\w+)$/)?.[1];
  if (key) {
    history.replaceState(null, '', '/'); // the key is used once, and stands in no history
    enterForm();
    if (await enter(key)) return;
  }
  addEventListener('hashchange', () => { draw(); $('main').focus(); });
  setInterval(() => { connection(); if (view() === 'parity') draw(); }, 1000);
  listen(tell);
  draw();
}
begin();
