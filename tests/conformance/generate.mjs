// Random cases, the same for the same seed:
//
//   {schema, policies: {staticPolicies, templates, templateLinks}, entities, requests, mode}
//
// all but `mode` as @cedar-policy/cedar-wasm takes them. The mode says what is held to the schema: entities and requests
// ("schema"), entities ("unvalidated") or nothing ("plain").
import { Policies } from "./generate_policies.mjs";

const kTokens = /"(?:\\.|[^"\\])*"|[A-Za-z_]\w*|\d+|::|&&|\|\||[=!<>]=|\s+|[^]/gu;
const kStrayTokens = ["(", ")", "[", "]", "{", "}", ",", ";", ":", "::", "==", "in", "is", "has", "like", "if", "when", "principal",
  "?principal", "action", "permit", "\"a\"", "1", "-", "!", "&&", ".", "<", "@", "// x\n", "T1", "entity", "type", "?", "=", "Set",
  "\u00a0", "\t", "\0", "__cedar", "9223372036854775808"];
const kStrayNames = ["type", "id", "Value", "Var", "op", "entity", "slot", "left", "right", "arg", "fn", "__entity", "__extn", "attr",
  "==", "&&", "Set", "Record", "ip", "required", "name", "element", "attributes", "memberOf", "uid", "attrs", "tags", "nope"];
const kStrayValues = [null, true, 0, 1.5, "", "x", [], {}, "principal", "Record", "Entity", "Long", "Extension", "EntityOrCommon",
  { type: "T1", id: "x" }, { Value: 1 }, { __entity: { type: "T1", id: "x" } }, { __extn: { fn: "ip", arg: "::1" } }];

// One token away from the text.
export function mutateText(r, text) {
  const tokens = text.match(kTokens) ?? [];
  const at = r.below(tokens.length + 1);
  switch (r.below(4)) {
    case 0: tokens.splice(at, 1); break;
    case 1: tokens.splice(at, 0, r.pick(kStrayTokens)); break;
    case 2: tokens.splice(at, 1, r.pick(kStrayTokens)); break;
    default: tokens.splice(at, 0, ...tokens.splice(r.below(tokens.length), 1));
  }
  return tokens.join("");
}

// One member or element away from the JSON value, which is changed in place.
export function mutateJson(r, json) {
  const places = [];
  const collect = (value) => {
    if (value === null || typeof value !== "object") return;
    for (const key of Object.keys(value)) {
      places.push([value, key]);
      collect(value[key]);
    }
  };
  collect(json);
  if (!places.length) return;
  const [owner, key] = r.pick(places);
  const take = () => Array.isArray(owner) ? owner.splice(Number(key), 1) : delete owner[key];
  // A method without its receiver: we refuse it, the other engine panics at some of them.
  if (Array.isArray(owner) && owner.length === 1) return;
  const stray = structuredClone(r.pick(kStrayValues));
  // The other engine takes arrays for objects, the members in its own order.
  if (Array.isArray(stray) && owner[key] !== null && typeof owner[key] === "object") return;
  switch (r.below(4)) {
    case 0: take(); break;
    case 1: owner[key] = stray; break;
    case 2:
      if (Array.isArray(owner)) owner.push(stray);
      else owner[r.pick(kStrayNames)] = stray;
      break;
    default: {
      const value = owner[key];
      take();
      if (!Array.isArray(owner)) owner[r.pick(kStrayNames)] = value;
    }
  }
}

function makePolicies(c) {
  const ids = (list, prefix) => Object.fromEntries(list.map((text, i) => [prefix + i, text]));
  const texts = c.times(1 + c.below(4), () => c.policy());
  if (c.chance(0.03)) texts[0] = mutateText(c, texts[0]);
  const policies = { staticPolicies: c.chance(0.3) ? texts.join("\n") : ids(texts, "p"), templates: {}, templateLinks: [] };
  if (c.chance(0.5)) return policies;
  const slots = [];
  policies.templates = ids(c.times(1 + c.below(2), () => {
    slots.push(c.pick([["principal"], ["resource"], ["principal", "resource"]]));
    return c.policy(slots[slots.length - 1]);
  }), "t");
  policies.templateLinks = c.times(c.below(4), (_, i) => {
    const t = c.below(slots.length);
    const filled = c.chance(0.02) ? ["principal"] : slots[t];
    return { templateId: "t" + t, newId: c.chance(0.01) ? "p0" : "l" + i,
             values: Object.fromEntries(filled.map((slot) => ["?" + slot, c.mark(c.uid(c.groupOf(c.anyType())))])) };
  });
  return policies;
}

// `forms` turns texts into the JSON forms: {schema(text), policy(text), template(text)}, each null where it cannot.
export function makeCase(seed, forms) {
  const c = new Policies(seed);
  const mode = c.pick(["schema", "schema", "schema", "unvalidated", "plain"]);
  const policies = makePolicies(c);
  const entities = c.entities(mode === "plain" ? 1 : 0.5);
  if (mode === "unvalidated") c.explicit = 1;
  const requests = c.times(4, () => c.request());
  let schema = c.chance(0.03) ? mutateText(c, c.schema) : c.schema;
  if (c.chance(0.2)) schema = forms.schema(schema) ?? schema;
  if (typeof schema === "object" && c.chance(0.15)) mutateJson(c, schema);
  for (const [kind, form] of [["staticPolicies", forms.policy], ["templates", forms.template]]) {
    if (typeof policies[kind] === "string") continue;
    for (const id of Object.keys(policies[kind])) {
      if (c.chance(0.25)) policies[kind][id] = form(policies[kind][id]) ?? policies[kind][id];
      if (typeof policies[kind][id] === "object" && c.chance(0.1)) mutateJson(c, policies[kind][id]);
    }
  }
  if (c.chance(0.03)) mutateJson(c, entities);
  // Without validation the other engine reads a context by the schema all the same, and we do not.
  if (mode !== "unvalidated" && c.chance(0.03)) mutateJson(c, requests[0].context);
  return { schema, policies, entities, requests, mode };
}
