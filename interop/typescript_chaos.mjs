// The TypeScript SDK over connections that break again and again while many calls
// are under way: each call is to be answered once, with its own answer.
//
//   typescript_chaos.mjs URL [--calls N] [--seed N]
//
// Only event streams break. A POST that breaks before its 202 may have arrived or
// not; its sender is told so, and whether to send it again is not the transport's
// to decide.

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
const AT_ONCE = 48; // a server takes at most 64 from one session
const CALL_TIMEOUT = 10_000;

// The SDK's transport with two things added.
//
// `Last-Event-ID` on the stream's requests: the SDK's EventSource sets it, but the
// transport (1.32.2) replaces the headers by its own before they are sent.
//
// A short pause before each reconnection. EventSource takes it from a `retry:`
// line and from nowhere else; it is put before what the server sends.
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

// Numbers like Math.random's, the same ones for the same seed (mulberry32).
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// What the tools are asked, and whether an answer is the one to that. No two
// questions about a place that is none are the same, nor are their answers.
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

// Makes all calls, `AT_ONCE` at a time.
async function callAll(mcp, faults) {
  const options = { timeout: CALL_TIMEOUT };
  let asked = 0;
  const oneAfterTheOther = async () => {
    while (asked < calls) {
      const number = (asked += 1);
      const [tool, isAnswer] = questions[number % questions.length](number);
      try {
        const answer = await mcp.callTool(tool, undefined, options);
        if (!isAnswer(answer)) faults.wrong.push(`${tool.name} ${number}: ${textOf(answer)}`);
      } catch (error) {
        faults.lost.push(`${tool.name} ${number}: ${error}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, oneAfterTheOther));
}

// Notes the answers that come a second time, before the SDK drops them.
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
