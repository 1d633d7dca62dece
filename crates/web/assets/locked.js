// What a browser is shown that has no key, which it cannot send by itself: asks for one,
// and then for the page that was meant, which takes the place of this one.

import { headersOf, keep, key, parsed } from './ask.js';
import { offerCopies } from './copy.js';

const byId = (id) => document.getElementById(id);
const words = JSON.parse(byId('unlock').dataset.words);
const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key_) => values[key_] ?? '');
const state = (text) => {
  byId('unlock-state').textContent = text;
};

async function open(given) {
  state(say('locked.opening'));
  const answer = await fetch(location.href, { headers: { Accept: 'text/html', ...headersOf(given) }, cache: 'no-store' });
  if (answer.status === 401) {
    keep('');
    state(say('locked.wrong'));
    byId('key').setAttribute('aria-invalid', 'true');
    byId('key').focus();
    return;
  }
  if (!answer.headers.get('content-type')?.startsWith('text/html')) {
    state(say('locked.answers', { status: answer.status }));
    return;
  }
  keep(given);
  await show(parsed(await answer.text()));
}

async function show(page) {
  const styles = [...page.querySelectorAll('link[rel="stylesheet"]')];
  const script = page.querySelector('script[type="module"]').getAttribute('src');
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  for (const style of styles) {
    if (!document.querySelector(`link[href="${CSS.escape(style.getAttribute('href'))}"]`)) document.head.append(document.adoptNode(style));
  }
  document.body.replaceWith(document.adoptNode(page.body));
  await import(new URL(script, location.href).href);
}

const attempt = (given) => open(given).catch((error) => state(say('locked.failed', { why: error.message })));

byId('lock').hidden = false;
byId('unlock').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(byId('key').value.trim());
});
offerCopies(say);
if (key()) attempt(key());
