// Holds services/cedar against the language's own engine: random cases, same results.
//
//   node differential.mjs ANSWER [--seconds N] [--seed N] [--keep DIR]
//
// ANSWER is the program cedar-answer. Prints each difference with its seed (and writes the case into DIR), and at the end
// how many cases were compared; exits 1 when there was a difference.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdirSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual, parseArgs } from "node:util";
import * as cedar from "@cedar-policy/cedar-wasm/nodejs";
import { makeCase } from "./generate.mjs";

const ok = (answer) => answer.type === "success";

function reference(c) {
  const out = { schema: ok(cedar.checkParseSchema(c.schema)),
                policies: ok(cedar.checkParsePolicySet({ staticPolicies: c.policies })) };
  if (!out.schema || !out.policies) return out;
  const validation = cedar.validate({ schema: c.schema, policies: { staticPolicies: c.policies },
                                      validationSettings: { mode: "strict" } });
  out.valid = ok(validation) && validation.validationErrors.length === 0;
  out.entities = ok(cedar.checkParseEntities({ entities: c.entities, schema: c.schema }));
  cedar.preparseSchema("schema", c.schema);
  cedar.preparsePolicySet("policies", { staticPolicies: c.policies });
  out.requests = !out.entities ? [] : c.requests.map((request) => {
    const answer = cedar.statefulIsAuthorized({ ...request, entities: c.entities, validateRequest: true,
                                                preparsedSchemaName: "schema", preparsedPolicySetId: "policies" });
    if (!ok(answer)) return { valid: false };
    const { decision, diagnostics } = answer.response;
    return { valid: true, decision, reason: [...diagnostics.reason].sort(),
             errors: diagnostics.errors.map((e) => e.policyId).sort() };
  });
  return out;
}

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: {
    seconds: { type: "string", default: "10" }, seed: { type: "string", default: "1" }, keep: { type: "string" } } });
  if (positionals.length !== 1) {
    console.error("usage: node differential.mjs ANSWER [--seconds N] [--seed N] [--keep DIR]");
    process.exit(2);
  }
  const child = spawn(positionals[0], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const until = Date.now() + 1000 * Number(values.seconds);
  const counts = { cases: 0, valid: 0, requests: 0, allowed: 0, failed: 0 };
  let differences = 0;
  for (let seed = Number(values.seed); Date.now() < until; ++seed) {
    const c = makeCase(seed);
    child.stdin.write(JSON.stringify(c) + "\n");
    const line = await lines.next();
    if (line.done) throw new Error(`seed ${seed}: the program ended`);
    const { round_trip: roundTrip, why, ...ours } = JSON.parse(line.value);
    const theirs = reference(c);
    ++counts.cases;
    if (theirs.valid) ++counts.valid;
    for (const r of theirs.requests ?? []) {
      ++counts.requests;
      if (r.decision === "allow") ++counts.allowed;
      if (r.errors?.length) ++counts.failed;
    }
    if (!roundTrip && isDeepStrictEqual(ours, theirs)) continue;
    ++differences;
    console.log(`seed ${seed}: ours ${JSON.stringify(ours)} theirs ${JSON.stringify(theirs)} ${why} ${roundTrip ?? ""}`);
    if (!values.keep) continue;
    mkdirSync(values.keep, { recursive: true });
    writeFileSync(`${values.keep}/${seed}.json`, JSON.stringify(c, null, 1) + "\n");
  }
  child.stdin.end();
  console.log(`${counts.cases} cases (${counts.valid} valid), ${counts.requests} requests (${counts.allowed} allowed, ` +
    `${counts.failed} with errors), ${differences} differences`);
  process.exit(differences ? 1 : 0);
}

await main();
