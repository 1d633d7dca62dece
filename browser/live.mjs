// Tests open pages that receive a new measurement.
//
//   browser/run live.mjs URL UPSTREAM     a POST to UPSTREAM/measure makes a new measurement

import { accessible, check, finish, open, picture, quiet, start } from './chromium.mjs';

const url = process.argv[2].replace(/\/$/, '');
const upstream = process.argv[3].replace(/\/$/, '');
const { browser, stop } = await start();
const plain = (text) => text.replaceAll('\u00a0', ' ');

for (const [device, viewport, colorScheme] of [
  ['phone', { width: 390, height: 844 }, 'light'],
  ['desktop', { width: 1280, height: 900 }, 'dark'],
  ['desktop', { width: 1280, height: 900 }, 'light'],
]) {
  const name = `live ${device} ${colorScheme}`;
  const { page, seen, context } = await open(browser, `${url}/?lang=de`, { viewport, colorScheme });
  await page.waitForSelector('#brugg figure.spark svg');
  const text = plain(await page.locator('#main').innerText());
  for (const part of ['182 m³/s', 'Gefahrenstufe 2 von 5', 'Keine Warnung bekannt', 'veraltet', 'Abfluss unbekannt', 'Abfluss hier nicht gemessen']) {
    check(`${name}: shows "${part}"`, text.includes(part), text);
  }
  await accessible(name, page);
  await picture(page, name.replaceAll(' ', '-'));
  quiet(name, seen);
  await context.close();
}

const overview = await open(browser, `${url}/?lang=en`);
const detail = await open(browser, `${url}/bern?lang=fr`);
for (const { page } of [overview, detail]) {
  await page.waitForFunction(() => document.getElementById('live').textContent !== '');
}
check('the page says that it updates by itself', (await overview.page.locator('#live').innerText()) === 'Updates by itself.');
const before = await overview.page.locator('#bern .temperature strong').innerText();
await detail.page.locator('summary').click();
await overview.page.locator('#bern a').focus();
await fetch(`${upstream}/measure`, { method: 'POST' });
await overview.page.waitForFunction((old) => document.querySelector('#bern .temperature strong').textContent !== old, before, { timeout: 60_000 });
check('the new temperature is shown', before === '19.4' && (await overview.page.locator('#bern .temperature strong').innerText()) === '19.8');
const said = await overview.page.locator('#live').innerText();
check('the update is announced politely', said.startsWith('New measurement: ') && (await overview.page.locator('#live').getAttribute('aria-live')) === 'polite', said);
check('the charts are drawn again', (await overview.page.locator('#bern figure.spark svg').count()) === 1);
check('the focus stays', await overview.page.evaluate(() => document.activeElement.closest('#bern') !== null));
await detail.page.waitForFunction(() => document.querySelector('.now .temperature strong').textContent === '19,8', undefined, { timeout: 60_000 });
check('the page of one place updates, too', true);
check('open sections stay open', (await detail.page.locator('#table').getAttribute('open')) !== null);
await picture(detail.page, 'live-bern-phone-light');
quiet('live', overview.seen);
quiet('live detail', detail.seen);

// A refused stream is reported.
{
  const { page, context } = await open(browser, 'about:blank', { allowed: [url] });
  await page.route('**/live', (route) => route.fulfill({ status: 503, body: 'no' }));
  await page.goto(`${url}/?lang=en`);
  await page.waitForFunction(() => document.getElementById('live').textContent.startsWith('Does not update'));
  check('a page that cannot update says so, and shows its numbers', (await page.locator('#bern .temperature').innerText()).includes('19.8'));
  await context.close();
}

await finish(stop);
