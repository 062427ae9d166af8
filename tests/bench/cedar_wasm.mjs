// Asks the authors' engine (cedar-wasm) what cedar-bench asked: node cedar_wasm.mjs CASES SECONDS
//
// Its API takes parsed policies by name, but entities, request and context anew in each call, so what it takes to read
// entities and context is also measured alone (checkParseEntities, checkParseContext). Prints a JSON array: for each case
// nanoseconds of a call and of reading alone, and seconds of CPU time to read the policies. Fails when an answer is not
// ours.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";

const cedar = createRequire(new URL("../conformance/package.json", import.meta.url))("@cedar-policy/cedar-wasm/nodejs");
const ROUNDS = 100;

// Nanoseconds of one call of each function: of short rounds the fastest, as for ours. The functions take turns, so that
// other work on the machine meets them alike.
function measure(seconds, requests, ...functions) {
  let next = 0;
  const round = (call, count) => {
    const start = performance.now();
    for (let i = 0; i < count; ++i) call(requests[next++ % requests.length]);
    return (performance.now() - start) / count;
  };
  const best = functions.map((call) => round(call, 1));
  const counts = best.map((first) => Math.max(1, Math.round((1000 * seconds) / ROUNDS / first)));
  const end = performance.now() + 1000 * seconds * functions.length;
  while (performance.now() < end) {
    functions.forEach((call, i) => (best[i] = Math.min(best[i], round(call, counts[i]))));
  }
  return best.map((milliseconds) => milliseconds * 1e6);
}

function check(name, request, answer) {
  const { decision, diagnostics } = answer.response;
  const reason = [...diagnostics.reason].sort();
  if (decision === "allow" && isDeepStrictEqual(reason, [...request.reason].sort()) && !diagnostics.errors.length) return;
  throw new Error(`${name}: ${JSON.stringify(answer)}, ours allows by ${JSON.stringify(request.reason)}`);
}

const [file, seconds] = process.argv.slice(2);
const out = JSON.parse(readFileSync(file, "utf8")).map(({ name, policies, requests }) => {
  const start = process.cpuUsage();
  const read = cedar.preparsePolicySet("policies", policies);
  const { user, system } = process.cpuUsage(start);
  if (read.type !== "success") throw new Error(`${name}: ${JSON.stringify(read.errors)}`);
  const ask = (request) => cedar.statefulIsAuthorized({ ...request.call, preparsedPolicySetId: "policies" });
  for (const request of requests) {
    const { principal, action, resource, context, entities } = request;
    request.call = { principal, action, resource, context, entities };
    check(name, request, ask(request));
  }
  const [call, reading] = measure(Number(seconds), requests, ask, ({ entities, context }) => {
    cedar.checkParseEntities({ entities });
    cedar.checkParseContext({ context });
  });
  return { call, reading, load: (user + system) / 1e6 };
});
console.log(JSON.stringify(out));
