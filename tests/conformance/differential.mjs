// Holds services/cedar against the language's own engine: the cases that once differed, then random ones; same results.
//
//   node differential.mjs ANSWER [--seconds N] [--seed N] [--keep DIR]
//
// ANSWER is the program cedar-answer. Prints each difference with its seed (and writes the case into DIR, so that it can
// be added to differences/), now and then how far it is, and at the end what was compared; exits 1 when there was a
// difference.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { makeCase } from "./generate.mjs";

// Node 20 crashes now and then (in V8's deoptimizer) where such calls are inlined.
setFlagsFromString("--no-turbo-inline-js-wasm-calls");

const kDifferencesMax = 100;  // then it gives up
const kProgressMilliseconds = 60_000;
const kPast = new URL("differences/", import.meta.url);
const kEngine = "@cedar-policy/cedar-wasm/nodejs";

const require = createRequire(import.meta.url);
let cedar = require(kEngine);
// An engine that has panicked is good for nothing more.
function reloadEngine() {
  delete require.cache[require.resolve(kEngine)];
  cedar = require(kEngine);
}

const ok = (answer) => answer.type === "success";
const formOf = (call) => {
  const answer = call();
  return ok(answer) ? answer.json : null;
};
const forms = {
  schema: (text) => formOf(() => cedar.schemaToJson(text)),
  policy: (text) => formOf(() => cedar.policyToJson(text)),
  template: (text) => formOf(() => cedar.templateToJson(text)),
};

function validate(c, out) {
  const answer = cedar.validate({ schema: c.schema, policies: c.policies, validationSettings: { mode: "strict" } });
  if (!ok(answer)) throw new Error(`validate: ${JSON.stringify(answer.errors)}`);
  const ids = (list) => [...new Set(list.map((e) => e.policyId))].sort();
  out.invalid = ids(answer.validationErrors);
  // The other warnings are about look-alike characters.
  const impossible = answer.validationWarnings.filter((w) => w.error.message.includes("impossible"));
  out.impossible = ids(impossible).filter((id) => !out.invalid.includes(id));
}

function ask(c, request) {
  const preparsed = c.mode === "plain" ? {} : { preparsedSchemaName: "schema", validateRequest: c.mode === "schema" };
  const answer = cedar.statefulIsAuthorized({ ...request, ...preparsed, entities: c.entities, preparsedPolicySetId: "policies" });
  if (!ok(answer)) return { valid: false };
  const { decision, diagnostics } = answer.response;
  return { valid: true, decision, reason: [...diagnostics.reason].sort(), errors: diagnostics.errors.map((e) => e.policyId).sort() };
}

function reference(c) {
  const out = { schema: ok(cedar.preparseSchema("schema", c.schema)), policies: ok(cedar.preparsePolicySet("policies", c.policies)) };
  if (!out.schema || !out.policies) return out;
  validate(c, out);
  const schema = c.mode === "plain" ? {} : { schema: c.schema };
  out.entities = ok(cedar.checkParseEntities({ entities: c.entities, ...schema }));
  out.requests = out.entities ? c.requests.map((request) => ask(c, request)) : [];
  return out;
}

// JavaScript rounds integers above 2^53, so these cannot be handed on.
function hasUnsafeNumber(json) {
  if (typeof json === "number") return !Number.isSafeInteger(json);
  return json !== null && typeof json === "object" && Object.values(json).some(hasUnsafeNumber);
}

// What the engine reads differently in our forms of the case's policies and schema; empty when nothing.
function lostInForms(c, ours) {
  for (const [kind, toJson, toText] of [["staticPolicies", cedar.policyToJson, cedar.policyToText],
                                        ["templates", cedar.templateToJson, cedar.templateToText]]) {
    if (typeof c.policies[kind] === "string") continue;
    for (const [id, policy] of Object.entries(c.policies[kind])) {
      // By way of its text, in which `has` with a path, among others, has one form.
      const read = (form) => {
        const text = toText(form);
        return ok(text) ? toJson(text.text).json : text.errors;
      };
      const theirs = read(policy);
      for (const form of [ours.policies[id], ours.texts[id]]) {
        if (hasUnsafeNumber(form) || isDeepStrictEqual(read(form), theirs)) continue;
        return `${id} as ${JSON.stringify(form)} is ${JSON.stringify(read(form))}, not ${JSON.stringify(theirs)}`;
      }
    }
  }
  if (!ok(cedar.checkParseSchema(ours.schema))) return `JSON of the schema: ${JSON.stringify(ours.schema)}`;
  if (ours.schema_text !== undefined && !ok(cedar.checkParseSchema(ours.schema_text))) return `schema: ${ours.schema_text}`;
  return "";
}

// The program under test. Started again when it ends, which is a difference.
class Answerer {
  constructor(program) {
    this.program = program;
    this.start();
  }
  start() {
    this.child = spawn(this.program, { stdio: ["pipe", "pipe", "inherit"] });
    this.child.stdin.on("error", () => {});  // seen as the end of its output
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }
  send(c) { this.child.stdin.write(JSON.stringify(c) + "\n"); }
  async receive() {
    const line = await this.lines.next();
    if (!line.done) return JSON.parse(line.value);
    this.start();
    return null;
  }
  stop() { this.child.stdin.end(); }
}

const counts = { cases: 0, schemas: 0, policies: 0, valid: 0, impossible: 0, forms: 0, requests: 0, allowed: 0, failed: 0, panics: 0 };

function count(c, theirs) {
  ++counts.cases;
  if (theirs.schema) ++counts.schemas;
  if (theirs.policies) ++counts.policies;
  if (theirs.invalid?.length === 0) ++counts.valid;
  if (theirs.impossible?.length) ++counts.impossible;
  if (c.forms && theirs.invalid) ++counts.forms;
  for (const r of theirs.requests ?? []) {
    ++counts.requests;
    if (r.decision === "allow") ++counts.allowed;
    if (r.errors?.length) ++counts.failed;
  }
}

// What differs; empty when nothing does.
async function compare(answerer, c) {
  answerer.send(c);
  let theirs = null;
  try {
    theirs = reference(c);
  } catch {
    ++counts.panics;
    reloadEngine();
  }
  const answer = await answerer.receive();
  if (!answer) return "the program ended";
  if (answer.broken) return answer.broken;
  if (!theirs) return "";
  count(c, theirs);
  const { broken, why, forms: ourForms, ...ours } = answer;
  if (c.mode === "unvalidated" && theirs.requests && ours.requests?.length === theirs.requests.length) {
    // The engine reads a context by the schema even then, and refuses some that do not fit it, but not all.
    ours.requests = ours.requests.filter((_, i) => theirs.requests[i].valid);
    theirs.requests = theirs.requests.filter((r) => r.valid);
  }
  if (!isDeepStrictEqual(ours, theirs)) return `ours ${JSON.stringify(ours)} theirs ${JSON.stringify(theirs)} ${why}`;
  return ourForms ? lostInForms(c, ourForms) : "";
}

function summary() {
  const c = counts;
  return `${c.cases} cases (${c.schemas} schemas and ${c.policies} policy sets that parse, ${c.valid} valid, ${c.impossible} with ` +
    `impossible policies, ${c.forms} with printed forms), ${c.requests} requests (${c.allowed} allowed, ${c.failed} with ` +
    `errors), ${c.panics} panics of the other engine`;
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: {
    seconds: { type: "string", default: "10" }, seed: { type: "string", default: "1" }, keep: { type: "string" } } });
  if (positionals.length !== 1) {
    console.error("usage: node differential.mjs ANSWER [--seconds N] [--seed N] [--keep DIR]");
    process.exit(2);
  }
  const answerer = new Answerer(positionals[0]);
  const begin = Date.now(), until = begin + 1000 * Number(values.seconds);
  let differences = 0, progress = begin + kProgressMilliseconds;
  const run = async (name, c) => {
    const difference = await compare(answerer, c);
    if (!difference) return;
    ++differences;
    console.log(`${name}: ${difference}`);
    if (!values.keep) return;
    mkdirSync(values.keep, { recursive: true });
    writeFileSync(`${values.keep}/${name}.json`, JSON.stringify(c, null, 1) + "\n");
  };
  for (const name of readdirSync(kPast).sort()) {
    await run(name, JSON.parse(readFileSync(new URL(name, kPast), "utf8")));
  }
  for (let seed = Number(values.seed); Date.now() < until && differences < kDifferencesMax; ++seed) {
    await run(`seed-${seed}`, { ...makeCase(seed, forms), forms: seed % 4 === 0 });
    if (Date.now() < progress) continue;
    progress += kProgressMilliseconds;
    console.log(`${Math.round((Date.now() - begin) / 1000)} s: ${summary()}`);
  }
  answerer.stop();
  console.log(`${summary()}: ${differences} differences`);
  process.exit(differences ? 1 : 0);
}

await main();
