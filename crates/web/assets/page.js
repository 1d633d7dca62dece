// Draws the charts, keeps the ages true, and takes the page anew when a measurement
// has arrived. What is shown is written on the server, also then.

import { ask, parsed, stream } from './ask.js';
import { drawAll } from './charts.js';

const locale = document.documentElement.lang;
const status = document.getElementById('live');
const main = document.getElementById('main');

function draw() {
  drawAll(main, locale);
  tellAges();
}

function tellAges() {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });
  for (const age of main.querySelectorAll('.ago')) {
    const minutes = Math.floor((Date.now() / 1000 - Number(age.dataset.at)) / 60);
    if (minutes < 1) continue;
    if (minutes < 120) age.textContent = words.format(-minutes, 'minute');
    else if (minutes < 2880) age.textContent = words.format(-Math.floor(minutes / 60), 'hour');
    else age.textContent = words.format(-Math.floor(minutes / 1440), 'day');
  }
}

const say = (text) => {
  if (status && status.textContent !== text) status.textContent = text;
};

// The page as it is now.
let asking = false;
async function renew(isNews) {
  if (asking) return;
  asking = true;
  try {
    const answer = await ask(location.href, { headers: { Accept: 'text/html' } });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const page = parsed(await answer.text());
    const news = page.getElementById('main');
    if (news && news.textContent !== main.textContent) {
      const open = [...main.querySelectorAll('details[open]')].map((it) => it.id);
      const focus = document.activeElement;
      const place = main.contains(focus) && focus.getAttribute('href');
      main.replaceChildren(...document.adoptNode(news).childNodes);
      for (const id of open) document.getElementById(id)?.setAttribute('open', '');
      draw();
      if (place) main.querySelector(`a[href="${CSS.escape(place)}"]`)?.focus({ preventScroll: true });
      if (isNews) say(status.dataset.new.replace('{what}', headline()));
    } else {
      tellAges();
    }
  } catch {
    say(status.dataset.off);
  } finally {
    asking = false;
  }
}

const headline = () => {
  const time = main.querySelector('.measured time')?.textContent ?? '';
  const water = main.querySelector('.temperature')?.textContent.trim() ?? '';
  const name = main.querySelector('.stop h3, h1')?.textContent ?? '';
  return `${name} ${water}, ${time}`;
};

function listen() {
  const off = () => say(status.dataset.off);
  stream(`${document.body.dataset.base}/live`, ['hello', 'measurement'], {
    event: (type) => (type === 'hello' ? say(status.dataset.on) : renew(true)),
    // It tries again by itself, unless the server refuses.
    broken: off,
    refused: off,
  });
}

draw();
setInterval(tellAges, 60_000);
// A reading grows stale also when nothing arrives.
setInterval(() => renew(false), 600_000);
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') renew(false);
});
let width = main.clientWidth;
addEventListener('resize', () => {
  if (main.clientWidth === width) return;
  width = main.clientWidth;
  drawAll(main, locale);
});
if (status) listen();
