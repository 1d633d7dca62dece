// The page at /graphql: an editor that knows the schema, answers, subscriptions as they
// come, and the schema's docs. What comes from the server is written as text and never
// as markup.

import { ask, eventsOf } from './ask.js';
import { explore, make } from './graphql_docs.js';
import { schemaOf } from './graphql_schema.js';
import { choicesAt, format, read, tokens } from './graphql_text.js';

const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId('ask').dataset.words);
const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
// With a key that is in the page's address.
const endpoint = location.pathname + location.search;
const MOST_ANSWERS = 20;

const EXAMPLES = [
  [say('graphql.example_all'), `{
  compare {
    warmestFirst { rank place { name } celsius }
    places {
      place { id name }
      water { celsius measuredAtLocal freshness }
      flow { m3PerS }
      verdict
      reasons { text sources { name url } }
    }
    boundary
  }
}`, ''],
  [say('graphql.example_one'), `query ($name: String!) {
  place(name: $name) {
    name station
    current {
      water { celsius measuredAt ageSeconds freshness unknownBecause }
      flow { m3PerS }
      saying { text plainReading }
      lawns { name sunFrom sunUntil }
      bueberCanal { isOpen since }
    }
    danger {
      floodLevel floodLevelName
      trend { direction m3PerSPerHour }
      verdict headline
      reasons { text sources { name date url } }
      boundary
    }
    swimmingLimits { fromM3PerS verdict text source { name } }
  }
}`, `{ "name": "Bern" }`],
  [say('graphql.example_forecast'), `{
  place(name: "thun") {
    forecast(hours: 72) {
      waterInTwoHours { celsius at direction }
      partsOfToday { part weather airCelsius rainRiskPercent }
      days { date weather lowestAirCelsius highestAirCelsius sunshine { minutes } }
      notes
    }
  }
}`, ''],
  [say('graphql.example_past'), `{
  place(name: "bern") {
    history(start: "-24 hours") {
      source readings notes
      temperature { min { value at } max { value at } mean trendPerDay }
      flow { min { value at } max { value at } mean }
      points(max: 50) { at celsius m3PerS }
    }
  }
}`, ''],
  [say('graphql.example_follow'), `subscription {
  measurements(startWithCurrent: true) {
    place { name }
    water { celsius measuredAtLocal }
    flow { m3PerS }
    verdict headline
  }
}`, ''],
];

const post = (body, accept, signal) =>
  ask(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json', Accept: accept }, body: JSON.stringify(body), signal });

const isSubscription = (query) => tokens(query).find(({ kind }) => kind === 'name' || kind === 'sign')?.text === 'subscription';

// --- The editor. What is painted below the text is the same text.

const query = byId('query');
const painted = byId('painted');
const choices = byId('choices');
let schema;
let offered = { from: 0, choices: [] };
let chosen = 0;

function paint() {
  const all = tokens(query.value);
  read(all, schema);
  // A word that is being written is not wrong yet.
  const written = all.find(({ at, text }) => at + text.length === query.selectionEnd);
  if (written?.as === 'wrong' && document.activeElement === query) written.as = 'name';
  painted.replaceChildren(...all.map(({ as, kind, text }) => (kind === 'space' ? text : make('span', { class: `t-${as ?? kind}` }, text))), '\n');
}

function insert(text, from = query.selectionStart, to = query.selectionEnd) {
  query.focus();
  query.setSelectionRange(from, to);
  // So that it can be undone; a browser that does not know it replaces all the same.
  if (!document.execCommand('insertText', false, text)) query.setRangeText(text, from, to, 'end');
  paint();
}

function close() {
  choices.hidden = true;
  query.removeAttribute('aria-activedescendant');
  query.removeAttribute('aria-controls');
}

function mark(n) {
  chosen = (n + offered.choices.length) % offered.choices.length;
  [...choices.children].forEach((item, at) => item.setAttribute('aria-selected', String(at === chosen)));
  const item = choices.children[chosen];
  query.setAttribute('aria-activedescendant', item.id);
  item.scrollIntoView({ block: 'nearest' });
}

// Below the word that is written.
function place() {
  const all = [...painted.childNodes];
  let rest = offered.from;
  const node = all.find((it) => {
    if (rest <= it.textContent.length) return true;
    rest -= it.textContent.length;
    return false;
  });
  const text = node?.firstChild ?? node;
  const range = document.createRange();
  range.setStart(text, rest);
  range.setEnd(text, Math.min(rest + 1, text.length));
  const [at, within] = [range.getClientRects()[0] ?? range.getBoundingClientRect(), painted.getBoundingClientRect()];
  choices.style.left = `${Math.max(0, Math.min(at.left - within.left, within.width - choices.offsetWidth))}px`;
  choices.style.top = `${at.bottom - within.top + 4}px`;
}

function offer(isAsked) {
  offered = schema && query.selectionStart === query.selectionEnd ? choicesAt(query.value, query.selectionStart, schema, isAsked) : { choices: [] };
  if (!offered.choices.length) {
    close();
    return;
  }
  choices.replaceChildren(...offered.choices.map(({ text, type, about }, n) => {
    const item = make('li', { role: 'option', id: `choice-${n}`, lang: 'en' }, text.trim(), type && make('span', {}, type), about && make('small', {}, /^.*?\.(?=\s|$)/.exec(about)?.[0] ?? about));
    // Before the field loses the focus.
    item.addEventListener('pointerdown', (event) => {
      event.preventDefault();
      take(n);
    });
    return item;
  }));
  choices.hidden = false;
  query.setAttribute('aria-controls', 'choices');
  place();
  mark(0);
}

function take(n) {
  const { text } = offered.choices[n];
  insert(text, offered.from, query.selectionStart);
  close();
}

query.addEventListener('input', (event) => {
  paint();
  if (event.inputType === 'insertText' && /[\w$@]$/.test(event.data ?? '')) offer(event.data === '$' || event.data === '@');
  else if (!choices.hidden) offer(false);
});
query.addEventListener('blur', close);
query.addEventListener('click', close);
query.addEventListener('keydown', (event) => {
  const isOpen = !choices.hidden;
  const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === ' ' && event.ctrlKey) offer(true);
  else if (isOpen && move) mark(chosen + move);
  else if (isOpen && (event.key === 'Tab' || event.key === 'Enter') && !event.ctrlKey && !event.metaKey && !event.shiftKey) take(chosen);
  else if (isOpen && event.key === 'Escape') close();
  else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const before = query.value.slice(0, query.selectionStart);
    const indent = /[ \t]*/.exec(before.slice(before.lastIndexOf('\n') + 1))[0];
    insert(`\n${indent}${/[{(]\s*$/.test(before) ? '  ' : ''}`);
  } else {
    if (['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) close();
    return;
  }
  event.preventDefault();
});

// --- Answers.

function json(value) {
  const text = JSON.stringify(value, null, 2);
  const pre = make('pre');
  let end = 0;
  for (const match of text.matchAll(/("(?:\\.|[^"\\])*")(\s*:)?|(-?\d[\d.eE+-]*)|\b(?:true|false|null)\b/g)) {
    const [whole, string, colon, number] = match;
    const kind = colon ? 'name' : string ? 'string' : number ? 'number' : 'word';
    pre.append(text.slice(end, match.index), make('span', { class: `t-${kind}` }, string ?? whole));
    end = match.index + (string ?? whole).length;
  }
  pre.append(text.slice(end));
  return pre;
}

function goTo({ line, column }) {
  const lines = query.value.split('\n');
  const at = lines.slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0) + column - 1;
  query.focus();
  query.setSelectionRange(at, at);
}

function show(answer, isOneOfMany) {
  const errors = (answer.errors ?? []).map((error) => {
    const item = make('li', {}, make('span', { lang: 'en' }, error.message));
    const [where] = error.locations ?? [];
    if (where) {
      const button = make('button', { type: 'button', class: 'plain' }, say('graphql.at', where));
      button.addEventListener('click', () => goTo(where));
      item.append(button);
    }
    return item;
  });
  byId('errors').replaceChildren(...errors);
  const pre = json(answer);
  if (!isOneOfMany) {
    byId('answers').replaceChildren(pre);
    return;
  }
  pre.prepend(make('time', {}, new Date().toLocaleTimeString(document.documentElement.lang)));
  byId('answers').prepend(pre);
  while (byId('answers').childElementCount > MOST_ANSWERS) byId('answers').lastElementChild.remove();
}

const state = (text) => {
  byId('state').textContent = text;
};

let running;

async function follow(answer) {
  let count = 0;
  for await (const { type, data } of eventsOf(answer)) {
    if (type === 'complete') return say('graphql.complete', { count });
    if (type !== 'next') continue;
    count += 1;
    show(JSON.parse(data), true);
    state(say('graphql.waiting', { count }));
  }
  return say('graphql.cut', { count });
}

// The body of the request, or `undefined` if the variables are no object.
function body() {
  const error = byId('variables-error');
  error.textContent = '';
  byId('variables').removeAttribute('aria-invalid');
  const text = byId('variables').value.trim();
  if (!text) return { query: query.value };
  try {
    const variables = JSON.parse(text);
    if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) throw new Error('{ … }');
    return { query: query.value, variables };
  } catch (problem) {
    error.textContent = say('graphql.bad_variables', { why: problem.message });
    byId('variables').setAttribute('aria-invalid', 'true');
    byId('variables').focus();
    return undefined;
  }
}

async function run() {
  const asked = body();
  if (!asked) return;
  running?.abort();
  const mine = new AbortController();
  running = mine;
  byId('stop').hidden = false;
  byId('answers').replaceChildren();
  byId('errors').replaceChildren();
  state(say('graphql.asking'));
  const started = performance.now();
  try {
    const accept = isSubscription(asked.query) ? 'text/event-stream' : 'application/graphql-response+json';
    const answer = await post(asked, accept, mine.signal);
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
      const end = await follow(answer);
      if (running === mine) state(end);
      return;
    }
    const text = await answer.text();
    const milliseconds = Math.round(performance.now() - started);
    try {
      show(JSON.parse(text));
    } catch {
      byId('answers').replaceChildren(make('pre', {}, text));
    }
    state(say('graphql.answered', { status: answer.status, milliseconds, kilobytes: (text.length / 1024).toFixed(1) }));
  } catch (error) {
    if (running === mine) state(error.name === 'AbortError' ? say('graphql.stopped') : say('graphql.failed', { why: error.message }));
  } finally {
    if (running === mine) byId('stop').hidden = true;
  }
}

// --- What can be taken along.

async function copy(text, told) {
  try {
    await navigator.clipboard.writeText(text);
    byId('copied').textContent = told;
  } catch {
    // Not over plain HTTP from another machine.
    byId('answers').replaceChildren(make('pre', {}, text));
    byId('copied').textContent = say('graphql.copy_yourself');
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function copyCommand() {
  const asked = body();
  if (!asked) return;
  const stream = isSubscription(asked.query) ? " -N -H 'Accept: text/event-stream'" : '';
  copy(`curl -s${stream} ${quoted(location.origin + location.pathname)} -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(asked))}`, say('graphql.copied_curl'));
}

function link() {
  const parts = new URLSearchParams({ query: query.value, ...(byId('variables').value.trim() ? { variables: byId('variables').value } : {}) });
  // Behind the #, which no browser sends and no log keeps.
  history.replaceState(null, '', `#${parts}`);
  copy(location.href, say('graphql.copied_link'));
}

function write(text, variables) {
  query.value = text;
  byId('variables').value = variables;
  paint();
  close();
}

EXAMPLES.forEach(([name], n) => byId('example').append(make('option', { value: n }, name)));
byId('example').addEventListener('change', ({ target }) => write(...EXAMPLES[Number(target.value)].slice(1)));
byId('format').addEventListener('click', () => {
  insert(format(query.value), 0, query.value.length);
  query.setSelectionRange(0, 0);
});
byId('curl').addEventListener('click', copyCommand);
byId('link').addEventListener('click', link);
byId('stop').addEventListener('click', () => running?.abort());
byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  run();
});
byId('ask').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    close();
    run();
  }
});
const given = new URLSearchParams(location.hash.slice(1));
write(given.get('query') ?? EXAMPLES[0][1], given.get('variables') ?? '');
byId('ask').hidden = false;
byId('schema').hidden = false;

// --- The schema.

async function learn() {
  const answer = await ask(`${location.pathname}/schema.graphql${location.search}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(text.slice(0, 200));
  schema = schemaOf(text);
  paint();
  explore(schema, { docs: byId('docs'), trail: byId('trail'), search: byId('search'), state: byId('schema-state') }, say);
}

learn().catch((error) => {
  byId('schema-state').textContent = say('graphql.no_schema', { why: error.message });
});
