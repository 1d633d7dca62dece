// Charts of a series of readings and of a flow, as SVG, for the pages and the MCP Apps.
// A point is [Unix seconds, value or null].

const SVG = 'http://www.w3.org/2000/svg';

export function element(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

// Reads the points of a figure from the attributes that the server writes.
export function pointsOf(figure) {
  const { start, step, values } = figure.dataset;
  if (!values) return [];
  return values.split(',').map((value, n) => [
    Number(start) + n * Number(step),
    value === '' ? null : Number(value),
  ]);
}

const known = (points) => points.filter(([, value]) => value !== null);

// Returns the lowest and highest value, widened to at least `span` so that noise does
// not look like a change.
function rangeOf(points, span) {
  const values = known(points).map(([, value]) => value);
  let [low, high] = [Math.min(...values), Math.max(...values)];
  if (high - low < span) {
    const middle = (high + low) / 2;
    [low, high] = [middle - span / 2, middle + span / 2];
  }
  return [low, high];
}

// Splits the points at gaps, so that no line crosses a gap.
function runs(points, x, y) {
  const gaps = known(points).map(([at], n, all) => (n ? at - all[n - 1][0] : 0)).slice(1);
  const usual = gaps.length ? [...gaps].sort((a, b) => a - b)[gaps.length >> 1] : 0;
  const found = [];
  let run = [];
  let last;
  for (const [at, value] of points) {
    if (value === null) continue;
    if (run.length && at - last > 3 * usual) {
      found.push(run);
      run = [];
    }
    run.push([x(at), y(value)]);
    last = at;
  }
  if (run.length) found.push(run);
  return found;
}

const path = (run) =>
  run.map(([x, y], n) => `${n ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

// Draws the last day as a line without axes.
export function sparkline(figure, points) {
  if (known(points).length < 2) return;
  const [width, height] = [240, 48];
  const [low, high] = rangeOf(points, 1);
  const [first, end] = [points[0][0], points[points.length - 1][0]];
  const x = (at) => 2 + ((at - first) / (end - first || 1)) * (width - 8);
  const y = (value) => height - 5 - ((value - low) / (high - low)) * (height - 10);
  const svg = element('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  for (const run of runs(points, x, y)) {
    const area = `${path(run)}L${run[run.length - 1][0].toFixed(1)} ${height}L${run[0][0].toFixed(1)} ${height}Z`;
    svg.append(element('path', { class: 'area', d: area }), element('path', { class: 'line', d: path(run) }));
  }
  figure.replaceChildren(svg);
}

// Draws a flow on the scale of the five flood levels of its place.
export function flowBar(figure, flow, levels) {
  const [width, height] = [Math.max(180, Math.min(figure.clientWidth || 320, 520)), 32];
  // Level 2 begins in the middle, because the flow is nearly always below it.
  const top = levels[levels.length - 1] * 1.08;
  const x = (value) =>
    value <= levels[0]
      ? (value / levels[0]) * (width / 2)
      : width / 2 + (Math.min(value - levels[0], top - levels[0]) / (top - levels[0])) * (width / 2);
  const svg = element('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  const edges = [0, ...levels, top];
  for (let n = 0; n + 1 < edges.length; n += 1) {
    const [from, to] = [x(edges[n]), x(edges[n + 1])];
    svg.append(element('rect', { class: `level-${n + 1}`, x: from, y: 7, width: Math.max(to - from - 1.5, 1), height: 9, rx: 2 }));
  }
  // Labels only the first and the last threshold, to avoid overlapping labels.
  for (const level of [levels[0], levels[levels.length - 1]]) {
    svg.append(element('text', { x: x(level), y: 29, 'text-anchor': 'middle' }, String(level)));
  }
  const at = Math.min(x(flow), width - 3);
  svg.append(element('path', { class: 'needle', d: `M${at - 5} 0H${at + 5}L${at + 1.25} 6V18H${at - 1.25}V6Z` }));
  figure.replaceChildren(svg);
}

// Returns about `count` ticks in steps of 1, 2 or 5 times a power of ten.
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) {
    found.push(Number(at.toFixed(6)));
  }
  return found;
}

const clock = (locale, options) =>
  new Intl.DateTimeFormat(locale, { timeZone: 'Europe/Zurich', ...options });

// Draws a series with axes, and a crosshair that shows the value at the pointer or, with
// the arrow keys, at the focus.
export function chart(figure, points, { unit, levels = [], locale = 'en', span = 1, decimals = 1 }) {
  if (known(points).length < 2) return;
  const width = Math.max(320, Math.min(figure.clientWidth || 640, 1000));
  const height = 190;
  const [left, right, above, below] = [38, 12, 14, 26];
  const [low, high] = rangeOf(points, span);
  const padding = (high - low) * 0.08;
  const [bottom, top] = [low - padding, high + padding];
  const [first, end] = [points[0][0], points[points.length - 1][0]];
  const x = (at) => left + ((at - first) / (end - first || 1)) * (width - left - right);
  const y = (value) => height - below - ((value - bottom) / (top - bottom)) * (height - below - above);
  const svg = element('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' });
  const number = new Intl.NumberFormat(locale === 'fr' ? 'fr-CH' : 'en', { maximumFractionDigits: decimals, useGrouping: false });

  for (const value of ticks(bottom, top, 4)) {
    svg.append(element('line', { class: 'grid', x1: left, x2: width - right, y1: y(value), y2: y(value) }));
    svg.append(element('text', { x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, number.format(value)));
  }
  const hours = width < 520 ? 12 : 6;
  const long = end - first > 4 * 86400;
  const time = clock(locale, { hour: '2-digit', minute: '2-digit', hour12: false });
  const day = clock(locale, { day: 'numeric', month: 'numeric' });
  const zone = Number(clock('en', { hour: 'numeric', hour12: false }).format(new Date(first * 1000))) - new Date(first * 1000).getUTCHours();
  const step = long ? Math.ceil((end - first) / 86400 / (width < 520 ? 4 : 8)) * 86400 : hours * 3600;
  const shift = ((zone + 24) % 24) * 3600;
  for (let at = Math.ceil((first + shift) / step) * step - shift; at <= end; at += step) {
    const date = new Date(at * 1000);
    const isMidnight = time.format(date).startsWith('00') || time.format(date).startsWith('24');
    svg.append(element('line', { class: 'grid', x1: x(at), x2: x(at), y1: above, y2: height - below }));
    svg.append(element('text', { x: x(at), y: height - 8, 'text-anchor': 'middle' }, isMidnight || long ? day.format(date) : time.format(date)));
  }
  for (const level of levels.filter((value) => value > bottom && value < top)) {
    svg.append(element('line', { class: 'threshold', x1: left, x2: width - right, y1: y(level), y2: y(level) }));
  }
  for (const run of runs(points, x, y)) {
    const foot = height - below;
    const area = `${path(run)}L${run[run.length - 1][0].toFixed(1)} ${foot}L${run[0][0].toFixed(1)} ${foot}Z`;
    svg.append(element('path', { class: 'area', d: area }), element('path', { class: 'line', d: path(run) }));
  }
  const [lastAt, lastValue] = known(points).at(-1);
  svg.append(element('circle', { class: 'end', cx: x(lastAt), cy: y(lastValue), r: 3.5 }));

  const cross = element('g', { visibility: 'hidden' });
  const line = element('line', { class: 'cross', y1: above, y2: height - below });
  const dot = element('circle', { class: 'end', r: 4 });
  const text = element('text', { class: 'readout', y: 10 });
  cross.append(line, dot, text);
  svg.append(cross);
  const readable = known(points);
  let chosen = readable.length - 1;
  const show = (n) => {
    chosen = Math.max(0, Math.min(readable.length - 1, n));
    const [at, value] = readable[chosen];
    for (const [key, where] of [['x1', x(at)], ['x2', x(at)]]) line.setAttribute(key, where);
    dot.setAttribute('cx', x(at));
    dot.setAttribute('cy', y(value));
    text.setAttribute('x', Math.min(Math.max(x(at), 80), width - 80));
    text.setAttribute('text-anchor', 'middle');
    const date = new Date(at * 1000);
    text.textContent = `${number.format(value)} ${unit}, ${day.format(date)} ${time.format(date)}`;
    cross.setAttribute('visibility', 'visible');
  };
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const at = first + ((((event.clientX - box.left) / box.width) * width - left) / (width - left - right)) * (end - first);
    let nearest = 0;
    readable.forEach(([pointAt], n) => {
      if (Math.abs(pointAt - at) < Math.abs(readable[nearest][0] - at)) nearest = n;
    });
    show(nearest);
  });
  svg.addEventListener('pointerleave', () => cross.setAttribute('visibility', 'hidden'));
  figure.tabIndex = 0;
  figure.onkeydown = (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -readable.length, End: readable.length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    show(chosen + by);
    figure.setAttribute('aria-description', text.textContent);
  };
  figure.onblur = () => cross.setAttribute('visibility', 'hidden');
  figure.replaceChildren(svg);
}

// Draws the chart of every figure below `root`.
export function drawAll(root, locale) {
  for (const figure of root.querySelectorAll('figure.spark')) sparkline(figure, pointsOf(figure));
  for (const figure of root.querySelectorAll('figure.bar')) {
    flowBar(figure, Number(figure.dataset.flow), figure.dataset.levels.split(' ').map(Number));
  }
  for (const figure of root.querySelectorAll('figure.chart')) {
    const levels = figure.dataset.levels ? figure.dataset.levels.split(' ').map(Number) : [];
    const isFlow = figure.classList.contains('flow');
    const points = pointsOf(figure);
    const span = isFlow ? 10 : 1;
    chart(figure, points, { unit: figure.dataset.unit, levels, locale, span });
  }
}
