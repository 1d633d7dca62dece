// Tests the console: forms, raw messages, a cut connection, an API key, copying.
//
//   browser/run console.mjs URL URL_WITH_KEY

import { BreakingProxy } from '../interop/breaking_proxy.mjs';

import { accessible, check, finish, fits, open, picture, quiet, start } from './chromium.mjs';

const [url, locked] = process.argv.slice(2).map((it) => it.replace(/\/$/, ''));
const key = 'a-key-for-the-tests';
const { browser, stop } = await start();

const status = (page, text) => page.waitForFunction((part) => document.getElementById('connection-state').textContent.includes(part), text, { timeout: 30_000 });
const answered = (page, text) => page.waitForFunction((part) => document.getElementById('result').textContent.includes(part), text, { timeout: 30_000 });

async function connected(page) {
  await page.click('#connect-button');
  await status(page, 'Connected to aareguru-mcp');
  await page.waitForSelector('#tool option', { state: 'attached' });
}

// Cuts the stream within the response to the call.
async function callThroughACut(name, page, proxy) {
  await page.selectOption('#tool', 'get_current_conditions');
  await page.fill('#argument-city', 'bern');
  proxy.breaking = true;
  await page.click('#arguments button');
  while (proxy.cuts === 0) await new Promise((resolve) => setImmediate(resolve));
  proxy.breaking = false;
  await answered(page, 'do not swim');
  const messages = await page.locator('#messages').innerText();
  check(`${name}: the break is shown`, messages.includes('The connection broke.'), messages.slice(-600));
  check(`${name}: the resume is shown`, messages.includes('Resumed: the same session'), messages.slice(-600));
  check(`${name}: the answer arrived once`, messages.split('"verdict":"do_not_swim"').length === 2);
}

for (const [device, viewport, colorScheme] of [
  ['phone', { width: 390, height: 844 }, 'dark'],
  ['desktop', { width: 1280, height: 900 }, 'light'],
]) {
  const name = `console ${device} ${colorScheme}`;
  const { page, seen, context } = await open(browser, `${url}/console`, { viewport, colorScheme });
  await connected(page);
  const tools = await page.locator('#tool option').evaluateAll((options) => options.map(({ value }) => value));
  check(`${name}: lists the tools`, tools.length > 1 && tools.includes('get_forecast'), tools);

  await page.selectOption('#tool', 'get_forecast');
  for (const [hours, says] of [['soon', 'is no number'], ['1.5', 'whole number'], ['1000', 'or less']]) {
    await page.fill('#argument-hours', hours);
    await page.click('#arguments button');
    const error = await page.locator('#argument-hours-error').innerText();
    check(`${name}: "${hours}" hours are refused next to the field`, error.includes(says), error);
    check(`${name}: the field is marked and has the focus`, await page.evaluate(() => document.activeElement.id === 'argument-hours' && document.activeElement.ariaInvalid === 'true'));
  }
  await page.fill('#argument-hours', '24');
  await page.click('#arguments button');
  await answered(page, '12.7');
  check(`${name}: a corrected field is not marked`, (await page.locator('#argument-hours').getAttribute('aria-invalid')) === null);

  await page.fill('#argument-city', 'Tuhn');
  await page.click('#arguments button');
  await answered(page, 'unknown place');
  check(`${name}: a refusal of the server is shown next to the field`, (await page.locator('#argument-city-error').innerText()).includes('did you mean'));

  await page.selectOption('#tool', 'compare_cities');
  await page.fill('#argument-cities', 'thun, bern');
  await page.click('#arguments button');
  await answered(page, '| Thun |');
  const messages = await page.locator('#messages').innerText();
  check(`${name}: shows the raw messages`, messages.includes('"cities":["thun","bern"]') && messages.includes('"method":"initialize"'));

  await fits(name, page);
  check(`${name}: under 100 KiB without the messages`, seen.bytes < 180 * 1024, `${seen.bytes} bytes`);
  await accessible(name, page);
  await picture(page, name.replaceAll(' ', '-'));

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const buttons = page.locator('button.copy');
  for (let n = 0; n < (await buttons.count()); n += 1) {
    await buttons.nth(n).click();
    const client = await buttons.nth(n).getAttribute('data-client');
    await page.waitForFunction((of) => document.getElementById('copied').textContent.includes(of), client);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const shown = await page.locator('.setup pre').nth(n).innerText();
    check(`${name}: copies the setup of ${client} with the address of this server`, copied === shown && copied.includes(new URL(url).host), copied);
  }
  await page.click('#disconnect-button');
  await status(page, 'Not connected');
  quiet(name, seen);
  await context.close();
}

for (const [locale, title, connected_, call, refused] of [
  ['de', 'Konsole', 'Verbunden mit aareguru-mcp', 'Tool aufrufen', 'ist keine Zahl'],
  ['fr', 'Console', 'Connecté à aareguru-mcp', "Appeler l'outil", "n'est pas un nombre"],
  ['it', 'Console', 'Collegato a aareguru-mcp', 'Chiamare lo strumento', 'non è un numero'],
]) {
  const name = `console ${locale}`;
  const { page, seen, context } = await open(browser, `${url}/console`, { viewport: { width: 360, height: 740 }, locale: `${locale}-CH` });
  check(`${name}: is in the language`, (await page.locator('html').getAttribute('lang')) === locale && (await page.locator('h1').innerText()) === title);
  await page.click('#connect-button');
  await status(page, connected_);
  await page.waitForSelector('#tool option', { state: 'attached' });
  await page.selectOption('#tool', 'get_forecast');
  check(`${name}: forms are translated`, (await page.locator('#arguments button').innerText()) === call);
  await page.fill('#argument-hours', 'soon');
  await page.click('#arguments button');
  const error = await page.locator('#argument-hours-error').innerText();
  check(`${name}: errors are translated`, error.includes(refused), error);
  await page.fill('#argument-hours', '24');
  await page.click('#arguments button');
  await answered(page, '12.7');
  await fits(name, page);
  await accessible(name, page);
  await picture(page, name.replaceAll(' ', '-'));
  quiet(name, seen);
  await context.close();
}

{
  const proxy = new BreakingProxy(url, () => 0.5);
  const through = (await proxy.start()).origin;
  const { page, context } = await open(browser, `${through}/console`);
  await connected(page);
  await callThroughACut('EventSource', page, proxy);
  await picture(page, 'console-resumed');
  await context.close();
  proxy.stop();
}

{
  const proxy = new BreakingProxy(locked, () => 0.5);
  const through = (await proxy.start()).origin;
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(`${through}/console`);
  await page.fill('#key', key);
  await page.click('#open');
  await page.waitForSelector('#connect-button');
  check('the console has the key that opened it', (await page.inputValue('#key')) === key);
  await page.fill('#key', '');
  await page.click('#connect-button');
  await status(page, 'refuses the stream');
  check('without a key: the error is shown', true);
  await page.fill('#key', 'another-key');
  await page.click('#connect-button');
  await status(page, '401');
  check('with a wrong key: the error is shown', true);
  await page.fill('#key', key);
  await connected(page);
  await callThroughACut('with a key', page, proxy);
  const messages = await page.locator('#messages').innerText();
  check('with a key: the key is not shown', !messages.includes(key) && !page.url().includes(key));
  await context.close();
  proxy.stop();
}

await finish(stop);
