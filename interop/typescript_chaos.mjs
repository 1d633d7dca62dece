// The TypeScript SDK over connections that break repeatedly during many concurrent calls.
// Each call must be answered once, with its own answer.
//
//   typescript_chaos.mjs URL [--calls N] [--seed N]
//
// Only event streams break. A POST that breaks before its 202 may or may not have
// arrived. Its sender gets an error, and decides whether to repeat it.

import { parseArgs } from 'node:util';
import { BreakingProxy } from './breaking_proxy.mjs';
import { check, expected, require, run, textOf } from './checks.mjs';
import { client, initialize, temperature } from './typescript.mjs';

const { SSEClientTransport } = require('@modelcontextprotocol/sdk/client/sse.js');

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { calls: { type: 'string' }, seed: { type: 'string' } },
});
const calls = Number(values.calls ?? 300);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
const MAX_CONCURRENT_CALLS = 48; // a server accepts at most 64 per session
const CALL_TIMEOUT_MS = 10_000;

// The SDK's transport with two additions.
//
// `Last-Event-ID` in the requests of the stream: the SDK's EventSource sets it, but the
// transport (1.32.2) replaces the headers before they are sent.
//
// A short pause before each reconnection. EventSource reads it only from a `retry:` line,
// which is inserted before the data of the server.
class ResumingTransport extends SSEClientTransport {
  #seen;
  endpoints = [];

  constructor(url) {
    super(url, { eventSourceInit: { fetch: (url, init) => this.#open(url, init) } });
  }

  start() {
    const started = super.start();
    this._eventSource.addEventListener('message', (event) => (this.#seen = event.lastEventId));
    this._eventSource.addEventListener('endpoint', (event) => this.endpoints.push(event.data));
    return started;
  }

  async #open(url, init) {
    if (this.#seen) init.headers.set('Last-Event-ID', this.#seen);
    const response = await fetch(url, init);
    return new Response(ReadableStream.from(preceded('retry: 10\n\n', response.body)), response);
  }
}

async function* preceded(text, body) {
  yield new TextEncoder().encode(text);
  yield* body;
}

// Returns a generator like Math.random with a seed (mulberry32).
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Calls, each with a check that an answer belongs to it. Each call with an unknown place
// has a different name and a different answer.
const { places } = expected;
const questions = [
  (number) => {
    const place = `nowhere-${number}`;
    return [temperature(place), (answer) => textOf(answer).includes(`\`${place}\``)];
  },
  (number) => {
    const place = places[number % places.length];
    return [temperature(place), (answer) => answer.structuredContent?.city === place];
  },
  () => [
    { name: 'list_cities', arguments: {} },
    (answer) => answer.structuredContent?.cities.length === places.length,
  ],
];

// Makes all calls, `MAX_CONCURRENT_CALLS` concurrently.
async function callAll(mcp, faults) {
  const options = { timeout: CALL_TIMEOUT_MS };
  let started = 0;
  const callInSequence = async () => {
    while (started < calls) {
      const number = (started += 1);
      const [tool, isAnswer] = questions[number % questions.length](number);
      try {
        const answer = await mcp.callTool(tool, undefined, options);
        if (!isAnswer(answer)) faults.wrong.push(`${tool.name} ${number}: ${textOf(answer)}`);
      } catch (error) {
        faults.lost.push(`${tool.name} ${number}: ${error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT_CALLS }, callInSequence));
}

// Records duplicate answers before the SDK drops them.
function watch(transport, doubled) {
  const answered = new Set();
  const { onmessage } = transport;
  transport.onmessage = (message, ...rest) => {
    if (!('method' in message)) {
      if (answered.has(message.id)) doubled.push(JSON.stringify(message));
      answered.add(message.id);
    }
    onmessage(message, ...rest);
  };
}

async function throughChaos(url) {
  const proxy = new BreakingProxy(url, randomFrom(seed));
  const transport = new ResumingTransport(await proxy.start());
  const mcp = client();
  await initialize(mcp, transport);
  const faults = { lost: [], doubled: [], wrong: [] };
  watch(transport, faults.doubled);
  proxy.breaking = true;
  const called = callAll(mcp, faults).then(() => {
    const [first, ...others] = transport.endpoints;
    const resumed = others.filter((endpoint) => endpoint === first).length;
    return { calls, cuts: proxy.cuts, resumed, faults };
  });
  await check.calls(called, seed);
  await mcp.close();
  proxy.stop();
}

run('typescript chaos', '@modelcontextprotocol/sdk', throughChaos, 30 + calls / 20);
