// The page at /graphql: runs queries, follows subscriptions, shows the schema.
// What comes from the server is written as text and never as markup.
"use strict";

const EXAMPLES = [
  ["All places now", `{
  compare {
    warmestFirst { rank place { name } celsius }
    places {
      place { id name }
      water { celsius measuredAtLocal freshness }
      flow { m3PerS }
      verdict
      reasons { text sources { name url } }
    }
    boundary
  }
}`, ""],
  ["One place", `query ($name: String!) {
  place(name: $name) {
    name station
    current {
      water { celsius measuredAt ageSeconds freshness unknownBecause }
      flow { m3PerS }
      saying { text plainReading }
      lawns { name sunFrom sunUntil }
      bueberCanal { isOpen since }
    }
    danger {
      floodLevel floodLevelName
      trend { direction m3PerSPerHour }
      verdict headline
      reasons { text sources { name date url } }
      boundary
    }
    swimmingLimits { fromM3PerS verdict text source { name } }
  }
}`, `{ "name": "Bern" }`],
  ["What comes", `{
  place(name: "thun") {
    forecast(hours: 72) {
      waterInTwoHours { celsius at direction }
      partsOfToday { part weather airCelsius rainRiskPercent }
      days { date weather lowestAirCelsius highestAirCelsius sunshine { minutes } }
      notes
    }
  }
}`, ""],
  ["The last day", `{
  place(name: "bern") {
    history(start: "-24 hours") {
      source readings notes
      temperature { min { value at } max { value at } mean trendPerDay }
      flow { min { value at } max { value at } mean }
      points(max: 50) { at celsius m3PerS }
    }
  }
}`, ""],
  ["New measurements", `subscription {
  measurements(startWithCurrent: true) {
    place { name }
    water { celsius measuredAtLocal }
    flow { m3PerS }
    verdict headline
  }
}`, ""],
];

const SCHEMA = `{ __schema { types { name kind description
  fields { name description type { ...T } args { name description defaultValue type { ...T } } }
  enumValues { name description } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const at = (id) => document.getElementById(id);
// Of the page itself, with a key that is in its address.
const endpoint = location.pathname + location.search;
let running = null;

function post(body, accept, signal) {
  return fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: accept },
    body: JSON.stringify(body),
    signal,
  });
}

function show(value) {
  at("answer").textContent = JSON.stringify(value, null, 2);
}

function state(text) {
  at("state").textContent = text;
}

// The events of a stream, each as its name and its data.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split("\n");
      const of = (name) => lines.find((line) => line.startsWith(name + ":"))?.slice(name.length + 1).trim();
      if (of("event")) yield { name: of("event"), data: of("data") };
    }
  }
}

async function follow(response) {
  let count = 0;
  for await (const event of events(response)) {
    if (event.name === "complete") return `${count} answers; the stream is complete.`;
    count += 1;
    show(JSON.parse(event.data));
    state(`${count} answers; waiting for the next.`);
  }
  return `${count} answers; the stream was cut. Run again to go on.`;
}

async function run() {
  running?.abort();
  running = new AbortController();
  at("stop").disabled = false;
  state("Asking…");
  const started = performance.now();
  try {
    const body = { query: at("query").value };
    const variables = at("variables").value.trim();
    if (variables) body.variables = JSON.parse(variables);
    const isStream = /^\s*subscription\b/m.test(body.query);
    const accept = isStream ? "text/event-stream" : "application/graphql-response+json";
    const response = await post(body, accept, running.signal);
    if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
      state(await follow(response));
    } else {
      const text = await response.text();
      try {
        show(JSON.parse(text));
      } catch {
        at("answer").textContent = text;
      }
      state(`Status ${response.status}, ${Math.round(performance.now() - started)} ms.`);
    }
  } catch (error) {
    state(error.name === "AbortError" ? "Stopped." : error instanceof SyntaxError
      ? `The variables are not JSON: ${error.message}` : `No answer: ${error.message}`);
  } finally {
    at("stop").disabled = true;
  }
}

function element(name, text, className) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function typeName(type) {
  if (type.kind === "NON_NULL") return `${typeName(type.ofType)}!`;
  if (type.kind === "LIST") return `[${typeName(type.ofType)}]`;
  return type.name;
}

function docsOf(type) {
  const details = element("details");
  details.append(element("summary", `${type.name} (${type.kind.toLowerCase()})`));
  details.append(element("p", type.description));
  const list = element("dl");
  for (const field of type.fields ?? []) {
    const args = field.args.map((arg) =>
      `${arg.name}: ${typeName(arg.type)}${arg.defaultValue ? ` = ${arg.defaultValue}` : ""}`);
    const term = element("dt", null, "type");
    const shown = args.length ? `(${args.join(", ")})` : "";
    term.textContent = `${field.name}${shown}: ${typeName(field.type)}`;
    list.append(term, element("dd", field.description));
    for (const arg of field.args) {
      if (arg.description) list.append(element("dd", `${arg.name}: ${arg.description}`, "args"));
    }
  }
  for (const value of type.enumValues ?? []) {
    list.append(element("dt", value.name, "type"), element("dd", value.description));
  }
  if (list.children.length) details.append(list);
  return details;
}

async function docs() {
  const response = await post({ query: SCHEMA }, "application/json");
  const answer = await response.json();
  if (!answer.data) {
    at("docs-state").textContent = answer.errors[0].message;
    return;
  }
  const types = answer.data.__schema.types.filter((type) => !type.name.startsWith("__"));
  const roots = ["Query", "Subscription"];
  const order = (type) => (roots.includes(type.name) ? `0${roots.indexOf(type.name)}` : `1${type.name}`);
  types.sort((a, b) => order(a).localeCompare(order(b)));
  at("docs").append(...types.map(docsOf));
  at("docs-state").textContent = `${types.length} types.`;
}

function choose(index) {
  const [, query, variables] = EXAMPLES[index];
  at("query").value = query;
  at("variables").value = variables;
}

EXAMPLES.forEach(([name], index) => {
  const option = element("option", name);
  option.value = String(index);
  at("example").append(option);
});
choose(0);
at("example").addEventListener("change", (event) => choose(Number(event.target.value)));
at("stop").addEventListener("click", () => running?.abort());
at("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
at("ask").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});
docs().catch((error) => {
  at("docs-state").textContent = `The schema cannot be had: ${error.message}`;
});
