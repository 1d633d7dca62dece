// Tests the page at /graphql: queries, errors, variables, subscriptions, completion and
// the documentation of the schema.
//
//   browser/run graphql.mjs URL

import { accessible, check, finish, fits, open, picture, quiet, start } from './chromium.mjs';

const url = process.argv[2].replace(/\/$/, '');
const { browser, stop } = await start();

const loaded = (page) => page.waitForSelector('#docs article', { timeout: 30_000 });
const state = (page, text) => page.waitForFunction((part) => document.getElementById('state').textContent.includes(part), text, { timeout: 30_000 });
const answer = async (page) => JSON.parse(await page.locator('#answers pre').first().evaluate((pre) => [...pre.childNodes].filter(({ nodeName }) => nodeName !== 'TIME').map(({ textContent }) => textContent).join('')));

async function run(page, query, variables = '') {
  await page.fill('#query', query);
  await page.fill('#variables', variables);
  await page.click('#run');
}

for (const [device, viewport, colorScheme, locale, english] of [
  ['phone', { width: 360, height: 740 }, 'dark', 'en', true],
  ['desktop', { width: 1280, height: 900 }, 'light', 'en', true],
  ['phone', { width: 360, height: 740 }, 'light', 'de', false],
  ['desktop', { width: 1280, height: 900 }, 'dark', 'fr', false],
  ['phone', { width: 360, height: 740 }, 'light', 'it', false],
]) {
  const name = `graphql ${locale} ${device} ${colorScheme}`;
  const { page, seen, context } = await open(browser, `${url}/graphql`, { viewport, colorScheme, locale: `${locale}-CH` });
  await loaded(page);
  check(`${name}: is in the language`, (await page.locator('html').getAttribute('lang')) === locale);
  check(`${name}: under 100 KiB`, seen.bytes > 0 && seen.bytes < 100 * 1024, `${seen.bytes} bytes`);
  await page.click('#run');
  await state(page, '200');
  const { data } = await answer(page);
  check(`${name}: the first example is answered`, data.compare.places.length === 8 && data.compare.boundary.length > 0, data);
  await fits(name, page);
  await accessible(name, page);
  await picture(page, name.replaceAll(' ', '-'));
  quiet(name, seen);
  if (!english) {
    await context.close();
    continue;
  }

  await run(page, 'query ($name: String!) { place(name: $name) { name current { water { celsius } } } }', '{ "name": "Bern" }');
  await state(page, 'Status 200');
  check(`${name}: a query with variables`, (await answer(page)).data.place.current.water.celsius === 12.5);

  await run(page, '{ place(name: "Tuhn") { name } }');
  await page.waitForSelector('#errors li');
  check(`${name}: an error of a field is shown`, (await page.locator('#errors').innerText()).includes('Tuhn'), await page.locator('#errors').innerText());

  await run(page, '{\n  place { nome }\n}');
  await state(page, 'Status 400');
  const error = await page.locator('#errors li').first().innerText();
  check(`${name}: an error of the query is shown with its position`, error.includes('nome') && error.includes('line 2'), error);
  check(`${name}: an unknown field is marked`, (await page.locator('#painted .t-wrong').allInnerTexts()).join() === 'nome');
  await accessible(`${name} with an error`, page);
  await picture(page, `${name.replaceAll(' ', '-')}-error`);
  await page.locator('#errors button').first().click();
  check(`${name}: and links to it`, await page.evaluate(() => document.activeElement.id === 'query' && document.activeElement.value.slice(document.activeElement.selectionStart).startsWith('nome')));

  await run(page, '{ about { version } }', '[1');
  const refused = await page.locator('#variables-error').innerText();
  check(`${name}: variables that are not JSON are refused next to their field`, refused.includes('no JSON object') && (await page.locator('#variables').getAttribute('aria-invalid')) === 'true', refused);
  await run(page, '{ about { version } }', '[1]');
  check(`${name}: variables that are not an object are refused`, (await page.locator('#variables-error').innerText()).includes('no JSON object'));

  await run(page, 'subscription { measurements(startWithCurrent: true) { place { name } water { celsius } } }');
  await state(page, 'waiting for the next');
  const first = await answer(page);
  check(`${name}: a subscription's values arrive`, typeof first.data.measurements.place.name === 'string', first);
  await page.waitForFunction(() => document.querySelectorAll('#answers pre').length === 8);
  check(`${name}: it can be stopped`, await page.locator('#stop').isVisible());
  await picture(page, `${name.replaceAll(' ', '-')}-subscription`);
  await page.click('#stop');
  await state(page, 'Stopped');
  check(`${name}: it stops`, await page.locator('#stop').isHidden());

  await run(page, '{place(name:"bern"){name,id}}');
  await state(page, 'Status 200');
  await page.click('#format');
  check(`${name}: a query is formatted`, (await page.inputValue('#query')) === '{\n  place(name: "bern") {\n    name\n    id\n  }\n}\n', await page.inputValue('#query'));

  await page.fill('#search', 'flood');
  check(`${name}: the schema can be searched`, (await page.locator('#docs dt').allInnerTexts()).includes('Danger.floodLevel'), await page.locator('#docs dt').allInnerTexts());
  await page.locator('#docs dt button', { hasText: 'Danger.floodLevel' }).first().click();
  check(`${name}: a type is shown`, (await page.locator('#docs h3').innerText()) === 'Danger');
  await fits(`${name}, a type`, page);
  await accessible(`${name}, a type`, page);
  quiet(`${name}, at the end`, seen.problems.length === 1 && seen.problems[0].includes('400') ? { ...seen, problems: [] } : seen);
  await context.close();
}

// By keyboard alone, from an empty editor to the answer.
{
  const { page, seen, context } = await open(browser, `${url}/graphql?lang=en`, { viewport: { width: 1280, height: 900 } });
  await loaded(page);
  const reached = [];
  for (let n = 0; n < 20; n += 1) {
    await page.keyboard.press('Tab');
    const id = await page.evaluate(() => document.activeElement.id);
    reached.push(id);
    const outlined = await page.evaluate(() => {
      const at = document.activeElement;
      return [at, at.parentElement].some((it) => getComputedStyle(it).outlineStyle !== 'none');
    });
    if (!outlined) check(`keyboard: ${id} shows its focus`, false);
  }
  for (const id of ['example', 'run', 'query', 'variables', 'format', 'curl', 'link', 'search']) {
    check(`keyboard: reaches ${id}`, reached.includes(id), reached);
  }
  await page.focus('#query');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{');
  await page.keyboard.press('Enter');
  check('keyboard: a new line is indented', (await page.inputValue('#query')) === '{\n  ', JSON.stringify(await page.inputValue('#query')));
  await page.keyboard.type('plac');
  await page.waitForSelector('#choices:not([hidden])');
  await picture(page, 'graphql-choices');
  check('keyboard: completions are offered', (await page.locator('#choices li').allInnerTexts()).some((it) => it.startsWith('places')));
  await accessible('graphql with choices', page);
  check('keyboard: completions are announced to screen readers', await page.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).getAttribute('aria-selected') === 'true'));
  await page.keyboard.press('Enter');
  check('keyboard: the completion is inserted', (await page.inputValue('#query')) === '{\n  place', await page.inputValue('#query'));
  await page.keyboard.type('(nam');
  await page.waitForSelector('#choices:not([hidden])');
  await page.keyboard.press('Tab');
  await page.keyboard.type('"bern") { w');
  await page.keyboard.press('Escape');
  check('keyboard: the choices are closed', await page.locator('#choices').isHidden());
  await page.keyboard.press('Backspace');
  await page.keyboard.type('id } }');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Enter');
  await state(page, 'Status 200');
  check('keyboard: the query is answered', (await answer(page)).data.place.id === 'bern');
  await page.focus('#query');
  await page.keyboard.press('Tab');
  check('keyboard: Tab leaves the editor', await page.evaluate(() => document.activeElement.id === 'variables'));
  quiet('graphql by keyboard', seen);
  await context.close();
}

// Copied links and commands.
{
  const { page, seen, context } = await open(browser, `${url}/graphql?lang=en`);
  await loaded(page);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.fill('#query', "{ place(name: \"l'aare\") { id } }");
  await page.click('#link');
  await page.waitForFunction(() => document.getElementById('copied').textContent.includes('link'));
  const link = await page.evaluate(() => navigator.clipboard.readText());
  await page.click('#curl');
  await page.waitForFunction(() => document.getElementById('copied').textContent.includes('command'));
  const command = await page.evaluate(() => navigator.clipboard.readText());
  check('a command for the terminal is copied', command.startsWith(`curl -s '${url}/graphql'`) && command.includes("l'\\''aare"), command);
  const second = await context.newPage();
  await second.goto(link);
  await loaded(second);
  check('a link opens with its query', (await second.inputValue('#query')) === "{ place(name: \"l'aare\") { id } }");
  quiet('graphql, copied', seen);
  await context.close();
}

{
  const { page, context } = await open(browser, `${url}/graphql?lang=en`, { javaScriptEnabled: false });
  check('without a script: the page says that it needs one', (await page.locator('main').innerText()).includes('needs its script'));
  await context.close();
}

await finish(stop);
