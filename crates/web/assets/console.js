// The console: an MCP client over HTTP+SSE in the page. It shows what passes, and
// carries on when the stream breaks.

import { headersOf, keep, key, stream } from './ask.js';
import { offerCopies } from './copy.js';

const base = document.body.dataset.base;
const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId('connection').dataset.words);
const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key_) => values[key_] ?? '');
const MAX_MESSAGES = 200;
const CALL_MS = 30_000;

function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// --- What passes.

function log(way, text) {
  const list = byId('messages');
  list.append(make('li', { class: way === 'stream' ? 'event' : '' }, make('span', { class: 'way' }, { sent: `→ ${say('console.sent')}`, got: `← ${say('console.got')}`, stream: `· ${say('console.stream')}` }[way]), make('span', {}, text)));
  while (list.childElementCount > MAX_MESSAGES) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}

const state = (text) => {
  byId('connection-state').textContent = text;
  log('stream', text);
};

// --- The session.

let session; // { source, endpoint, waiting, headers }
let lastId = 0;

function connect() {
  disconnect();
  const given = byId('key').value.trim();
  keep(given);
  const mine = { waiting: new Map(), headers: headersOf(given), isOpen: false, breaks: 0 };
  const on = {
    open() {
      if (session !== mine) return;
      mine.isOpen = true;
    },
    broken() {
      if (session !== mine || !mine.isOpen) return;
      mine.isOpen = false;
      mine.breaks += 1;
      state(mine.lastEvent ? say('console.broke_after', { id: shortened(mine.lastEvent) }) : say('console.broke'));
    },
    refused({ status, text }) {
      if (session !== mine) return;
      disconnect();
      state(say('console.refused', { why: status ? say('console.answers', { status, text }) : say('console.stream_refused') }));
    },
    event(type, data, id) {
      if (session !== mine) return;
      if (id) mine.lastEvent = id;
      if (type === 'endpoint') arrived(mine, data);
      else received(mine, data);
    },
  };
  session = mine;
  byId('wire').hidden = false;
  byId('disconnect-button').disabled = false;
  state(given ? say('console.connecting_with_key') : say('console.connecting'));
  mine.source = stream(`${base}/sse`, ['endpoint', 'message'], on, given);
}

function disconnect() {
  if (!session) return;
  session.source?.close();
  for (const { reject } of session.waiting.values()) reject(new Error(say('console.not_connected')));
  session = undefined;
  byId('tools').hidden = true;
  byId('disconnect-button').disabled = true;
  state(say('console.not_connected'));
}

const shortened = (id) => (id.length > 14 ? `…${id.slice(-10)}` : id);

// Where to post. It comes first on a stream: once more, and the same, when the
// session was resumed.
async function arrived(mine, data) {
  const endpoint = new URL(data, location.href);
  if (endpoint.origin !== location.origin) {
    disconnect();
    state(say('console.refused', { why: say('console.elsewhere') }));
    return;
  }
  const before = mine.endpoint;
  mine.endpoint = endpoint.href;
  if (before === endpoint.href) {
    state(say('console.resumed', { count: mine.breaks }));
    return;
  }
  if (before) {
    for (const { reject } of mine.waiting.values()) reject(new Error(say('console.gone')));
    mine.waiting.clear();
    state(say('console.gone'));
  }
  try {
    const hello = await request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'aareguru-console', version: '1' } });
    await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    state(say('console.connected', { server: `${hello.serverInfo.name} ${hello.serverInfo.version}`, version: hello.protocolVersion }));
    const { tools } = await request('tools/list', {});
    offer(tools);
  } catch (error) {
    if (session === mine) state(say('console.refused', { why: error.message }));
  }
}

function received(mine, data) {
  log('got', data);
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return;
  }
  if (message.method !== undefined) {
    if (message.id !== undefined) send(message.method === 'ping' ? { jsonrpc: '2.0', id: message.id, result: {} } : { jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'not offered' } });
    return;
  }
  const { resolve, reject } = mine.waiting.get(message.id) ?? {};
  mine.waiting.delete(message.id);
  if (message.error) reject?.(new Error(`${message.error.message} (${message.error.code})`));
  else resolve?.(message.result);
}

async function send(message) {
  if (!session?.endpoint) throw new Error(say('console.not_connected'));
  const body = JSON.stringify(message);
  log('sent', body);
  const answer = await fetch(session.endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json', ...session.headers }, body });
  if (!answer.ok) throw new Error(say('console.answers', { status: answer.status, text: (await answer.text()).slice(0, 300) }));
}

function request(method, params) {
  const mine = session;
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      mine.waiting.delete(id);
      reject(new Error(say('console.no_answer', { seconds: CALL_MS / 1000 })));
    }, CALL_MS);
    const settle = (then) => (value) => {
      clearTimeout(timer);
      then(value);
    };
    mine.waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
    send({ jsonrpc: '2.0', id, method, params }).catch((error) => {
      mine.waiting.delete(id);
      settle(reject)(error);
    });
  });
}

// --- The forms, made of the tools' schemas.

let tools = [];

function offer(list) {
  tools = list;
  byId('tool').replaceChildren(...tools.map(({ name, title }) => make('option', { value: name }, title ? `${name}: ${title}` : name)));
  byId('tools').hidden = false;
  choose();
}

const chosen = () => tools.find(({ name }) => name === byId('tool').value);

// Follows a reference, and takes the first choice that is not null.
function resolved(schema, root) {
  if (schema.$ref) {
    const parts = schema.$ref.replace(/^#\//, '').split('/');
    return resolved({ ...parts.reduce((at, part) => at?.[part], root), ...schema, $ref: undefined }, root);
  }
  const choice = (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type !== 'null');
  return choice ? { ...resolved(choice, root), description: schema.description } : schema;
}

const typeOf = (schema) => (Array.isArray(schema.type) ? schema.type.find((type) => type !== 'null') : schema.type) ?? 'string';

function choose() {
  const tool = chosen();
  byId('description').textContent = tool.description ?? '';
  byId('result').replaceChildren();
  const { properties = {}, required = [] } = tool.inputSchema;
  const fields = Object.entries(properties).map(([name, schema]) => field(name, resolved(schema, tool.inputSchema), required.includes(name)));
  byId('arguments').replaceChildren(...fields, make('div', { class: 'row' }, make('button', { type: 'submit' }, say('console.call'))));
}

function field(name, schema, isRequired) {
  const id = `argument-${name}`;
  const type = typeOf(schema);
  const described = { 'aria-describedby': `${id}-hint ${id}-error`, 'data-name': name, 'data-type': type };
  let input;
  if (schema.enum) {
    const none = isRequired ? [] : [make('option', { value: '' }, say('console.left_out'))];
    input = make('select', { id, ...described }, ...none, ...schema.enum.map((value) => make('option', { value }, String(value))));
  } else if (type === 'boolean') {
    input = make('select', { id, ...described }, make('option', { value: '' }, say('console.left_out')), make('option', { value: 'true' }, 'true'), make('option', { value: 'false' }, 'false'));
  } else if (type === 'integer' || type === 'number') {
    input = make('input', { id, ...described, type: 'text', inputmode: type === 'integer' ? 'numeric' : 'decimal' });
    for (const key of ['minimum', 'maximum']) if (schema[key] !== undefined) input.dataset[key] = schema[key];
  } else {
    const isDate = schema.format === 'date' || schema.format === 'date-time';
    input = make('input', { id, ...described, type: isDate ? { date: 'date', 'date-time': 'datetime-local' }[schema.format] : 'text', spellcheck: 'false', autocomplete: 'off' });
    if (type === 'array') {
      for (const key of ['minItems', 'maxItems']) if (schema[key] !== undefined) input.dataset[key] = schema[key];
    }
  }
  if (isRequired) input.setAttribute('required', '');
  const shown = schema.default ?? schema.examples?.[0];
  if (shown !== undefined && input.tagName === 'INPUT') input.setAttribute('placeholder', Array.isArray(shown) ? shown.join(', ') : typeof shown === 'string' ? shown : JSON.stringify(shown));
  const isBounded = [schema.minimum, schema.maximum].some((it) => it !== undefined);
  const form = { array: say('console.commas'), object: say('console.as_json') }[type];
  const hints = [
    isBounded && say('console.bounds', { from: schema.minimum ?? '…', to: schema.maximum ?? '…' }), form, isRequired && say('console.required'),
  ];
  const about = make('span', { lang: 'en' }, schema.description ?? '');
  return make('div', { class: 'field' },
    make('label', { for: id }, name), input,
    make('span', { class: 'hint', id: `${id}-hint` }, about, ...hints.filter(Boolean).map((hint) => ` ${hint}`)),
    make('span', { class: 'error', id: `${id}-error`, role: 'alert' }));
}

// The value of a field, or `undefined` if it is left out.
function valueOf(input) {
  const text = input.value.trim();
  const { name, type, minimum, maximum, minItems, maxItems } = input.dataset;
  if (text === '') {
    if (input.required) throw new Error(say('console.is_required', { name }));
    return undefined;
  }
  if (type === 'integer' || type === 'number') {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(say('console.no_number', { name, text }));
    if (type === 'integer' && !Number.isInteger(value)) throw new Error(say('console.no_whole_number', { name }));
    if (minimum !== undefined && value < Number(minimum)) throw new Error(say('console.too_small', { name, limit: minimum }));
    if (maximum !== undefined && value > Number(maximum)) throw new Error(say('console.too_large', { name, limit: maximum }));
    return value;
  }
  if (type === 'boolean') return text === 'true';
  if (type === 'array') {
    const items = text.split(',').map((item) => item.trim()).filter(Boolean);
    if (minItems !== undefined && items.length < Number(minItems)) throw new Error(say('console.too_few', { name, limit: minItems }));
    if (maxItems !== undefined && items.length > Number(maxItems)) throw new Error(say('console.too_many', { name, limit: maxItems }));
    return items;
  }
  if (type === 'object') {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(say('console.no_json', { name, why: error.message }));
    }
  }
  return text;
}

async function call(event) {
  event.preventDefault();
  const inputs = [...byId('arguments').querySelectorAll('[data-name]')];
  const given = {};
  let firstBad;
  for (const input of inputs) {
    const error = byId(`${input.id}-error`);
    error.textContent = '';
    input.removeAttribute('aria-invalid');
    try {
      const value = valueOf(input);
      if (value !== undefined) given[input.dataset.name] = value;
    } catch (problem) {
      error.textContent = problem.message;
      input.setAttribute('aria-invalid', 'true');
      firstBad ??= input;
    }
  }
  if (firstBad) {
    firstBad.focus();
    return;
  }
  const button = byId('arguments').querySelector('button');
  button.disabled = true;
  byId('result').replaceChildren(make('p', { class: 'quiet' }, say('console.asking')));
  try {
    const result = await request('tools/call', { name: chosen().name, arguments: given });
    const texts = (result.content ?? []).map((it) => (it.type === 'text' ? it.text : `[${it.type}]`));
    const [text] = texts;
    // A tool that names an argument in what it refuses is shown beside its field.
    const named = result.isError && inputs.find((input) => text?.includes(`\`${input.dataset.name}\``) || (input.dataset.name === 'city' && text?.startsWith('unknown place')));
    if (named) {
      byId(`${named.id}-error`).textContent = text;
      named.setAttribute('aria-invalid', 'true');
    }
    const structured = result.structuredContent ? [make('details', {}, make('summary', {}, say('console.structured')), make('pre', { tabindex: '0' }, JSON.stringify(result.structuredContent, null, 2)))] : [];
    byId('result').replaceChildren(make('pre', { class: result.isError ? 'bad' : '', tabindex: '0', lang: 'en' }, text ?? ''), ...structured);
  } catch (error) {
    byId('result').replaceChildren(make('p', { class: 'bad' }, error.message));
  } finally {
    button.disabled = false;
  }
}

byId('key').value = key();
byId('connection').hidden = false;
byId('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  connect();
});
byId('disconnect-button').addEventListener('click', disconnect);
byId('tool').addEventListener('change', choose);
byId('arguments').addEventListener('submit', call);
byId('clear').addEventListener('click', () => byId('messages').replaceChildren());
offerCopies(say);
