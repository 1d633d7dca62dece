// GraphQL as text: its tokens, what each of them is, how it is laid out, and what could
// be written where the cursor is. It knows the schema, and nothing of the page.

const SCALARS = ['String', 'Int', 'Float', 'Boolean', 'ID'];
const KINDS = ['comment', 'string', 'sign', 'name', 'number', 'space', 'wrong'];
const TOKEN = /(#[^\n]*)|("""[^]*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?)|(\.\.\.|[!$&():=@[\]{|}])|([A-Za-z_]\w*)|(-?\d[\w.+-]*)|([\s,\ufeff]+)|([^])/g;

export const tokens = (text) =>
  [...text.matchAll(TOKEN)].map((match) => ({ kind: KINDS[match.slice(1).findIndex((it) => it !== undefined)], text: match[0], at: match.index }));

// The type itself, without the signs for lists and for what is never null.
export const inner = (type) => (type?.ofType ? inner(type.ofType) : type?.name);

export const typeName = (type) =>
  type.kind === 'NON_NULL' ? `${typeName(type.ofType)}!` : type.kind === 'LIST' ? `[${typeName(type.ofType)}]` : type.name;

// Says of each token what it is there (`as`), and returns what surrounds the end. A
// `schema` is `{ roots: { query: name }, types: Map }`; without one no field is wrong.
export function read(all, schema) {
  const told = all.filter(({ kind }) => kind !== 'space' && kind !== 'comment');
  const typeOf = (name) => schema?.types.get(name);
  const scopes = [];
  let [root, field, condition, argument] = [];
  told.forEach((token, n) => {
    const [scope, previous, next] = [scopes.at(-1), told[n - 1]?.text, told[n + 1]?.text];
    const { text } = token;
    token.as = token.kind;
    if (text === '{') {
      if (scope?.kind === 'arguments') scopes.push({ kind: 'object' });
      else scopes.push({ kind: 'fields', type: condition ?? (scope ? typeOf(inner(field?.type)) : root ?? typeOf(schema?.roots.query)) });
      [field, condition] = [];
    } else if (text === '}') {
      scopes.pop();
      field = undefined;
      if (!scopes.length) root = undefined;
    } else if (text === '(') {
      scopes.push({ kind: 'arguments', of: scope ? field?.args ?? [] : undefined });
    } else if (text === ')') {
      scopes.pop();
      argument = undefined;
    } else if (token.kind === 'name') {
      if (previous === '$') token.as = 'variable';
      else if (previous === '@' || ['true', 'false', 'null'].includes(text)) token.as = 'word';
      else if (!scope) {
        token.as = 'word';
        if (schema?.roots[text]) root = typeOf(schema.roots[text]);
        else if (previous === 'on') root = typeOf(text);
        else if (!['fragment', 'on', 'query', 'subscription'].includes(text)) token.as = 'name';
      } else if (scope.kind === 'fields') {
        token.as = 'name';
        const isCondition = previous === 'on' && told[n - 2]?.text === '...';
        if (previous === '...' && text === 'on') token.as = 'word';
        else if (isCondition) condition = typeOf(text);
        else if (next !== ':' && previous !== '...') {
          field = scope.type?.fields?.find(({ name }) => name === text);
          if (scope.type && !field && !text.startsWith('__')) token.as = 'wrong';
        }
      } else if (next === ':') {
        token.as = 'argument';
        argument = scope.of?.find(({ name }) => name === text);
      }
    }
  });
  return { scope: scopes.at(-1), argument, last: told.at(-1)?.text, before: told.at(-2)?.text };
}

// What could stand at the cursor: where the word that is there begins, and the choices.
export function choicesAt(text, cursor, schema, isAsked) {
  const none = { from: cursor, choices: [] };
  const all = tokens(text.slice(0, cursor));
  const last = all.at(-1);
  if (last && ['comment', 'string'].includes(last.kind)) return none;
  const word = last?.kind === 'name' ? all.pop().text : '';
  if (!word && !isAsked) return none;
  const { scope, argument, last: previous, before } = read(all, schema);
  const field = ({ name, type, description }) => ({ text: name, type: typeName(type), about: description });
  const plain = (names) => names.map((name) => ({ text: name }));
  const valuesOf = (name) => {
    const values = schema.types.get(name)?.enumValues;
    if (values) return values.map(({ name: value, description }) => ({ text: value, about: description }));
    return name === 'Boolean' ? plain(['true', 'false']) : [];
  };
  const declared = () => [...new Set([...text.matchAll(/\$(\w+)\s*:/g)].map(([, name]) => name))];
  let found = [];
  if (previous === '$') found = plain(declared());
  else if (previous === '@') found = plain(['include', 'skip']);
  else if (!scope) found = previous === undefined || previous === '}' ? plain(['query', 'subscription', 'fragment']) : [];
  else if (scope.kind === 'fields' && previous === '...') found = plain(['on', ...[...text.matchAll(/\bfragment\s+(\w+)/g)].map(([, name]) => name)]);
  else if (scope.kind === 'fields' && previous === 'on' && before === '...') found = plain([...schema.types.values()].filter(({ fields }) => fields).map(({ name }) => name));
  else if (scope.kind === 'fields') found = scope.type?.fields?.map(field) ?? [];
  else if (scope.kind === 'arguments' && !scope.of) found = previous === ':' ? plain([...SCALARS, ...[...schema.types.values()].filter(({ fields }) => !fields).map(({ name }) => name)]) : [];
  else if (scope.kind === 'arguments' && (previous === ':' || previous === '[')) found = valuesOf(inner(argument?.type));
  else if (scope.kind === 'arguments') found = scope.of.map((it) => ({ ...field(it), text: `${it.name}: ` }));
  const lower = word.toLowerCase();
  const fitting = found.filter((it) => it.text.toLowerCase().includes(lower));
  const begins = (it) => (it.text.toLowerCase().startsWith(lower) ? 0 : 1);
  fitting.sort((a, b) => begins(a) - begins(b) || (lower ? a.text.length - b.text.length : 0));
  const isWritten = fitting.length === 1 && fitting[0].text === word;
  return { from: cursor - word.length, choices: isWritten ? [] : fitting };
}

// One field a line, arguments on one.
export function format(text) {
  const told = tokens(text).filter(({ kind }) => kind !== 'space');
  let [out, depth, parentheses] = ['', 0, 0];
  const line = () => {
    out = `${out.trimEnd()}\n${'  '.repeat(depth)}`;
  };
  const separator = (token, previous, before) => {
    if (parentheses) {
      if ([')', ']', '}', ':', '!'].includes(token) || ['(', '[', '{', '$', '@'].includes(previous)) return '';
      return ['=', '@'].includes(token) || ['=', ':'].includes(previous) ? ' ' : ', ';
    }
    if (['(', ':', '!'].includes(token) || ['$', '@'].includes(previous)) return '';
    if (previous === '...') return ['on', '@', '{'].includes(token) ? ' ' : '';
    if (previous === ':' || token === '@' || token === '{' || (previous === 'on' && before === '...')) return ' ';
    return depth ? '\n' : ' ';
  };
  told.forEach(({ kind, text: token }, n) => {
    const [previous, before] = [told[n - 1], told[n - 2]?.text];
    const isFresh = !previous || previous.kind === 'comment' || (!parentheses && ['{', '}'].includes(previous.text));
    if (kind === 'comment') {
      if (out.trim()) line();
      out += token;
      line();
      return;
    }
    if (token === '}' && !parentheses) {
      depth = Math.max(0, depth - 1);
      line();
      out += '}';
      if (depth) line();
      else out += '\n\n';
      return;
    }
    if (!isFresh) {
      const between = separator(token, previous.text, before);
      if (between === '\n') line();
      else out = out.trimEnd() + between;
    }
    out += token;
    if (token === '(') parentheses += 1;
    if (token === ')') parentheses = Math.max(0, parentheses - 1);
    if (token === '{' && !parentheses) {
      depth += 1;
      line();
    }
  });
  return `${out.trim()}\n`;
}
