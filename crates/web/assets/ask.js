// How a page asks the server that it came from: with the key that was typed in, if
// there is one. The key is kept for this tab alone and goes into a header. An
// EventSource sends no headers, so with a key a stream is read by fetch.

const KEPT = 'aareguru-key';

export function key() {
  try {
    return sessionStorage.getItem(KEPT) ?? '';
  } catch {
    return ''; // a browser may keep nothing at all
  }
}

export function keep(value) {
  try {
    if (value) sessionStorage.setItem(KEPT, value);
    else sessionStorage.removeItem(KEPT);
  } catch {
    // It is typed in again on the next page.
  }
}

export const headersOf = (value) => (value ? { 'X-API-Key': value } : {});

export const ask = (url, options = {}) =>
  fetch(url, { ...options, headers: { ...headersOf(key()), ...options.headers } });

// A document that is only parsed runs nothing. The browser takes the text of a page over
// a request of its own only from the server that wrote it, which has escaped what is in it.
const policy = self.trustedTypes?.createPolicy('page', { createHTML: (html) => html });
export const parsed = (html) => new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html');

// The events of an answer, as an EventSource would tell them; `retry` apart.
export async function* eventsOf(answer, lastId) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let event = { type: 'message', data: [] };
  for (;;) {
    const { done, value: chunk } = await reader.read();
    if (done) return;
    rest += chunk;
    // A CR at the end may be half of a line's end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
      if (line === '') {
        if (event.data.length) yield { type: event.type, data: event.data.join('\n'), id: lastId };
        event = { type: 'message', data: [] };
      } else if (field === 'event') event.type = value;
      else if (field === 'data') event.data.push(value);
      else if (field === 'id' && !value.includes('\0')) lastId = value;
      else if (field === 'retry' && /^\d+$/.test(value)) yield { retry: Number(value) };
    }
  }
}

// Reads a stream and comes back after a break, naming the last event it has seen. It
// gives up when it is refused; `on` is told of all of that.
function fetchSource(url, withKey, on) {
  const aborted = new AbortController();
  let lastId;
  let retry = 1000;
  async function read() {
    const answer = await fetch(url, {
      headers: { Accept: 'text/event-stream', ...headersOf(withKey), ...(lastId === undefined ? {} : { 'Last-Event-ID': lastId }) },
      signal: aborted.signal,
      cache: 'no-store',
    });
    if (!answer.ok) {
      const isFinal = answer.status < 500 && answer.status !== 429;
      throw Object.assign(new Error(), { isFinal, status: answer.status, text: (await answer.text()).slice(0, 200) });
    }
    on.open?.();
    for await (const event of eventsOf(answer, lastId)) {
      if (event.retry !== undefined) {
        retry = event.retry;
        continue;
      }
      lastId = event.id;
      on.event(event.type, event.data, event.id);
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
          on.refused(error);
          return;
        }
        on.broken();
      }
      await new Promise((resolve) => setTimeout(resolve, retry));
    }
  })();
  return { close: () => aborted.abort() };
}

function eventSource(url, types, on) {
  const source = new EventSource(url);
  source.onopen = () => on.open?.();
  for (const type of types) source.addEventListener(type, (event) => on.event(type, event.data, event.lastEventId));
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) on.refused({});
    else on.broken();
  };
  return source;
}

// A stream of events of these types. `on.refused` is given the status, if it is known.
export const stream = (url, types, on, withKey = key()) =>
  withKey ? fetchSource(url, withKey, on) : eventSource(url, types, on);
