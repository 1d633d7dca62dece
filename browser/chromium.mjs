// Starts a headless Chromium with an empty profile, and checks pages for errors.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(join(process.env.BROWSER_HOME, 'package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const profile = mkdtempSync(join(tmpdir(), 'aareguru-browser-'));

// Starts the browser that a script uses for all its pages.
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

// Opens a page and records its requests, its console errors and warnings, and the bytes
// received. `allowed` lists the origins that it may request.
export async function open(browser, url, { allowed = [new URL(url).origin], wait = 'load', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options });
  const page = await context.newPage();
  const seen = { problems: [], foreign: [], bytes: 0, requested: [] };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) seen.problems.push(message.text());
  });
  page.on('pageerror', (error) => seen.problems.push(String(error)));
  page.on('request', (request) => {
    const requested = new URL(request.url());
    if (['data:', 'blob:', 'about:'].includes(requested.protocol)) return;
    seen.requested.push(requested.pathname);
    if (!allowed.includes(requested.origin)) seen.foreign.push(request.url());
  });
  page.on('requestfinished', async (request) => {
    const sizes = await request.sizes().catch(() => undefined);
    if (sizes) seen.bytes += sizes.responseBodySize + sizes.responseHeadersSize;
  });
  // Serves the current files while a page is being developed.
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
  check(`${name}: no problem in the console`, seen.problems.length === 0, seen.problems);
  check(`${name}: no request to another origin`, seen.foreign.length === 0, seen.foreign);
}

// Checks that the page does not scroll horizontally.
export async function fits(name, page) {
  const { wide, width } = await page.evaluate(() => ({ wide: document.scrollingElement.scrollWidth, width: innerWidth }));
  check(`${name}: nothing is wider than the screen`, wide <= width, `${wide} of ${width} px`);
}

// Checks that axe-core reports no serious or critical violation.
export async function accessible(name, page) {
  // Evaluated, because the page's policy blocks foreign scripts.
  const results = await page.evaluate(`(async () => { const module = undefined; ${axe}; return axe.run(document, { resultTypes: ['violations'] }); })()`);
  const serious = results.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
  const details = serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join(' | ')}`);
  check(`${name}: axe reports nothing serious`, serious.length === 0, details.join('\n'));
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
