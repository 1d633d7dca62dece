// Runs the suite once for each server and revision, and evaluates its output: one folder
// per scenario, with the results of its checks. See `run`.

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const modules = `${process.env.INTEROP_HOME}/node/node_modules`;
const suite = `${modules}/@modelcontextprotocol/conformance`;
const yaml = createRequire(`${modules}/`)('yaml');
const read = (path) => readFileSync(path, 'utf8');
const { version } = JSON.parse(read(`${suite}/package.json`));

const folder = join(import.meta.dirname, 'expected');

// A warning counts as a failure, as in the suite when it is run with expected failures.
const isFailure = (check) => check.status === 'FAILURE' || check.status === 'WARNING';

// One server over one transport, tested with one revision.
class Run {
  constructor(name, revision, url, file) {
    [this.server, this.transport] = name.split('-');
    Object.assign(this, { name, revision, url });
    this.path = join(folder, file);
    this.file = `expected/${file}`;
    this.expected = yaml.parse(read(this.path)).server ?? [];
    this.outcomes = new Map(); // by scenario
    this.failures = [];
  }

  // Returns the scenarios that count: the revision's frozen list. Revisions before
  // 2025-11-25 have no list, and all their scenarios count.
  scored() {
    if (!hasRequirements(this.revision)) return null;
    return yaml.parse(read(`${suite}/requirements/${this.revision}.yaml`)).server;
  }

  async execute() {
    const output = mkdtempSync(join(tmpdir(), 'conformance-'));
    const which = hasRequirements(this.revision)
      ? ['--requirements', this.revision]
      : ['--suite', 'all', '--spec-version', this.revision];
    const args = [`${suite}/dist/index.js`, 'server', '--url', this.url, ...which];
    args.push('--expected-failures', this.path, '-o', output);
    const { status, text } = await program(args);
    for (const folder of readdirSync(output)) {
      const [, scenario] = folder.match(/^server-(.+?)-\d{4}-\d\d-\d\dT/);
      const file = join(output, folder, 'checks.json');
      // A scenario that could not be run has no file.
      if (existsSync(file)) this.judge(scenario, JSON.parse(read(file)));
    }
    rmSync(output, { recursive: true });
    for (const scenario of this.scored() ?? []) {
      if (!this.outcomes.has(scenario)) this.fail(scenario, 'was not run');
    }
    for (const scenario of new Set(this.expected.map((entry) => entry.split(':')[0]))) {
      if (!this.outcomes.get(scenario)?.scored) this.fail(scenario, 'is listed in the expected failures, but does not count');
    }
    if (this.outcomes.size === 0 || (status !== 0 && this.failures.length === 0)) {
      this.fail('suite', `exited with status ${status}: ${text.trim().slice(-1000)}`);
    }
    return this;
  }

  judge(scenario, checks) {
    const scored = this.scored()?.includes(scenario) ?? true;
    const whole = this.expected.includes(scenario);
    const failing = checks.filter(isFailure).map(({ id }) => id);
    const unexpected = checks.filter((check) => {
      return isFailure(check) && !whole && !this.expected.includes(`${scenario}:${check.id}`);
    });
    const outcome = !failing.length ? 'passed' : unexpected.length ? 'failed' : 'expected';
    this.outcomes.set(scenario, { scored, outcome, partly: !whole });
    if (!scored) return;
    for (const { id, errorMessage } of unexpected) this.fail(scenario, `${id}: ${errorMessage}`);
    const stale = this.expected.filter((entry) => {
      const [of, id] = entry.split(/:(.*)/s);
      return of === scenario && (id ? !failing.includes(id) : !failing.length);
    });
    for (const entry of stale) this.fail(scenario, `${entry} passes now; remove it from ${this.file}`);
  }

  fail(scenario, reason) {
    this.outcomes.set(scenario, { scored: true, outcome: 'failed' });
    this.failures.push(`FAIL ${this.name} ${this.revision} ${scenario}: ${reason}`);
  }
}

const hasRequirements = (revision) => readdirSync(`${suite}/requirements`).includes(`${revision}.yaml`);

function program(args) {
  return new Promise((resolve) => {
    const options = { timeout: 120_000, maxBuffer: 1 << 28 };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ status: error ? (error.code ?? error.signal) : 0, text: stdout + stderr });
    });
  });
}

function table(runs) {
  const scenarios = [...new Set(runs.flatMap((run) => [...run.outcomes.keys()]))];
  const mark = (result) => {
    if (!result) return '';
    if (!result.scored) return result.outcome === 'passed' ? '(ok)' : '(no)';
    return { passed: 'ok', failed: 'FAIL', expected: result.partly ? 'part' : '-' }[result.outcome];
  };
  const rows = [
    ['', ...runs.map((run) => run.server)],
    ['', ...runs.map((run) => run.transport)],
    ['', ...runs.map((run) => run.revision)],
    ...scenarios.map((scenario) => [scenario, ...runs.map((run) => mark(run.outcomes.get(scenario)))]),
  ];
  const first = Math.max(...scenarios.map((scenario) => scenario.length));
  return rows.map(([head, ...cells]) => {
    return [head.padEnd(first), ...cells.map((cell) => cell.padEnd(10))].join('  ').trimEnd();
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { results: { type: 'string' } },
});
const runs = positionals.flatMap((target) => {
  const [name, url] = target.split(/=(.*)/s);
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}-2`));
  if (!url || files.length === 0) {
    console.error(`conformance/run: ${target} is not SERVER-TRANSPORT=URL with a file in expected/`);
    process.exit(2);
  }
  return files.map((file) => new Run(name, file.slice(name.length + 1, -4), url, file));
});

// Limited, because scenarios have timeouts.
const waiting = [...runs];
const work = async () => {
  for (let run = waiting.shift(); run; run = waiting.shift()) await run.execute();
};
await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));

for (const line of table(runs)) console.log(line);
console.log('\n-: expected to fail; part: some checks are expected to fail; see expected/. In brackets: does not count for the revision');
for (const failure of runs.flatMap((run) => run.failures)) console.log(failure);
const lines = runs.flatMap((run) =>
  [...run.outcomes].map(([scenario, { scored, outcome }]) =>
    [version, run.server, run.transport, run.revision, scenario, scored ? 'yes' : 'no', outcome].join('\t'),
  ),
);
if (values.results) {
  const head = ['suite', 'server', 'transport', 'revision', 'scenario', 'scored', 'outcome'].join('\t');
  writeFileSync(values.results, [head, ...lines, ''].join('\n'));
}
const count = (kind) =>
  runs.flatMap((run) => [...run.outcomes.values()]).filter(({ scored, outcome }) => scored && outcome === kind).length;
console.log(`${count('passed')} passed, ${count('failed')} failed`);
process.exitCode = count('failed') === 0 ? 0 : 1;
