// Random policies and templates over a world, mostly well typed.
import { World, kAttributes, kConstructors } from "./generate_world.mjs";

const kLongTexts = ["9223372036854775807", "-9223372036854775808", "9223372036854775808", "007", "-0"];
const kPatterns = ['"*"', '"a*b"', '"a\\*b"', '""', '"*a"', '"\\u{1F511}*"', '"**"', '"*a*b*"'];

export class Policies extends World {
  uidText(name) { return `${name}::${this.quote(this.id(name))}`; }
  actionUid(a) { return `${a.type}::${this.quote(a.id)}`; }
  anyType() { return this.chance(0.004) ? this.pick(["T9", "N::T9", "Action"]) : this.pick(this.types).name; }

  // A type that entities of the type may be in.
  groupOf(name, steps = 3) {
    const type = this.typeNamed(name);
    return steps > 0 && type?.parents.length && this.chance(0.6) ? this.groupOf(this.pick(type.parents), steps - 1) : name;
  }

  // ---- scopes. Templates have at least one slot.
  side(name, types, slot) {
    const type = this.chance(0.85) && types ? this.pick(types) : this.anyType();
    const group = this.chance(0.9) ? this.groupOf(type) : this.anyType();
    const entity = (n) => slot ? `?${name}` : this.uidText(n);
    switch (slot ? this.below(3) : this.below(9)) {
      case 0: return `${name} == ${entity(type)}`;
      case 1: return `${name} in ${entity(group)}`;
      case 2: return `${name} is ${type} in ${entity(group)}`;
      case 3: case 4: case 5: return `${name} is ${type}`;
      default: return name;
    }
  }
  actionScope(action) {
    const group = this.chance(0.3) && action.groups.length ? this.pick(action.groups) : action;
    switch (this.chance(0.7) ? 0 : this.below(5)) {
      case 0: return `action == ${this.actionUid(action)}`;
      case 1: return `action in ${this.actionUid(group)}`;
      case 2: return `action in [${this.actionUid(action)}, ${this.actionUid(this.pick(this.actions))}]`;
      case 3: return this.chance(0.1) ? "action in []" : "action";
      default: return "action";
    }
  }
  policy(slots = []) {
    const action = this.pick(this.actions.filter((a) => a.principals).concat(this.chance(0.1) ? this.actions : []));
    if (!action && !slots.length) return "permit(principal, action, resource);";
    const { principals, resources, context } = action ?? {};
    const head = [this.side("principal", principals, slots.includes("principal")),
      action ? this.actionScope(action) : "action", this.side("resource", resources, slots.includes("resource"))];
    const typeIn = (text, types) => (text.match(/(?:is|==) ([\w:]+?)(?:::"|$| in)/) ?? [])[1] ?? types?.[0] ?? null;
    this.env = { context: context ?? null, principal: typeIn(head[0], principals), resource: typeIn(head[2], resources) };
    const notes = (this.chance(0.005) ? ["a", "a"] : this.some(["id", "a", "permit", "if"], 0.05))
      .map((note) => `@${note}${this.pick(["", `(${this.quote(this.string())})`])} `);
    const conditions = this.times(this.below(3), () =>
      ` ${this.chance(0.3) ? "unless" : "when"} { ${this.expr({ k: "Bool" }, 4)} }`);
    return `${notes.join("")}${this.chance(0.35) ? "forbid" : "permit"}(${head.join(", ")})${conditions.join("")};`;
  }

  // ---- expressions
  // Variables, literals and the attributes that lead from them, with their types.
  bases() {
    const bases = [];
    for (const side of ["principal", "resource"]) {
      if (this.env[side]) bases.push([side, { k: "entity", name: this.env[side] }]);
    }
    if (this.env.context) bases.push(["context", { k: "Record", fields: this.env.context }]);
    const name = this.anyType();
    bases.push([this.uidText(name), { k: "entity", name }]);
    return bases;
  }
  fieldsOf(type) {
    if (type.k === "Record") return type.fields;
    return (type.k === "entity" && this.typeNamed(type.name)?.fields) || {};
  }
  plain(name) { return /^[a-z_]+$/.test(name) && !["if", "in", "__cedar"].includes(name); }
  access(name) { return this.plain(name) && this.chance(0.9) ? `.${name}` : `[${this.quote(name)}]`; }
  // A path of attributes to a value of the type, and the tests that it needs; null when none is found.
  path(type) {
    for (let attempt = 0; attempt < 6; ++attempt) {
      let [text, at] = this.pick(this.bases());
      const guards = [];
      let tested = null;  // a test that the next attributes can be added to: `x has a.b`
      for (let step = 0; step < 3; ++step) {
        if (this.same(at, type) && (step > 0 || this.chance(0.3))) return { text, guards };
        const fields = Object.entries(this.fieldsOf(at));
        if (!fields.length) break;
        const [name, field] = this.pick(fields);
        if (tested && this.plain(name)) {
          guards[guards.length - 1] = tested += `.${name}`;
        } else if (!field.required || this.chance(0.03)) {
          guards.push(`${text} has ${this.plain(name) ? name : this.quote(name)}`);
          tested = this.plain(name) && this.chance(0.5) ? guards[guards.length - 1] : null;
        } else {
          tested = null;
        }
        text += this.access(name);
        at = field.type;
      }
      if (this.same(at, type)) return { text, guards };
    }
    return null;
  }
  key(type) {
    if (type.k === "entity") return type.name;
    if (type.k === "Set") return `[${this.key(type.element)}]`;
    if (type.k !== "Record") return type.k;
    return `{${Object.entries(type.fields).map(([n, f]) => `${n}${f.required}${this.key(f.type)}`).sort().join()}}`;
  }
  same(a, b) { return this.key(a) === this.key(b); }
  literal(type) {
    switch (type.k) {
      case "Bool": return this.pick(["true", "false"]);
      case "Long": return this.chance(0.08) ? this.pick(kLongTexts) : String(this.value({ k: "Long" }));
      case "String": return this.quote(this.string());
      case "entity": return this.uidText(type.name);
      case "Set": return `[${this.times(this.chance(0.03) ? 0 : 1 + this.below(3), () => this.literal(type.element)).join(", ")}]`;
      case "Record": return `{${Object.entries(type.fields).filter(([, f]) => f.required || this.chance(0.3))
        .map(([n, f]) => `${this.name(n)}: ${this.literal(f.type)}`).join(", ")}}`;
      default: return `${kConstructors[type.k]}(${this.quote(this.extension(type.k))})`;
    }
  }
  // Mostly of the type; guards go before it where it is a Bool, or are left out or weakened now and then.
  expr(type, depth) {
    if (this.chance(0.01)) type = this.makeType(1);
    if (depth <= 0 || this.chance(0.25)) return this.leaf(type);
    const sub = (t) => this.expr(t, depth - 1);
    if (this.chance(0.06)) return `(if ${sub({ k: "Bool" })} then ${sub(type)} else ${sub(type)})`;
    if (type.k === "Bool") return this.boolean(depth);
    if (type.k === "Long" && this.chance(0.7)) return this.long(depth);
    if (type.k === "datetime" && this.chance(0.4)) {
      return this.chance(0.6) ? `${sub(type)}.offset(${sub({ k: "duration" })})` : `${sub(type)}.toDate()`;
    }
    if (type.k === "duration" && this.chance(0.4)) {
      const time = { k: "datetime" };
      return this.chance(0.6) ? `${sub(time)}.durationSince(${sub(time)})` : `${sub(time)}.toTime()`;
    }
    const tagged = this.types.filter((t) => t.tags && this.same(t.tags, type));
    if (tagged.length && this.chance(0.5)) return this.tag(this.pick(tagged).name, type);
    if (type.k === "Set" && this.chance(0.6)) return `[${sub(type.element)}, ${sub(type.element)}]`;
    if (type.k === "Record" && this.chance(0.5)) {
      return `{${Object.entries(type.fields).map(([n, f]) => `${this.name(n)}: ${sub(f.type)}`).join(", ")}}`;
    }
    return this.leaf(type);
  }
  leaf(type) {
    const path = this.chance(0.7) ? this.path(type) : null;
    if (!path) return this.literal(type);
    const guard = path.guards.join(this.chance(0.97) ? " && " : " || ");
    if (type.k === "Bool" && this.chance(0.95)) return `(${[...path.guards, path.text].join(" && ")})`;
    if (path.guards.length && this.chance(0.9)) {
      return `(if ${this.chance(0.97) ? guard : `!(${guard})`} then ${path.text} else ${this.literal(type)})`;
    }
    return path.text;
  }
  tag(name, type) {
    const entity = this.path({ k: "entity", name })?.text ?? this.uidText(name);
    const tag = this.chance(0.7) ? this.quote(this.string()) : this.expr({ k: "String" }, 1);
    const read = this.chance(0.95) ? tag : this.quote(this.string());
    return `(if ${entity}.hasTag(${tag}) then ${entity}.getTag(${read}) else ${this.literal(type)})`;
  }
  long(depth) {
    const sub = () => this.expr({ k: "Long" }, depth - 1);
    switch (this.below(6)) {
      case 0: return `(${sub()} + ${sub()})`;
      case 1: return `(${sub()} - ${sub()})`;
      case 2: return `(${sub()} * ${sub()})`;
      case 3: return `-(${sub()})`;
      case 4: return `${sub()} ${this.pick("+-*")} ${sub()}`;
      default: return `${this.expr({ k: "duration" }, depth - 1)}.${this.pick(
        ["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"])}()`;
    }
  }
  boolean(depth) {
    const sub = (t) => this.expr(t, depth - 1);
    const bool = { k: "Bool" };
    const entity = () => ({ k: "entity", name: this.anyType() });
    switch (this.below(20)) {
      case 0: case 1: return `(${sub(bool)} && ${sub(bool)})`;
      case 2: return `(${sub(bool)} || ${sub(bool)})`;
      case 3: return `!(${sub(bool)})`;
      case 4: return this.pick(["!!", "!!!!", "!"]) + this.pick(["true", "false", "(1 == 1)"]);
      case 5: case 6: { const t = this.makeType(1); return `(${sub(t)} ${this.pick(["==", "!="])} ${sub(t)})`; }
      case 7: {
        const t = { k: this.pick(["Long", "Long", "datetime", "duration"]) };
        return `(${sub(t)} ${this.pick(["<", "<=", ">", ">="])} ${sub(t)})`;
      }
      case 8: return `(${sub(entity())} in ${this.chance(0.7) ? sub(entity()) : sub({ k: "Set", element: entity() })})`;
      case 9: return `(${sub(entity())} is ${this.anyType()}${this.chance(0.3) ? ` in ${sub(entity())}` : ""})`;
      case 10: {
        const t = this.makeType(0), set = { k: "Set", element: t };
        return this.pick([() => `${sub(set)}.contains(${sub(t)})`, () => `${sub(set)}.containsAll(${sub(set)})`,
          () => `${sub(set)}.containsAny(${sub(set)})`, () => `${sub(set)}.isEmpty()`])();
      }
      case 11: return `(${sub({ k: "String" })} like ${this.pick(kPatterns)})`;
      case 12: case 13: return this.has();
      case 14: return `(action ${this.pick(["==", "in", "!="])} ${this.actionUid(this.pick(this.actions))})`;
      case 15: return this.chance(0.5) ? `action in [${this.some(this.actions, 0.5).map((a) => this.actionUid(a)).join(", ")}]`
        : this.pick(["action is Action", "action has a", "action is N::Action", "principal == action", "action.a == 1"]);
      case 16: {
        const t = { k: this.pick(["decimal", "ipaddr"]) };
        if (t.k === "decimal") {
          return `${sub(t)}.${this.pick(["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"])}(${sub(t)})`;
        }
        return this.pick([`${sub(t)}.isInRange(${sub(t)})`, `${sub(t)}.isIpv4()`, `${sub(t)}.isIpv6()`,
          `${sub(t)}.isLoopback()`, `${sub(t)}.isMulticast()`]);
      }
      case 17: return `${sub(entity())}.hasTag(${sub({ k: "String" })})`;
      case 18: return this.chance(0.1) ? this.wrong() : sub(bool);
      default: return sub(bool);
    }
  }
  has() {
    const [text] = this.pick(this.bases());
    const name = this.pick(kAttributes);
    if (!this.plain(name) || this.chance(0.2)) return `(${text} has ${this.quote(name)})`;
    return `(${text} has ${name}${this.chance(0.3) ? `.${this.pick(["a", "b", "c"])}` : ""})`;
  }
  // What no schema makes right, or no grammar.
  wrong() {
    const [text] = this.pick(this.bases());
    return this.pick([`${text}.nope == 1`, `${text}.nope`, `nope(1)`, `${text}.nope()`, `ip("::1", 1).isIpv4()`, `isIpv4(1)`,
      `ip(${text}).isIpv4()`, `1 < "a"`, `[] == []`, `1`, `${text} has 1`, `!!!!!true`, `1 == 1 == 1`, `T1::x`, `N::ip("::1")`,
      `{a: 1, a: 2} == {a: 1}`, `?principal == principal`, `${text} like principal`, `if true then true`, `1 in 2`,
      `"\\q" == ""`, `"\\u{d800}" == ""`, `principal.if`, `principal has if`, `"a" like "\\x80"`, `true && 1`, `true || 1`,
      `principal is 1`, `- - -1 == 1`, `-----1 == 1`, `principal is A::"x"`, `(1 / 2) == 1`, `(1 % 2) == 1`]);
  }
}
