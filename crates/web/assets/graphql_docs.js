// The schema to be read: its types with what each field tells, from one to the next,
// and a search over all of them. What the schema says stays in its own language.

import { inner, typeName } from './graphql_text.js';

const ROOTS = ['Query', 'Subscription'];
const MOST = 60;

export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined && child !== null));
  return made;
}

// `places` are the elements: `docs`, `trail`, `search`, `state`.
export function explore(schema, places, say) {
  const types = [...schema.types.values()];
  const order = ({ name }) => (ROOTS.includes(name) ? `0${ROOTS.indexOf(name)}` : `1${name}`);
  types.sort((a, b) => order(a).localeCompare(order(b)));
  let trail = [];

  function link(name, text = name) {
    const button = make('button', { type: 'button', class: 'link' }, text);
    button.addEventListener('click', () => visit(name));
    return button;
  }

  function typeLink(type) {
    const [before, name, after] = typeName(type).split(/(\w+)/);
    return make('span', {}, before, schema.types.has(name) ? link(name) : name, after);
  }

  function visit(name) {
    const known = trail.indexOf(name);
    trail = known >= 0 ? trail.slice(0, known + 1) : [...trail, name];
    places.search.value = '';
    show();
    places.docs.querySelector('h3')?.focus();
  }

  const argumentsOf = ({ args }) =>
    args?.length ? ['(', ...args.flatMap((it, n) => [n ? ', ' : '', `${it.name}: `, typeLink(it.type), it.defaultValue ? ` = ${it.defaultValue}` : '']), ')'] : [];

  function about(type) {
    const list = make('dl');
    for (const field of type.fields ?? type.inputFields ?? []) {
      list.append(make('div', {},
        make('dt', {}, make('strong', {}, field.name), ...argumentsOf(field), ': ', typeLink(field.type)),
        make('dd', {}, field.description ?? ''),
        ...(field.args ?? []).filter(({ description }) => description).map((it) => make('dd', { class: 'of' }, make('code', {}, it.name), ` ${it.description}`))));
    }
    for (const value of type.enumValues ?? []) {
      list.append(make('div', {}, make('dt', {}, make('strong', {}, value.name)), make('dd', {}, value.description ?? '')));
    }
    const used = types.filter((other) => (other.fields ?? []).some((field) => inner(field.type) === type.name));
    return make('article', {},
      make('h3', { tabindex: '-1' }, type.name),
      make('p', { class: 'lead' }, type.description ?? ''),
      used.length ? make('p', { class: 'hint types' }, say('graphql.used_by'), ...used.map(({ name }) => link(name))) : undefined,
      list);
  }

  function show() {
    const at = trail.at(-1);
    places.trail.replaceChildren(...trail.map((name) => make('li', name === at ? { 'aria-current': 'page' } : {}, name === at ? name : link(name))));
    const all = make('details', {}, make('summary', { lang: document.documentElement.lang }, say('graphql.types', { count: types.length })), make('div', { class: 'types' }, ...types.map(({ name }) => link(name))));
    all.open = matchMedia('(min-width: 60rem)').matches;
    places.docs.className = 'docs split';
    places.docs.replaceChildren(all, about(schema.types.get(at)));
    places.state.textContent = '';
  }

  function find() {
    const wanted = places.search.value.trim().toLowerCase();
    if (!wanted) {
      show();
      return;
    }
    const found = [];
    const fits = (...texts) => texts.some((text) => text?.toLowerCase().includes(wanted));
    for (const type of types) {
      if (fits(type.name)) found.push([type.name, type.name, type.description]);
      for (const it of [...(type.fields ?? type.inputFields ?? []), ...(type.enumValues ?? [])]) {
        if (fits(it.name, it.description)) found.push([type.name, `${type.name}.${it.name}`, it.description]);
      }
    }
    places.state.textContent = say('graphql.found', { count: found.length });
    places.docs.className = 'docs';
    places.docs.replaceChildren(make('dl', {}, ...found.slice(0, MOST).map(([name, text, description]) => make('div', {}, make('dt', {}, link(name, text)), make('dd', {}, description ?? '')))));
  }

  places.search.addEventListener('input', find);
  trail = [types[0].name];
  show();
}
