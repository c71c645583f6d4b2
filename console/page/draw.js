'use strict';
// Elements, and pictures in SVG.

const svgNS = 'http://www.w3.org/2000/svg';

// h makes an element of a tag, attributes and children. An attribute that is a function is a listener; one that is false or null is left out.
function h(tag, attrs, ...children) {
  return made(document.createElement(tag), attrs, children);
}

// s is h for SVG.
function s(tag, attrs, ...children) {
  return made(document.createElementNS(svgNS, tag), attrs, children);
}

function made(e, attrs, children) {
  for (const [k, v] of Object.entries(attrs || {})) {
    if (v === false || v == null) continue;
    if (typeof v === 'function') e[k] = v;
    else e.setAttribute(k, v === true ? '' : v);
  }
  e.append(...children.flat(Infinity).filter(c => c != null && c !== false));
  return e;
}

// patch makes what stands in the page like what is to stand there, and leaves what is alike as it is: the focus, what is selected, what is open.
function patch(old, next) {
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || old.dataset?.key !== next.dataset?.key) {
    old.replaceWith(next);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  const kept = old.nodeName === 'DETAILS' ? ['open'] : [];
  for (const a of [...old.attributes]) if (!next.hasAttribute(a.name) && !kept.includes(a.name)) old.removeAttribute(a.name);
  for (const a of next.attributes) if (old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
  for (const k of ['onclick', 'onchange', 'oninput', 'onsubmit', 'ontoggle']) if (old[k] !== next[k]) old[k] = next[k];
  patchChildren(old, [...next.childNodes]);
}

function patchChildren(old, next) {
  const have = [...old.childNodes];
  next.forEach((n, i) => { if (have[i]) patch(have[i], n); else old.append(n); });
  have.slice(next.length).forEach(n => n.remove());
}

// ago says how long ago a moment was, in milliseconds since 1970.
function ago(ms) {
  const s = Math.max(0, Math.round((Date.now() - ms) / 1000));
  return s < 2 ? 'now' : s < 120 ? s + ' s ago' : s < 7200 ? Math.round(s / 60) + ' min ago' : Math.round(s / 3600) + ' h ago';
}

function seconds(ms) {
  return ms < 10000 ? (ms / 1000).toFixed(1) + ' s' : Math.round(ms / 1000) + ' s';
}

// clock is a time of the day, in the browser's zone.
const clock = t => new Date(t).toLocaleTimeString();
const day = t => new Date(t).toLocaleString();

// line draws a course of numbers, with a text for who does not see it.
function line(times, values, text) {
  const w = 240, hgt = 48, most = Math.max(...values, 1e-9), from = times[0], span = Math.max(1, times.at(-1) - from);
  const points = values.map((v, i) => `${(4 + (times[i] - from) / span * (w - 8)).toFixed(1)},${(hgt - 4 - v / most * (hgt - 10)).toFixed(1)}`);
  return s('svg', {viewBox: `0 0 ${w} ${hgt}`, class: 'line', role: 'img', 'aria-label': text},
    s('polyline', {points: points.join(' '), class: 'curve'}), values.length === 1 && s('circle', {cx: 4, cy: 10, r: 2, class: 'primary'}));
}

// areas draws who served how many users, over time: counts are [{ms, served: {region: n}}], sides are the regions from the bottom up.
function areas(counts, ends, sides, steps) {
  const w = 800, top = 18, high = 150, span = Math.max(1, ends), total = Math.max(1, ...counts.map(c => Object.values(c.served).reduce((a, b) => a + b, 0)));
  const x = ms => (Math.min(ms, span) / span * w).toFixed(1), y = n => (top + high - n / total * high).toFixed(1);
  const under = counts.map(() => 0);
  const layers = sides.map((side, i) => {
    const lower = [], upper = [];
    counts.forEach((c, n) => {
      const end = counts[n + 1]?.ms ?? span, from = under[n];
      under[n] += c.served[side] || 0;
      upper.push(`${x(c.ms)},${y(under[n])}`, `${x(end)},${y(under[n])}`);
      lower.unshift(`${x(end)},${y(from)}`, `${x(c.ms)},${y(from)}`);
    });
    return s('polygon', {points: [...upper, ...lower].join(' '), class: ['primary', 'secondary', 'failed'][i]});
  });
  const marks = steps.filter((p, i) => p.phase !== steps[i - 1]?.phase);
  return s('svg', {viewBox: `0 0 ${w} ${top + high + 18}`, class: 'areas', role: 'img',
    'aria-label': `Who served the ${total} users over ${seconds(span)}; the steps below tell the same in words.`},
  s('defs', {}, s('pattern', {id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)'}, s('rect', {width: 3, height: 6, class: 'hatch'}))),
  layers, s('polygon', {points: layers.at(-1).getAttribute('points'), fill: 'url(#hatch)'}),
  marks.map(p => [s('line', {x1: x(p.ms), x2: x(p.ms), y1: top, y2: top + high, class: 'edge'}),
    s('text', {x: Math.min(w - 60, +x(p.ms) + 3), y: 12}, p.phase)]),
  s('text', {x: 0, y: top + high + 14, class: 'soft'}, '0'), s('text', {x: w, y: top + high + 14, class: 'soft', 'text-anchor': 'end'}, seconds(span)));
}

// bars draws the longest times without service of past drills, the oldest first.
function bars(drills) {
  const w = 800, high = 100, most = Math.max(1, ...drills.map(d => d.max)), step = Math.min(40, w / drills.length);
  return s('svg', {viewBox: `0 0 ${w} ${high + 16}`, class: 'areas', role: 'img',
    'aria-label': `The longest time that a user was without service, in ${drills.length} drills: the table below has the numbers.`},
  drills.map((d, i) => s('rect', {x: (i * step + 2).toFixed(1), width: (step - 4).toFixed(1), y: (high - d.max / most * (high - 4)).toFixed(1),
    height: (d.max / most * (high - 4)).toFixed(1), class: d.result === 'ok' ? 'primary' : 'failed'}, s('title', {}, `${day(d.began)}: ${seconds(d.max)}, ${d.result}`))),
  s('text', {x: 0, y: high + 13, class: 'soft'}, `the highest is ${seconds(most)}`));
}
