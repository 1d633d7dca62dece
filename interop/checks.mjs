// The checks of the JavaScript clients; `checks.py` has the same for Python.
//
// A check takes the promise of a request, not its answer, so that every failure, such as
// a timeout, is reported with the name of the check. The expected values are in
// `expected.json`.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const steps = ['connect']; // the last one is running
export const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url)));

// The packages are installed outside this folder, see `setup`.
export const modules = `${process.env.INTEROP_HOME}/node/node_modules`;
export const require = createRequire(`${modules}/`);

// Runs `converse(url)` and prints one line with the result. Success is printed only when
// nothing is left open that keeps the process alive.
export async function run(client, folder, converse, seconds = 30) {
  const { version } = JSON.parse(readFileSync(`${modules}/${folder}/package.json`));
  const label = `${client} ${version}`;
  const fail = (reason) => {
    console.log(`FAIL ${label}: ${steps.at(-1)}: ${reason.replace(/\s+/g, ' ')}`);
    process.exit(1);
  };
  process.once('SIGTERM', () => process.exit(1)); // also stops child processes
  setTimeout(() => fail(`not finished within ${seconds} s`), seconds * 1000).unref();
  try {
    await converse(process.argv[2]);
  } catch (error) {
    if (error instanceof Skipped) {
      console.log(`skip ${label}: ${error.message}`);
      process.exit(77); // `run` counts it as skipped
    }
    fail(error instanceof Mismatch ? error.message : String(error));
  }
  const line = `ok   ${label.padEnd(26)} ${steps.slice(1).join(', ')}`;
  process.once('beforeExit', () => console.log(line));
}

export class Mismatch extends Error {}
export class Skipped extends Error {}

export function equal(what, wanted, got) {
  const [a, b] = [JSON.stringify(wanted), JSON.stringify(got)];
  if (a !== b) throw new Mismatch(`${what}: expected ${a}, got ${b}`);
}

function holds(what, parts, text) {
  const missing = parts.filter((part) => !text.includes(part));
  if (missing.length > 0) {
    throw new Mismatch(
      `${what}: expected ${JSON.stringify(missing)} in it, got ${JSON.stringify(text)}`,
    );
  }
}

function namesAllPlaces(what, entries) {
  const names = (entry, place) =>
    (typeof entry === 'object' ? Object.values(entry) : [entry]).includes(place);
  const named = expected.places.filter((place) => entries.some((entry) => names(entry, place)));
  equal(`number of ${what}`, expected.places.length, entries.length);
  equal(what, expected.places, named);
}

export const textOf = (answer) => answer.content.find((content) => content.type === 'text')?.text ?? '';

// Checks whether a tool returned a result or an error.
function answers(wanted, answer) {
  const got = answer.isError ? 'error' : 'result';
  equal('outcome', wanted, got === wanted ? got : `${got}: ${textOf(answer)}`);
}

// Turns a function that checks answers into one that checks requests.
function step(name, examine) {
  return async (request, ...rest) => {
    steps.push(name);
    examine(await request, ...rest);
  };
}

export const check = {
  initialize: step('initialize', (answer, requested) => {
    equal('server name', expected.server, answer.serverInfo?.name);
    equal('protocol version', [requested, expected.newest_protocol].sort()[0], answer.protocolVersion);
  }),

  tools: step('tools', ({ tools }) => {
    for (const name of expected.tools) {
      const tool = tools.find((tool) => tool.name === name) ?? {};
      const wanted = ['name', 'title', 'description', 'inputSchema', 'outputSchema', 'annotations'];
      const got = wanted.filter((part) => tool[part]);
      equal(`parts of tool ${name}`, wanted, got);
      equal(`readOnlyHint of ${name}`, true, tool.annotations.readOnlyHint);
    }
  }),

  bern: step('bern', (answer) => {
    answers('result', answer);
    holds('text', expected.bern.text, textOf(answer));
    const wanted = expected.bern.data;
    const got = Object.keys(wanted).map((key) => [key, answer.structuredContent?.[key]]);
    equal('structuredContent', wanted, Object.fromEntries(got));
  }),

  atlantis: step('atlantis', (answer) => {
    answers('error', answer);
    holds('text', ['atlantis', ...expected.places], textOf(answer));
  }),

  cities: step('cities', (answer) => {
    answers('result', answer);
    namesAllPlaces('cities', answer.structuredContent?.cities ?? []);
  }),

  resources: step('resources', ({ resources }) => {
    const uris = resources.map((resource) => resource.uri);
    holds('uris', [expected.resource.uri], uris);
  }),

  resource: step('resource', ({ contents: [content] }) => {
    equal('uri', expected.resource.uri, content.uri);
    equal('mimeType', expected.resource.type, content.mimeType);
    const document = JSON.parse(content.text);
    namesAllPlaces('places', Array.isArray(document) ? document : document.cities);
  }),

  async unknownTool(request) {
    steps.push('unknown tool');
    const refuse = (answer) => {
      throw new Mismatch(`expected an error, got ${JSON.stringify(answer)}`);
    };
    const error = await request.then(refuse, (error) => error);
    equal('error code', expected.unknown_tool_code, error.code);
  },

  ping: step('ping', () => {}),

  // The log of a bridge whose first transport was refused.
  fallback: step('fallback', (log) => {
    holds('log', ['status 405', 'falling-back-to-alternate-transport'], log);
  }),

  restart: step('restart', () => {}),

  // The outcome of calls over broken connections; `faults` has a list per kind.
  calls: step('calls', ({ calls, cuts, resumed, faults }, seed) => {
    const found = Object.entries(faults).map(([kind, list]) => [kind, list.length]);
    const counts = Object.entries({ calls, cuts, resumed, ...Object.fromEntries(found) });
    const summary = counts.map(([what, count]) => `${count} ${what}`);
    const [first] = Object.values(faults).flat();
    if (first) throw new Mismatch(`${summary.join(', ')} with --seed ${seed}; ${first}`);
    equal('cuts and resumptions', [true, true], [cuts > 0, resumed > 0]);
    steps.splice(-1, 1, ...summary);
  }),
};
