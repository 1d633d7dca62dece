// The console: an MCP client over HTTP+SSE in the page. It shows what passes, and
// carries on when the stream breaks.

const base = document.body.dataset.base;
const byId = (id) => document.getElementById(id);
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
  list.append(make('li', { class: way === 'stream' ? 'event' : '' }, make('span', { class: 'way' }, { sent: '→ sent', got: '← got', stream: '· stream' }[way]), make('span', {}, text)));
  while (list.childElementCount > MAX_MESSAGES) list.firstElementChild.remove();
  list.scrollTop = list.scrollHeight;
}

const state = (text) => {
  byId('connection-state').textContent = text;
  log('stream', text);
};

// --- The stream: an EventSource, or with a key the same by fetch, which can send it.

// Reads events and comes back after a break, naming the last event it has seen.
function fetchSource(url, headers, on) {
  const aborted = new AbortController();
  let lastId;
  let retry = 1000;
  const wait = () => new Promise((resolve) => setTimeout(resolve, retry));
  async function read() {
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...headers, ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) },
      signal: aborted.signal,
      cache: 'no-store',
    });
    if (!answer.ok) throw Object.assign(new Error(`the server answers ${answer.status}: ${(await answer.text()).slice(0, 200)}`), { isFinal: answer.status < 500 && answer.status !== 429 });
    on.open();
    let rest = '';
    let event = { type: 'message', data: [] };
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      // A CR at the end may be half of a line's end.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
        if (line === '') {
          if (event.data.length) on.event(event.type, event.data.join('\n'), lastId);
          event = { type: 'message', data: [] };
        } else if (field === 'event') event.type = value;
        else if (field === 'data') event.data.push(value);
        else if (field === 'id' && !value.includes('\0')) lastId = value;
        else if (field === 'retry' && /^\d+$/.test(value)) retry = Number(value);
      }
    }
  }
  (async () => {
    while (!aborted.signal.aborted) {
      try {
        await read();
        on.broken();
      } catch (error) {
        if (aborted.signal.aborted) return;
        if (error.isFinal) {
          on.refused(error.message);
          return;
        }
        on.broken();
      }
      await wait();
    }
  })();
  return { close: () => aborted.abort() };
}

function eventSource(url, on) {
  const source = new EventSource(url);
  source.onopen = on.open;
  for (const type of ['endpoint', 'message']) {
    source.addEventListener(type, (event) => on.event(type, event.data, event.lastEventId));
  }
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) on.refused('the server refuses the stream; does it want a key?');
    else on.broken();
  };
  return source;
}

// --- The session.

let session; // { source, endpoint, waiting, headers }
let lastId = 0;

function connect() {
  disconnect();
  const key = byId('key').value.trim();
  const headers = key ? { 'X-API-Key': key } : {};
  const mine = { waiting: new Map(), headers, isOpen: false, breaks: 0 };
  const on = {
    open() {
      if (session !== mine) return;
      mine.isOpen = true;
    },
    broken() {
      if (session !== mine || !mine.isOpen) return;
      mine.isOpen = false;
      mine.breaks += 1;
      state(`The connection broke. Coming back${mine.lastEvent ? ` after event ${shortened(mine.lastEvent)}` : ''} …`);
    },
    refused(why) {
      if (session !== mine) return;
      disconnect();
      state(`Not connected: ${why}`);
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
  state(key ? 'Connecting by fetch, with the key …' : 'Connecting by EventSource …');
  mine.source = key ? fetchSource(`${base}/sse`, headers, on) : eventSource(`${base}/sse`, on);
}

function disconnect() {
  if (!session) return;
  session.source?.close();
  for (const { reject } of session.waiting.values()) reject(new Error('disconnected'));
  session = undefined;
  byId('tools').hidden = true;
  byId('disconnect-button').disabled = true;
  state('Not connected.');
}

const shortened = (id) => (id.length > 14 ? `…${id.slice(-10)}` : id);

// Where to post. It comes first on a stream: once more, and the same, when the
// session was resumed.
async function arrived(mine, data) {
  const endpoint = new URL(data, location.href);
  if (endpoint.origin !== location.origin) {
    disconnect();
    state('Not connected: the server names an address elsewhere.');
    return;
  }
  const before = mine.endpoint;
  mine.endpoint = endpoint.href;
  if (before === endpoint.href) {
    state(`Resumed: the same session after ${mine.breaks} ${mine.breaks === 1 ? 'break' : 'breaks'}; what was missed follows.`);
    return;
  }
  if (before) {
    for (const { reject } of mine.waiting.values()) reject(new Error('the session is gone; a new one was opened'));
    mine.waiting.clear();
    state('The old session is gone; a new one was opened.');
  }
  try {
    const hello = await request('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'aareguru-console', version: '1' } });
    await send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    state(`Connected to ${hello.serverInfo.name} ${hello.serverInfo.version}, MCP ${hello.protocolVersion}.`);
    const { tools } = await request('tools/list', {});
    offer(tools);
  } catch (error) {
    if (session === mine) state(`Not connected: ${error.message}`);
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
  if (!session?.endpoint) throw new Error('not connected');
  const body = JSON.stringify(message);
  log('sent', body);
  const answer = await fetch(session.endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json', ...session.headers }, body });
  if (!answer.ok) throw new Error(`the server answers ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
}

function request(method, params) {
  const mine = session;
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      mine.waiting.delete(id);
      reject(new Error(`no answer within ${CALL_MS / 1000} s`));
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
  byId('arguments').replaceChildren(...fields, make('div', { class: 'row' }, make('button', { type: 'submit' }, 'Call the tool')));
}

function field(name, schema, isRequired) {
  const id = `argument-${name}`;
  const type = typeOf(schema);
  const described = { 'aria-describedby': `${id}-hint ${id}-error`, 'data-name': name, 'data-type': type };
  let input;
  if (schema.enum) {
    const none = isRequired ? [] : [make('option', { value: '' }, '(left out)')];
    input = make('select', { id, ...described }, ...none, ...schema.enum.map((value) => make('option', { value }, String(value))));
  } else if (type === 'boolean') {
    input = make('select', { id, ...described }, make('option', { value: '' }, '(left out)'), make('option', { value: 'true' }, 'true'), make('option', { value: 'false' }, 'false'));
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
  const bounds = [schema.minimum, schema.maximum].some((it) => it !== undefined) ? ` ${schema.minimum ?? '…'} to ${schema.maximum ?? '…'}.` : '';
  const form = { array: ' Separated by commas.', object: ' As JSON.' }[type] ?? '';
  const hint = `${schema.description ?? ''}${bounds}${form}${isRequired ? ' Required.' : ''}`;
  return make('div', { class: 'field' },
    make('label', { for: id }, name), input,
    make('span', { class: 'hint', id: `${id}-hint` }, hint),
    make('span', { class: 'error', id: `${id}-error`, role: 'alert' }));
}

// The value of a field, or `undefined` if it is left out.
function valueOf(input) {
  const text = input.value.trim();
  const { type, minimum, maximum, minItems, maxItems } = input.dataset;
  if (text === '') {
    if (input.required) throw new Error('is required');
    return undefined;
  }
  if (type === 'integer' || type === 'number') {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`“${text}” is no number`);
    if (type === 'integer' && !Number.isInteger(value)) throw new Error('has to be a whole number');
    if (minimum !== undefined && value < Number(minimum)) throw new Error(`has to be ${minimum} or more`);
    if (maximum !== undefined && value > Number(maximum)) throw new Error(`has to be ${maximum} or less`);
    return value;
  }
  if (type === 'boolean') return text === 'true';
  if (type === 'array') {
    const items = text.split(',').map((item) => item.trim()).filter(Boolean);
    if (minItems !== undefined && items.length < Number(minItems)) throw new Error(`takes at least ${minItems}`);
    if (maxItems !== undefined && items.length > Number(maxItems)) throw new Error(`takes at most ${maxItems}`);
    return items;
  }
  if (type === 'object') {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`is no JSON: ${error.message}`);
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
      error.textContent = `${input.dataset.name} ${problem.message}`;
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
  byId('result').replaceChildren(make('p', { class: 'quiet' }, 'Asking …'));
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
    const structured = result.structuredContent ? [make('details', {}, make('summary', {}, 'Structured content'), make('pre', { tabindex: '0' }, JSON.stringify(result.structuredContent, null, 2)))] : [];
    byId('result').replaceChildren(make('pre', { class: result.isError ? 'bad' : '', tabindex: '0' }, text ?? ''), ...structured);
  } catch (error) {
    byId('result').replaceChildren(make('p', { class: 'bad' }, error.message));
  } finally {
    button.disabled = false;
  }
}

// --- Copying.

async function copy(button) {
  const pre = button.parentElement.querySelector('pre');
  try {
    await navigator.clipboard.writeText(pre.textContent);
    byId('copied').textContent = `Copied the setup of ${button.dataset.client}.`;
  } catch {
    // Not over plain HTTP from another machine: then it is selected instead.
    getSelection().selectAllChildren(pre);
    byId('copied').textContent = 'Selected; press Ctrl+C or ⌘C to copy.';
  }
}

byId('connection').hidden = false;
byId('connection').addEventListener('submit', (event) => {
  event.preventDefault();
  connect();
});
byId('disconnect-button').addEventListener('click', disconnect);
byId('tool').addEventListener('change', choose);
byId('arguments').addEventListener('submit', call);
byId('clear').addEventListener('click', () => byId('messages').replaceChildren());
for (const button of document.querySelectorAll('button.copy')) button.addEventListener('click', () => copy(button));
