// Reads a schema in its own language into the form that the editor and the docs use. It
// takes a third of the bytes that the same takes as an answer to a query.

import { tokens } from './graphql_text.js';

const KINDS = { type: 'OBJECT', interface: 'INTERFACE', input: 'INPUT_OBJECT', enum: 'ENUM', scalar: 'SCALAR', union: 'UNION' };

// Of a text in quotes, or of a block of it without its common indentation.
function unquoted(text) {
  if (!text.startsWith('"""')) return JSON.parse(text);
  const lines = text.slice(3, -3).split('\n').map((line) => line.trim());
  return lines.join('\n').trim().replace(/(?<!\n)\n(?!\n)/g, ' ');
}

export function schemaOf(text) {
  const all = tokens(text).filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  let at = 0;
  const next = () => all[at]?.text;
  const take = () => all[at++]?.text;
  const taken = (sign) => next() === sign && Boolean(take());
  const description = () => (all[at]?.kind === 'string' ? unquoted(take()) : null);

  function typeOf() {
    const type = taken('[') ? { kind: 'LIST', ofType: typeOf() } : { kind: 'NAMED', name: take() };
    if (type.kind === 'LIST') take(); // its end
    return taken('!') ? { kind: 'NON_NULL', ofType: type } : type;
  }

  // Up to the bracket that closes the one that was taken.
  function rest(open, close) {
    let inside = '';
    for (let depth = 1; at < all.length; inside += take()) {
      if (next() === open) depth += 1;
      if (next() === close && (depth -= 1) === 0) break;
    }
    take();
    return inside;
  }

  function value() {
    const first = take();
    if (first === '[') return `[${rest('[', ']')}]`;
    if (first === '{') return `{${rest('{', '}')}}`;
    return first;
  }

  function directives() {
    while (taken('@')) {
      take();
      if (taken('(')) rest('(', ')');
    }
  }

  function inputs(end) {
    const list = [];
    while (at < all.length && !taken(end)) {
      const it = { description: description(), name: take() };
      take(); // the colon
      it.type = typeOf();
      if (taken('=')) it.defaultValue = value();
      directives();
      list.push(it);
    }
    return list;
  }

  function fields() {
    const list = [];
    while (at < all.length && !taken('}')) {
      const it = { description: description(), name: take(), args: [] };
      if (taken('(')) it.args = inputs(')');
      take(); // the colon
      it.type = typeOf();
      directives();
      list.push(it);
    }
    return list;
  }

  function values() {
    const list = [];
    while (at < all.length && !taken('}')) {
      list.push({ description: description(), name: take() });
      directives();
    }
    return list;
  }

  const roots = {};
  const types = new Map();
  while (at < all.length) {
    const about = description();
    const word = take();
    if (word === 'schema') {
      take();
      while (at < all.length && !taken('}')) {
        const operation = take();
        take(); // the colon
        roots[operation] = take();
      }
    } else if (KINDS[word]) {
      const type = { kind: KINDS[word], name: take(), description: about };
      while (at < all.length && !['{', '=', '@'].includes(next()) && all[at].kind !== 'string' && !KINDS[next()] && !['schema', 'directive'].includes(next())) take();
      directives();
      if (taken('{')) {
        if (word === 'enum') type.enumValues = values();
        else if (word === 'input') type.inputFields = inputs('}');
        else type.fields = fields();
      }
      types.set(type.name, type);
    }
    // What else there may be, such as directives, is passed over.
  }
  return { roots, types };
}
