// Tests the MCP Apps in a minimal host: a page that runs each app in a sandbox with the
// policy of the extension, and implements its protocol.
//
//   browser/run apps.mjs URL

import { createServer } from 'node:http';
import { once } from 'node:events';

import { accessible, check, finish, open, picture, quiet, start } from './chromium.mjs';

const url = process.argv[2].replace(/\/$/, '');

// --- Requests of the host to the server.

let sessionId;
let lastId = 0;
async function ask(method, params, isNotification) {
  lastId += 1;
  const answer = await fetch(`${url}/mcp`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...(sessionId ? { 'Mcp-Session-Id': sessionId, 'MCP-Protocol-Version': '2025-11-25' } : {}) },
    body: JSON.stringify({ jsonrpc: '2.0', ...(isNotification ? {} : { id: lastId }), method, params }),
  });
  sessionId ??= answer.headers.get('mcp-session-id');
  if (isNotification) return undefined;
  const text = await answer.text();
  const data = text.startsWith('{') ? text : text.split('\n').filter((line) => line.startsWith('data: {')).at(-1).slice(6);
  return JSON.parse(data).result;
}

const ui = { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } };
const hello = await ask('initialize', { protocolVersion: '2025-11-25', capabilities: ui, clientInfo: { name: 'host', version: '0' } });
await ask('notifications/initialized', {}, true);
check('the server supports the extension', hello.capabilities.extensions?.['io.modelcontextprotocol/ui']?.mimeTypes?.[0] === 'text/html;profile=mcp-app', hello.capabilities);
const { tools } = await ask('tools/list', {});

// --- The page of the host.

const policy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self' data:; connect-src 'none'; frame-src 'none'; base-uri 'self'; object-src 'none'";
const files = new Map();
const host = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Host</title><body><h1>Host</h1><iframe title="app" sandbox="allow-scripts" width="100%" height="60"></iframe><script>
window.seen = [];
window.begin = (path, context, input, result) => {
  const frame = document.querySelector('iframe');
  window.send = (message) => frame.contentWindow.postMessage({ jsonrpc: '2.0', ...message }, '*');
  addEventListener('message', ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    window.seen.push(data);
    if (data.method === 'ui/initialize') send({ id: data.id, result: { protocolVersion: '2026-01-26', hostInfo: { name: 'host', version: '0' }, hostCapabilities: {}, hostContext: context } });
    if (data.method === 'ui/notifications/initialized') {
      send({ method: 'ui/notifications/tool-input', params: { arguments: input } });
      send({ method: 'ui/notifications/tool-result', params: result });
    }
    if (data.method === 'ui/notifications/size-changed') frame.height = data.params.height;
  });
  frame.src = path;
};
</script></body></html>`;
const server = createServer((request, response) => {
  const file = files.get(request.url);
  const headers = { 'Content-Type': 'text/html; charset=utf-8' };
  if (file) headers['Content-Security-Policy'] = policy;
  response.writeHead(request.url === '/favicon.ico' ? 204 : 200, headers).end(file ?? (request.url === '/' ? host : ''));
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const { browser, stop } = await start();

const views = [
  ['get_current_conditions', { city: 'bern' }, { en: ['12.5', 'Do not swim', '247 m³/s', 'Uschaflig chaut', 'the lifeguards of the Marzili'], fr: ['12,5', 'Ne pas nager', 'Berne', 'Les surveillants du Marzili', '9 mai 2023', 'Regardez la rivière', 'usage non commercial'] }, 'figure.bar svg'],
  ['compare_cities', {}, { en: ['Brienz', 'Brugg', '14.5', 'flow unknown'], fr: ['débit inconnu', 'Bienne', "Le débit n'est pas mesuré ici", 'Les surveillants du Marzili'] }, 'figure.bar svg'],
  ['get_historical_data', { city: 'bern', start: '-24 hours' }, { en: ['Water temperature in °C'], fr: ['Débit en m³/s', 'Berne'] }, 'figure.chart.flow svg'],
  ['get_forecast', { city: 'bern', hours: 96 }, { en: ['12.7', 'Wednesday', '10 May', 'Afternoon', 'heavy rain'], fr: ['12,7', 'Après-midi', 'mercredi 10 mai', 'forte pluie', 'Les surveillants du Marzili', "L'eau n'est pas prévue au-delà"] }, 'table'],
];

for (const [name, input, parts, drawn] of views) {
  const tool = tools.find((it) => it.name === name);
  const uri = tool._meta?.ui?.resourceUri ?? '';
  check(`${name}: links an app`, uri.startsWith('ui://aareguru/'), tool._meta);
  const { contents } = await ask('resources/read', { uri });
  check(`${name}: the app is HTML of the profile`, contents[0].mimeType === 'text/html;profile=mcp-app');
  files.set(`/${name}`, contents[0].text);
  const result = await ask('tools/call', { name, arguments: input });
  for (const [locale, theme, width] of [['en', 'light', 800], ['fr', 'dark', 390]]) {
    const title = `app ${name} ${theme}`;
    const { page, seen, context } = await open(browser, `${origin}/`, { viewport: { width, height: 700 } });
    const hostContext = { theme, locale: `${locale}-CH`, displayMode: 'inline', containerDimensions: { maxHeight: 2000 } };
    await page.evaluate((all) => window.begin(...all), [`/${name}`, hostContext, input, result]);
    const app = page.frameLocator('iframe');
    await app.locator(drawn).first().waitFor();
    const text = (await app.locator('main').innerText()).replaceAll('\u00a0', ' ');
    for (const part of parts[locale]) check(`${title}: shows "${part}"`, text.includes(part), text);
    check(`${title}: credits`, text.includes('aare.guru') && text.includes('BAFU'));
    const left = await app.locator('main [lang="en"]').allInnerTexts();
    if (locale !== 'en') check(`${title}: all text is translated except one note of the recording`, left.every((it) => it.startsWith('this forecast was recorded')), left);
    await page.waitForFunction(() => Number(document.querySelector('iframe').height) > 150);
    check(`${title}: uses the theme of the host`, (await app.locator('html').getAttribute('data-theme')) === theme);
    const wide = await app.locator('html').evaluate((html) => html.scrollWidth > innerWidth);
    check(`${title}: fits its window`, !wide);
    await page.evaluate(() => window.send({ method: 'ui/notifications/host-context-changed', params: { theme: 'light', locale: 'it-CH' } }));
    await app.locator('html[lang="it"][data-theme="light"]').waitFor();
    await page.evaluate((all) => window.send({ method: 'ui/notifications/host-context-changed', params: all }), hostContext);
    await app.locator(`html[lang="${locale}"][data-theme="${theme}"]`).waitFor();
    await page.evaluate(() => window.send({ id: 77, method: 'ui/resource-teardown', params: {} }));
    await page.waitForFunction(() => window.seen.some(({ id, result }) => id === 77 && result));
    check(`${title}: sends no other requests to its host`, (await page.evaluate(() => window.seen.every(({ method, id }) => id === 77 || ['ui/initialize', 'ui/notifications/initialized', 'ui/notifications/size-changed'].includes(method)))));
    await picture(page, title.replaceAll(' ', '-'));
    await accessible(title, page.frames().at(-1));
    quiet(title, seen);
    await context.close();
  }
}

{
  const { page, seen, context } = await open(browser, `${origin}/`);
  const refused = { isError: true, content: [{ type: 'text', text: 'unknown place `<img src=x onerror=alert(1)>`' }] };
  await page.evaluate((all) => window.begin(...all), ['/get_forecast', {}, {}, refused]);
  const app = page.frameLocator('iframe');
  await app.locator('[role="alert"]').waitFor();
  check('a refusal is shown as text', (await app.locator('main').innerText()).includes('<img src=x'));
  check('and not as markup', (await app.locator('main img').count()) === 0);
  quiet('refused', seen);
  await context.close();
}

server.close();
await finish(stop);
