// Tests the pages of a server that requires an API key.
//
//   browser/run locked.mjs URL

import { accessible, check, finish, fits, open, picture, start } from './chromium.mjs';

const url = process.argv[2].replace(/\/$/, '');
const key = 'a-key-for-the-tests';
const { browser, stop } = await start();

// Chromium logs each 401. Nothing else may be logged.
function quiet(name, seen) {
  const others = seen.problems.filter((it) => !it.includes('401'));
  check(`${name}: no other problem in the console`, others.length === 0, others);
  check(`${name}: no request to another origin`, seen.foreign.length === 0, seen.foreign);
  check(`${name}: no address contains the key`, seen.addresses.every((it) => !it.includes(key)));
}

async function visit(path, options) {
  const opened = await open(browser, `${url}${path}`, options);
  opened.seen.addresses = [];
  opened.page.on('request', (request) => opened.seen.addresses.push(request.url()));
  return opened;
}

for (const [locale, title, colorScheme] of [
  ['en', 'This server asks for a key', 'light'],
  ['de', 'Dieser Server will einen Schlüssel', 'dark'],
  ['fr', 'Ce serveur demande une clé', 'light'],
  ['it', 'Questo server chiede una chiave', 'dark'],
]) {
  const name = `locked ${locale} ${colorScheme}`;
  const { page, seen, answer, context } = await visit('/', { viewport: { width: 360, height: 740 }, colorScheme, locale: `${locale}-CH` });
  check(`${name}: 401 with its challenge`, answer.status() === 401 && answer.headers()['www-authenticate'].startsWith('Bearer'));
  await page.waitForSelector('#lock:not([hidden])');
  check(`${name}: is in the language`, (await page.locator('h1').innerText()) === title);
  const text = await page.locator('main').innerText();
  check(`${name}: shows how clients connect`, text.includes('claude mcp add'));
  check(`${name}: shows no data`, !/°C|m³\/s|12[.,]5/.test(text), text);
  await fits(name, page);
  await accessible(name, page);
  await picture(page, name.replaceAll(' ', '-'));
  quiet(name, seen);
  await context.close();
}

{
  const { page, seen, context } = await visit('/?lang=en', { viewport: { width: 390, height: 844 } });
  await page.keyboard.press('Tab');
  for (let n = 0; n < 12 && !(await page.evaluate(() => document.activeElement.id === 'key')); n += 1) await page.keyboard.press('Tab');
  await page.keyboard.type('another-key');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('unlock-state').textContent === 'This key is not valid.');
  check('a wrong key is reported, and its field has the focus', await page.evaluate(() => document.activeElement.id === 'key' && document.activeElement.ariaInvalid === 'true'));
  await page.fill('#key', key);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#bern figure.spark svg');
  check('the right key opens the page', (await page.title()) === 'The Aare now' && (await page.locator('#bern').innerText()).includes('12.5'));
  await page.waitForFunction(() => document.getElementById('live').textContent === 'Updates by itself.');
  check('the page updates by itself', true);
  await accessible('opened', page);
  await page.click('#bern a');
  await page.waitForSelector('figure.chart.water svg');
  check('the next page opens without the key', (await page.locator('h1').innerText()) === 'Bern');
  await page.goto(`${url}/console?lang=en`);
  await page.click('#connect-button');
  await page.waitForFunction(() => document.getElementById('connection-state').textContent.startsWith('Connected to'));
  await page.waitForFunction(() => document.querySelectorAll('#tool option').length === 7);
  check('the console connects with the key', true);
  await page.goto(`${url}/graphql?lang=en`);
  await page.waitForSelector('#docs article');
  await page.click('#run');
  await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('Status 200'));
  check('GraphQL answers with the key', true);
  quiet('opened', seen);
  // Another tab does not have the key.
  const other = await context.newPage();
  await other.goto(`${url}/`);
  await other.waitForSelector('#lock:not([hidden])');
  check('another tab requires the key', (await other.inputValue('#key')) === '');
  await context.close();
}

await finish(stop);
