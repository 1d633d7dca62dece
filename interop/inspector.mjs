// The command line of the Inspector, one process per request:
//
//   inspector.mjs URL sse|http
//   inspector.mjs PROGRAM stdio
//
// It lists the tools before it calls one, so an unknown tool never reaches the server. It
// has no `ping`.

import { execFile } from 'node:child_process';
import { check, Mismatch, modules, run } from './checks.mjs';

const TOOL_ANSWERED_WITH_ERROR = 5; // the exit status; the answer is still printed

const transport = process.argv[3];

function inspect(target, method, ...options) {
  const program = `${modules}/.bin/mcp-inspector`;
  const server =
    transport === 'stdio' ? [target, 'stdio', '--demo'] : [target, '--transport', transport];
  const args = [program, '--cli', ...server, '--method', method, ...options];
  // It writes files to the home folder, which must not be the user's.
  const env = { ...process.env, HOME: `${process.env.INTEROP_HOME}/inspector-home` };
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
      const answered = !error || (error.code === TOOL_ANSWERED_WITH_ERROR && stdout);
      if (answered) resolve(JSON.parse(stdout));
      else reject(new Mismatch(`expected exit status 0, got ${error.code}: ${stderr}`));
    });
    child.stdin.end();
    process.once('exit', () => child.kill()); // on a timeout
  });
}

async function converse(url) {
  const call = (tool, ...options) => inspect(url, 'tools/call', '--tool-name', tool, ...options);

  await check.initialize(inspect(url, 'initialize'), '2025-11-25');
  await check.tools(inspect(url, 'tools/list', '--strict'));
  await check.bern(call('get_current_temperature', '--tool-arg', 'city=bern'));
  await check.atlantis(call('get_current_temperature', '--tool-arg', 'city=atlantis'));
  await check.cities(call('list_cities'));
  await check.resources(inspect(url, 'resources/list'));
  await check.resource(inspect(url, 'resources/read', '--uri', 'aareguru://cities'));
}

run(`inspector ${transport}`, '@modelcontextprotocol/inspector', converse);
