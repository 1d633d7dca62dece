// The view that a host shows next to a tool's answer, rendered from its structured content
// with the charts of the web pages. Communicates only with the host.

const words = JSON.parse(document.getElementById('words').textContent);
const levels = JSON.parse(document.getElementById('levels').textContent);
const main = document.getElementById('main');
let locale = 'en';
let shown; // the last result, to render it again

const say = (key, values = {}) =>
  words[locale][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

// --- The connection to the host: JSON-RPC over postMessage.

let lastId = 0;
const waiting = new Map();
const post = (message) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
const notify = (method, params = {}) => post({ method, params });

function request(method, params) {
  lastId += 1;
  post({ id: lastId, method, params });
  return new Promise((resolve, reject) => waiting.set(lastId, { resolve, reject }));
}

addEventListener('message', ({ source, data }) => {
  if (source !== parent || data?.jsonrpc !== '2.0') return;
  if (data.method === undefined) {
    const { resolve, reject } = waiting.get(data.id) ?? {};
    waiting.delete(data.id);
    if (data.error) reject?.(new Error(data.error.message));
    else resolve?.(data.result);
  } else if (data.method === 'ui/notifications/tool-result') {
    show(data.params);
  } else if (data.method === 'ui/notifications/host-context-changed') {
    applyHostContext(data.params);
  } else if (data.method === 'ui/notifications/tool-cancelled') {
    main.replaceChildren(make('p', { class: 'quiet' }, data.params?.reason ?? ''));
  } else if (data.id !== undefined) {
    // There is no state to save on teardown.
    const isKnown = ['ping', 'ui/resource-teardown'].includes(data.method);
    post(isKnown ? { id: data.id, result: {} } : { id: data.id, error: { code: -32601, message: `no method ${data.method}` } });
  }
});

function applyHostContext(context = {}) {
  if (context.theme) document.documentElement.dataset.theme = context.theme;
  if (context.locale) {
    const language = context.locale.slice(0, 2).toLowerCase();
    locale = language in words ? language : 'en';
    document.documentElement.lang = locale;
  }
  const variables = context.styles?.variables ?? {};
  const properties = { '--color-background-primary': '--card', '--color-background-secondary': '--paper', '--color-text-primary': '--ink', '--color-text-secondary': '--soft', '--color-border-primary': '--line' };
  // Applied only if complete: a partial theme may lack contrast.
  if (Object.keys(properties).every((name) => variables[name])) {
    for (const [hostName, ownName] of Object.entries(properties)) document.documentElement.style.setProperty(ownName, variables[hostName]);
  }
  if (shown) show(shown);
}

// --- Elements. Children are inserted as text, never as markup.

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

const number = (value, decimals = 1) =>
  new Intl.NumberFormat(locale === 'fr' ? 'fr-CH' : 'en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false }).format(value);
const celsius = (value) => (value === null || value === undefined ? say('unknown') : `${number(value)} °C`);
const cubic = (value) => (value === null || value === undefined ? say('flow_unknown') : `${number(value, value < 10 ? 1 : 0)} m³/s`);

const temperature = (value, freshness) =>
  value === null || value === undefined
    ? make('p', { class: 'temperature none' }, make('span', {}, say('water_unknown')))
    : make('p', { class: `temperature ${freshness}` }, make('strong', {}, number(value)), make('span', {}, '\u202f°C'));

// Days and times in Switzerland.
const dateFormat = (options) => new Intl.DateTimeFormat(locale === 'en' ? 'en-GB' : `${locale}-CH`, { timeZone: 'Europe/Zurich', ...options });
const timeOf = (seconds) => dateFormat({ dateStyle: 'long', timeStyle: 'short' }).format(new Date(seconds * 1000));
const noon = (day) => new Date(`${day}T12:00:00Z`);
const dayOf = (day) => dateFormat({ dateStyle: 'long' }).format(noon(day));
const weekdayOf = (day) => dateFormat({ weekday: 'long', day: 'numeric', month: 'long' }).format(noon(day));

function measured(reading) {
  const mark = reading.freshness === 'fresh' ? undefined : make('span', { class: `mark ${reading.freshness}` }, say(`freshness.${reading.freshness}`));
  const time = reading.measured_at ? say('measured', { time: timeOf(reading.measured_at) }) : say('measured_unknown');
  return make('p', { class: 'measured' }, mark, mark && ' ', time);
}

// Draws after the element is inserted, because only then it has a width.
const drawLater = (draw) => queueMicrotask(draw);

const signs = { do_not_swim: '×', caution: '!', no_known_warning: '–', unknown: '?' };
const verdict = (name) =>
  make('p', { class: `verdict ${name}` }, make('span', { class: 'sign', 'aria-hidden': 'true' }, signs[name]), say(`verdict.${name}`));

function flow(city, value, freshness) {
  const box = make('div', { class: `flow ${typeof value === 'number' ? freshness : 'unknown'}` }, make('p', {}, cubic(value)));
  const thresholds = levels[city];
  if (thresholds && typeof value === 'number') {
    const figure = make('figure', { class: 'bar', role: 'img', 'aria-label': say('flow_bar', { flow: cubic(value), thresholds: thresholds.join(', ') }) });
    box.append(figure);
    drawLater(() => flowBar(figure, value, thresholds));
  }
  return box;
}

const placeName = (city) => say(`place.${city}`);
const heading = ({ city, station }) => make('div', { class: 'where' }, make('h1', {}, placeName(city)), make('p', {}, say('gauge', { station })));
// Returns an element with the translation of a text, which the host passes in `_meta`. Texts
// without a translation stay English and are marked as English.
function translated(name, attributes, text) {
  const translation = shown?._meta?.['aareguru/said']?.[locale]?.[text];
  return translation === undefined ? make(name, { lang: 'en', ...attributes }, text) : make(name, attributes, translation);
}
const saying = (text, reading) =>
  text ? make('p', { class: 'saying' }, `${say('saying')}: `, make('q', { lang: 'gsw' }, text), ...(reading ? [' (', translated('span', {}, reading), ')'] : [])) : undefined;
const foot = () => make('footer', {}, make('strong', {}, say('no_permission')), make('p', {}, say('no_permission_text')),
  make('p', {}, say('credits', { aareguru: 'Aare.guru (https://aare.guru)', bafu: `${say('bafu')} (https://www.hydrodaten.admin.ch)`, temperaare: 'TemperAare' })));
const notes = (list = []) => list.map((note) => translated('p', { class: 'notice' }, note));
const recorded = (day) => (day ? [make('p', { class: 'notice' }, say('recorded', { day: dayOf(day) }))] : []);

function table(head, rows, kind = '') {
  const cells = (row) => row.map((cell, n) => (n ? make('td', { role: 'cell' }, cell) : make('th', { scope: 'row', role: 'rowheader' }, cell)));
  const row = (...of) => make('tr', { role: 'row' }, ...of);
  return make('div', { class: 'scroll', tabindex: '0' }, make('table', { class: kind, role: 'table' },
    make('thead', { role: 'rowgroup' }, row(...head.map((name) => make('th', { scope: 'col', role: 'columnheader' }, name)))),
    make('tbody', { role: 'rowgroup' }, ...rows.map((it) => row(...cells(it))))));
}

// --- One view per tool.

const views = {
  conditions: (answer) => [
    heading(answer),
    ...recorded(answer.water.recorded_on),
    make('section', { class: 'now' }, make('div', { class: 'water' }, temperature(answer.water.temperature_celsius, answer.water.freshness)), measured(answer.water), saying(answer.saying?.text, answer.saying?.plain_reading)),
    ...notes(answer.doubts),
    make('section', { class: `advice ${answer.verdict}` }, verdict(answer.verdict), translated('p', {}, answer.because ?? '')),
    make('section', {}, make('h2', {}, say('flow')), flow(answer.city, answer.flow.flow_m3_per_s, answer.flow.freshness), saying(answer.flow_saying?.text, answer.flow_saying?.plain_reading)),
    make('section', {}, make('dl', { class: 'facts' }, make('div', {}, make('dt', {}, say('air')), make('dd', {}, celsius(answer.weather?.air_temperature_celsius))))),
    foot(),
  ],
  compare: (answer) => [
    make('h1', {}, say('title')),
    ...recorded(answer.recorded_on),
    make('ol', { class: 'river' }, ...answer.places.map((at) => make('li', { class: 'stop' }, make('article', {},
      make('div', { class: 'where' }, make('h2', {}, placeName(at.city)), make('p', {}, say('gauge', { station: at.station }))),
      make('div', { class: 'water' }, temperature(at.temperature_celsius, at.freshness)),
      flow(at.city, at.flow_m3_per_s, at.flow_freshness),
      make('div', { class: 'judged' }, verdict(at.verdict), translated('p', { class: 'reason' }, at.reasons[0] ?? '')),
      measured(at), ...notes(at.doubts))))),
    foot(),
  ],
  history: (answer) => {
    const series = (name, unit, key, span) => {
      const points = answer.points.map((point) => [point.time, point[key]]);
      if (points.filter(([, value]) => value !== null).length < 2) return undefined;
      const values = points.map(([, value]) => value).filter((value) => value !== null);
      const decimals = name === 'flow' ? 0 : 1;
      const range = { low: number(Math.min(...values), decimals), high: number(Math.max(...values), decimals) };
      const caption = say(name === 'flow' ? 'chart_flow' : 'chart_water', range);
      const figure = make('figure', { class: `chart ${name}`, role: 'img', 'aria-label': caption });
      drawLater(() => chart(figure, points, { unit, locale, span, levels: name === 'flow' ? levels[answer.city] ?? [] : [] }));
      return make('section', {}, make('p', { class: 'caption' }, caption), figure);
    };
    const local = dateFormat({ dateStyle: 'medium', timeStyle: 'short' });
    const every = Math.max(1, Math.ceil(answer.points.length / 48));
    const rows = answer.points.filter((_, n) => n % every === 0).map((point) => [local.format(new Date(point.time * 1000)), celsius(point.temperature_celsius), cubic(point.flow_m3_per_s)]);
    return [
      heading(answer),
      ...recorded(answer.recorded_on),
      series('water', '°C', 'temperature_celsius', 1),
      series('flow', 'm³/s', 'flow_m3_per_s', 10),
      make('details', {}, make('summary', {}, say('table')), table([say('time'), say('water'), say('flow')], rows)),
      ...notes(answer.values_left_out ? answer.notes.filter((note) => note.startsWith('values left out')) : []),
      foot(),
    ];
  },
  forecast: (answer) => {
    const rain = (it) => (it.rain_mm === null ? say('unknown') : `${number(it.rain_mm)} mm, ${it.rain_risk_percent ?? '?'} %`);
    const weather = (it) => (it.weather ? translated('span', {}, it.weather) : say('unknown'));
    const parts = answer.parts_of_today.map((part) => [say(`part.${part.part}`), weather(part), celsius(part.air_celsius), rain(part)]);
    const days = answer.days.map((day) => [day.date ? weekdayOf(day.date) : '', weather(day), `${day.lowest_air_celsius ?? '?'} / ${celsius(day.highest_air_celsius)}`, rain(day)]);
    const soon = answer.water_in_two_hours;
    return [
      heading(answer),
      ...recorded(answer.recorded_on),
      make('section', { class: 'now' }, make('div', { class: 'water' }, temperature(answer.temperature_celsius, answer.freshness)), measured(answer), ...notes(answer.unknown_because ? [answer.unknown_because] : []),
        make('p', {}, `${say('water_in_two_hours')}: ${celsius(soon?.temperature_celsius)}`), saying(soon?.saying, soon?.saying_in_english)),
      make('section', { class: `advice ${answer.verdict}` }, verdict(answer.verdict), translated('p', {}, answer.reasons[0] ?? '')),
      make('section', {}, table([say('when'), say('weather_word'), say('air'), say('rain')], [...parts, ...days], 'days')),
      ...notes(answer.notes),
      foot(),
    ];
  },
};

function show(result) {
  shown = result;
  main.removeAttribute('aria-busy');
  const answer = result.structuredContent;
  if (result.isError || !answer) {
    const text = (result.content ?? []).filter((it) => it.type === 'text').map((it) => it.text).join('\n');
    main.replaceChildren(make('p', { class: 'notice', role: 'alert' }, text || say('unknown')));
    return;
  }
  const failure = answer.upstream_trouble ? make('p', { class: 'notice' }, say('trouble')) : undefined;
  main.replaceChildren(...[failure, ...views[document.body.dataset.app](answer)].filter(Boolean));
}

new ResizeObserver(() => {
  const { width, height } = document.documentElement.getBoundingClientRect();
  notify('ui/notifications/size-changed', { width: Math.ceil(width), height: Math.ceil(height) });
}).observe(document.documentElement);

const result = await request('ui/initialize', {
  appInfo: { name: 'aareguru', version: '1' },
  appCapabilities: { availableDisplayModes: ['inline', 'fullscreen'] },
  protocolVersion: '2026-01-26',
});
applyHostContext(result.hostContext);
notify('ui/notifications/initialized');
