// Tests the pages with recorded data: languages, widths, light and dark, without
// JavaScript, keyboard only.
//
//   browser/run river.mjs URL

import { accessible, check, finish, fits, open, picture, quiet, start } from './chromium.mjs';

const url = process.argv[2].replace(/\/$/, '');
const { browser, stop } = await start();

const languages = {
  de: { title: 'Die Aare jetzt', verdict: 'Nicht schwimmen', number: '12.5', recorded: '9. Mai 2023' },
  fr: { title: "L'Aar maintenant", verdict: 'Ne pas nager', number: '12,5', recorded: '9 mai 2023' },
  it: { title: "L'Aare adesso", verdict: 'Non nuotare', number: '12.5', recorded: '9 maggio 2023' },
  en: { title: 'The Aare now', verdict: 'Do not swim', number: '12.5', recorded: '9 May 2023' },
};
const widths = { small: { width: 360, height: 740 }, phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const plain = (text) => text.replaceAll('\u00a0', ' ');
const places = ['brienz', 'interlaken', 'thun', 'bern', 'hagneck', 'biel', 'olten', 'brugg'];

for (const [locale, words] of Object.entries(languages)) {
  for (const [device, viewport] of Object.entries(widths)) {
    const colorScheme = locale === 'fr' || locale === 'en' ? 'dark' : 'light';
    const name = `river ${locale} ${device} ${colorScheme}`;
    const { page, seen, context } = await open(browser, `${url}/`, { locale: `${locale}-CH`, viewport, colorScheme });
    await page.waitForSelector('#bern figure.spark svg');
    check(`${name}: is in the language`, (await page.locator('html').getAttribute('lang')) === locale);
    check(`${name}: title`, (await page.title()) === words.title, await page.title());
    const ids = await page.locator('.stop').evaluateAll((stops) => stops.map((stop) => stop.id));
    check(`${name}: the places are in downstream order`, ids.join() === places.join(), ids);
    const bern = plain(await page.locator('#bern').innerText());
    for (const part of [words.verdict, words.number, words.recorded]) {
      check(`${name}: Bern shows "${part}"`, bern.includes(part), bern);
    }
    await fits(name, page);
    check(`${name}: under 100 KiB`, seen.bytes > 0 && seen.bytes < 100 * 1024, `${seen.bytes} bytes`);
    await accessible(name, page);
    await picture(page, name.replaceAll(' ', '-'));
    quiet(name, seen);
    await context.close();

    const detail = `bern ${locale} ${device} ${colorScheme}`;
    const at = await open(browser, `${url}/bern?lang=${locale}`, { locale: 'en-GB', viewport, colorScheme });
    await at.page.waitForSelector('figure.chart.flow svg');
    const text = plain(await at.page.locator('main').innerText());
    for (const part of [words.verdict, words.number, words.recorded, 'Uschaflig chaut', '247', 'Marzili']) {
      check(`${detail}: shows "${part}"`, text.includes(part));
    }
    const links = await at.page.locator('.back a').getAttribute('href');
    check(`${detail}: links keep the language`, links.endsWith(`/?lang=${locale}`), links);
    await fits(detail, at.page);
    const hidden = await at.page.locator('.scroll').evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).length);
    check(`${detail}: nothing is wider than its frame`, hidden === 0);
    check(`${detail}: under 100 KiB`, at.seen.bytes < 100 * 1024, `${at.seen.bytes} bytes`);
    await at.page.locator('summary').click();
    await fits(`${detail}, with its table`, at.page);
    check(`${detail}: the chart has a table`, (await at.page.locator('#table tbody tr').count()) > 20);
    await accessible(detail, at.page);
    await at.page.locator('summary').click();
    await picture(at.page, detail.replaceAll(' ', '-'));
    quiet(detail, at.seen);
    await at.context.close();
  }
}

{
  const { page, seen, context } = await open(browser, `${url}/`, { javaScriptEnabled: false, locale: 'en-GB' });
  const text = plain(await page.locator('main').innerText());
  for (const part of ['12.5', '247 m³/s', '69 %', 'Do not swim', '13.4', 'recorded']) {
    check(`without a script: shows "${part}"`, text.includes(part));
  }
  check('without a script: says that it does not update', (await page.locator('footer').innerText()).includes('please reload'));
  check('without a script: no empty figure is visible', (await page.locator('#bern figure:visible').count()) === 0);
  await picture(page, 'river-without-script');
  quiet('without a script', seen);
  await page.goto(`${url}/bern`);
  const table = page.locator('#table');
  await table.locator('summary').click();
  check('without a script: the table opens', await table.locator('tbody tr').first().isVisible());
  await context.close();
}

{
  const { page, seen, context } = await open(browser, `${url}/?lang=en`, { locale: 'en-GB' });
  const reached = [];
  for (let n = 0; n < 30; n += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => {
      const at = document.activeElement;
      const outline = getComputedStyle(at).outlineStyle;
      return { href: at.getAttribute('href'), shown: outline !== 'none' };
    });
    if (focus.href === null) break;
    reached.push(focus.href);
    if (!focus.shown) check(`keyboard: ${focus.href} shows its focus`, false);
  }
  check('keyboard: the first stop skips to the content', reached[0] === '#main', reached);
  for (const id of places) check(`keyboard: reaches ${id}`, reached.includes(`/${id}?lang=en`), reached);
  await page.locator('#bern a').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/bern?lang=en');
  await page.waitForSelector('figure.chart.water svg');
  await page.locator('figure.chart.water').focus();
  await page.keyboard.press('ArrowLeft');
  const description = await page.locator('figure.chart.water').getAttribute('aria-description');
  check('keyboard: the chart describes its values', /^1\d(\.\d)? °C, /.test(description ?? ''), description);
  quiet('keyboard', seen);
  await context.close();
}

{
  const { page, answer, context } = await open(browser, `${url}/Solothurn%3Cscript%3E?lang=en`);
  const text = await page.locator('main').innerText();
  check('an unknown place: 404', answer.status() === 404);
  check('an unknown place: its name is shown as text', text.includes('“Solothurn<script>” is none'), text);
  await page.goto(`${url}/Tuhn?lang=de`);
  check('a typo: the place is suggested', (await page.locator('main').innerText()).includes('Meinten Sie Thun?'));
  await context.close();
}

{
  const { page, context } = await open(browser, `${url}/bern?lang=de`, { locale: 'de-CH' });
  await page.emulateMedia({ media: 'print' });
  await picture(page, 'bern-print');
  await context.close();
}

await finish(stop);
