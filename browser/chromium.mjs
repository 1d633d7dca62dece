// A headless Chromium of its own, and pages whose every complaint is a failure.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(join(process.env.BROWSER_HOME, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const profile = mkdtempSync(join(tmpdir(), 'aareguru-browser-'));

// One browser with one empty profile for all that a script looks at.
export async function start(options = {}) {
  const path = execFileSync('/bin/sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).trim();
  const browser = await chromium.launch({
    executablePath: path,
    headless: true,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
    env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
    ...options,
  });
  return {
    browser,
    async stop() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

// A page that writes down what it asks for, what it complains of, and how many bytes
// came. `allowed` are the origins that may be asked.
export async function open(browser, url, { allowed = [new URL(url).origin], wait = 'load', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  const page = await context.newPage();
  const seen = { complaints: [], foreign: [], bytes: 0, asked: [] };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (['data:', 'blob:', 'about:'].includes(asked.protocol)) return;
    seen.asked.push(asked.pathname);
    if (!allowed.includes(asked.origin)) seen.foreign.push(request.url());
  });
  page.on('requestfinished', async (request) => {
    const sizes = await request.sizes().catch(() => undefined);
    if (sizes) seen.bytes += sizes.responseBodySize + sizes.responseHeadersSize;
  });
  // While a page is being drawn up: its files as they are now.
  const files = process.env.BROWSER_FILES;
  if (files) {
    await page.route(/\.(css|js)$/, (route) => route.fulfill({ path: join(files, new URL(route.request().url()).pathname) }));
  }
  const answer = await page.goto(url, { waitUntil: wait });
  return { page, seen, answer, context };
}

let failed = 0;

export function check(name, holds, detail = '') {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${name}${holds ? '' : `: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`}`);
  if (!holds) failed += 1;
}

export function quiet(name, seen) {
  check(`${name}: no complaint in the console`, seen.complaints.length === 0, seen.complaints);
  check(`${name}: nobody else is asked`, seen.foreign.length === 0, seen.foreign);
}

// Nothing is to be reached by scrolling sideways.
export async function fits(name, page) {
  const { wide, width } = await page.evaluate(() => ({ wide: document.scrollingElement.scrollWidth, width: innerWidth }));
  check(`${name}: nothing is wider than the screen`, wide <= width, `${wide} of ${width} px`);
}

// The findings of axe-core that are serious or worse.
export async function accessible(name, page) {
  // Past the page's own policy, which lets no script of others in.
  const results = await page.evaluate(`(async () => { const module = undefined; ${axe}; return axe.run(document, { resultTypes: ['violations'] }); })()`);
  const serious = results.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join(' | ')}`);
  check(`${name}: axe finds nothing serious`, serious.length === 0, told.join('\n'));
}

export async function picture(page, name) {
  const folder = process.env.BROWSER_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

export async function finish(stop) {
  await stop();
  if (failed) {
    console.log(`${failed} checks failed`);
    process.exit(1);
  }
}
