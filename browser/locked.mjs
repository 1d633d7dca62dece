// The pages of a server that asks for a key, which a browser does not send by itself.
//
//   browser/run locked.mjs URL

import { accessible, check, finish, fits, open, picture, start } from './chromium.mjs';

const url = process.argv[2].replace(/\/$/, '');
const key = 'a-key-for-the-tests';
const { browser, stop } = await start();

// A browser writes of each 401 that it meets; of nothing else.
function quiet(name, seen) {
  const others = seen.complaints.filter((it) => !it.includes('401'));
  check(`${name}: no other complaint in the console`, others.length === 0, others);
  check(`${name}: nobody else is asked`, seen.foreign.length === 0, seen.foreign);
  check(`${name}: the key stands in no address`, seen.addresses.every((it) => !it.includes(key)));
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
  check(`${name}: speaks the language`, (await page.locator('h1').innerText()) === title);
  const text = await page.locator('main').innerText();
  check(`${name}: tells how clients connect`, text.includes('claude mcp add'));
  check(`${name}: and no number of the river`, !/°C|m³\/s|12[.,]5/.test(text), text);
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
  check('a wrong key is told, and its field has the focus', await page.evaluate(() => document.activeElement.id === 'key' && document.activeElement.ariaInvalid === 'true'));
  await page.fill('#key', key);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#bern figure.spark svg');
  check('the right one opens the page', (await page.title()) === 'The Aare now' && (await page.locator('#bern').innerText()).includes('12.5'));
  await page.waitForFunction(() => document.getElementById('live').textContent === 'Updates by itself.');
  check('which updates by itself', true);
  await accessible('opened', page);
  await page.click('#bern a');
  await page.waitForSelector('figure.chart.water svg');
  check('the next page opens without asking again', (await page.locator('h1').innerText()) === 'Bern');
  await page.goto(`${url}/console?lang=en`);
  await page.click('#connect-button');
  await page.waitForFunction(() => document.getElementById('connection-state').textContent.startsWith('Connected to'));
  await page.waitForFunction(() => document.querySelectorAll('#tool option').length === 7);
  check('the console connects with it', true);
  await page.goto(`${url}/graphql?lang=en`);
  await page.waitForSelector('#docs article');
  await page.click('#run');
  await page.waitForFunction(() => document.getElementById('state').textContent.startsWith('Status 200'));
  check('GraphQL answers with it', true);
  quiet('opened', seen);
  // Another tab knows nothing of it.
  const other = await context.newPage();
  await other.goto(`${url}/`);
  await other.waitForSelector('#lock:not([hidden])');
  check('another tab asks again', (await other.inputValue('#key')) === '');
  await context.close();
}

await finish(stop);
