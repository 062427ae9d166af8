// Random cases, the same for the same seed: a schema, policies that are mostly well typed under it, entities that mostly
// fit it, and requests.

export function randomOf(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const kStrings = ["", "a", "b", "ab", "a*b", "\u{1F511}", "x\n\"\\y", "tag", "é"];
const kLongs = [0, 1, -1, 2, 5, 100];
const kAttributes = ["a", "b", "c", "d", "e f", "if", "name"];
const kExtensions = {
  decimal: ["0.0", "1.5", "-1.25", "922337203685477.5807"],
  ipaddr: ["1.2.3.4", "10.0.0.0/8", "::1", "127.0.0.1", "224.0.0.1/4", "fe80::/10"],
  datetime: ["1970-01-01", "2024-02-29T12:00:00Z", "1969-12-31T23:59:59.999Z", "2024-01-01T00:00:00+0130"],
  duration: ["0ms", "1d", "-1h30m", "1d2h3m4s5ms", "9223372036854775807ms"],
};
const kConstructors = { decimal: "decimal", ipaddr: "ip", datetime: "datetime", duration: "duration" };

export class Case {
  constructor(seed) {
    this.random = randomOf(seed);
    this.schema = this.makeSchema();
  }
  below(n) { return Math.floor(this.random() * n); }
  chance(p) { return this.random() < p; }
  pick(list) { return list[this.below(list.length)]; }
  string() { return this.pick(kStrings); }
  quote(s) { return '"' + s.replace(/[\\"]/g, (c) => "\\" + c).replace(/\n/g, "\\n") + '"'; }

  // ---- schema: types are {k: kind, …}
  makeType(depth) {
    const r = this.below(depth > 0 ? 14 : 10);
    if (r < 2) return { k: "Bool" };
    if (r < 4) return { k: "Long" };
    if (r < 5) return { k: "String" };
    if (r < 7) return { k: "entity", name: this.pick(this.types).name };
    if (r < 10) return { k: this.pick(Object.keys(kExtensions)) };
    if (r < 12) return { k: "Set", element: this.makeType(depth - 1) };
    return { k: "Record", fields: this.makeFields(depth - 1) };
  }
  makeFields(depth) {
    const fields = {};
    for (let i = this.below(4); i > 0; --i) {
      fields[this.pick(kAttributes)] = { type: this.makeType(depth), required: this.chance(0.5) };
    }
    return fields;
  }
  makeSchema() {
    this.types = [];
    const spaces = this.chance(0.3) ? ["", "N", "N::M"] : [""];
    for (let i = 2 + this.below(4); i > 0; --i) {
      const space = this.pick(spaces);
      const name = (space ? space + "::" : "") + "T" + i;
      this.types.push({ name, space, base: "T" + i, parents: [], fields: {}, choices: null, tags: null });
    }
    for (const type of this.types) {
      if (this.chance(0.15)) {
        type.choices = [this.string(), "x"];
        continue;
      }
      for (const other of this.types) if (this.chance(0.25)) type.parents.push(other.name);
      type.fields = this.makeFields(2);
      if (this.chance(0.3)) type.tags = this.makeType(1);
    }
    this.actions = [];
    for (let i = 2 + this.below(3); i > 0; --i) {
      const space = this.pick(spaces);
      const action = { id: "act" + i, type: (space ? space + "::" : "") + "Action", space, groups: [] };
      for (const other of this.actions) if (this.chance(0.3)) action.groups.push(other);
      if (this.chance(0.8)) {
        action.principals = this.types.filter(() => this.chance(0.6)).map((t) => t.name);
        action.resources = this.types.filter(() => this.chance(0.6)).map((t) => t.name);
        action.context = this.makeFields(2);
        if (!action.principals.length || !action.resources.length) {
          delete action.principals;
          delete action.resources;
        }
      }
      this.actions.push(action);
    }
    return spaces.map((space) => {
      const text = this.types.filter((t) => t.space === space).map((t) => this.entityText(t)).join("") +
        this.actions.filter((a) => a.space === space).map((a) => this.actionText(a)).join("");
      return space ? `namespace ${space} {\n${text}}\n` : text;
    }).join("");
  }
  typeText(type) {
    if (type.k === "entity") return type.name;
    if (type.k === "Set") return `Set<${this.typeText(type.element)}>`;
    if (type.k === "Record") return this.fieldsText(type.fields);
    return this.chance(0.2) ? "__cedar::" + type.k : type.k;
  }
  fieldsText(fields) {
    const texts = Object.entries(fields)
      .map(([n, f]) => `${this.quote(n)}${f.required ? "" : "?"}: ${this.typeText(f.type)}`);
    return `{ ${texts.join(", ")} }`;
  }
  entityText(t) {
    if (t.choices) return `entity ${t.base} enum [${t.choices.map((c) => this.quote(c)).join(", ")}];\n`;
    const parents = t.parents.length ? ` in [${t.parents.join(", ")}]` : "";
    const tags = t.tags ? ` tags ${this.typeText(t.tags)}` : "";
    return `entity ${t.base}${parents} = ${this.fieldsText(t.fields)}${tags};\n`;
  }
  actionText(a) {
    const groups = a.groups.length ? ` in [${a.groups.map((g) => `${g.type}::"${g.id}"`).join(", ")}]` : "";
    const applies = a.principals
      ? ` appliesTo { principal: [${a.principals.join(", ")}], resource: [${a.resources.join(", ")}],` +
        ` context: ${this.fieldsText(a.context)} }`
      : "";
    return `action ${a.id}${groups}${applies};\n`;
  }
  typeNamed(name) { return this.types.find((t) => t.name === name); }

  // ---- values, as JSON
  id(name) {
    const type = this.typeNamed(name);
    if (type && type.choices && this.chance(0.95)) return this.pick(type.choices);
    return this.pick(["x", "y", "z", ""]);
  }
  uid(name) { return { type: name, id: this.id(name) }; }
  value(type) {
    if (this.chance(0.004)) type = this.makeType(1);
    switch (type.k) {
      case "Bool": return this.chance(0.5);
      case "Long": return this.pick(kLongs);
      case "String": return this.string();
      case "entity": return this.chance(0.5) ? { __entity: this.uid(type.name) } : this.uid(type.name);
      case "Set": return Array.from({ length: this.below(4) }, () => this.value(type.element));
      case "Record": return this.record(type.fields);
      default: {
        const arg = this.pick(kExtensions[type.k]);
        return this.chance(0.5) ? arg : { __extn: { fn: kConstructors[type.k], arg } };
      }
    }
  }
  record(fields) {
    const out = {};
    for (const [name, field] of Object.entries(fields)) {
      if (this.chance(field.required ? 0.998 : 0.5)) out[name] = this.value(field.type);
    }
    return out;
  }
  entities() {
    const out = [];
    for (const type of this.types) {
      for (const id of type.choices ?? ["x", "y", "z"]) {
        if (this.chance(0.15)) continue;
        const entity = { uid: { type: type.name, id }, attrs: this.record(type.fields), parents: [] };
        for (const parent of type.parents) {
          // Mostly without cycles: only to types that stand later.
          const later = this.types.indexOf(this.typeNamed(parent)) > this.types.indexOf(type);
          if (this.chance(later ? 0.6 : 0.02)) entity.parents.push(this.uid(parent));
        }
        if (type.tags && this.chance(0.7)) {
          entity.tags = {};
          for (const tag of kStrings) if (this.chance(0.3)) entity.tags[tag] = this.value(type.tags);
        }
        if (!out.some((e) => e.uid.type === entity.uid.type && e.uid.id === entity.uid.id)) out.push(entity);
      }
    }
    return out;
  }
  request() {
    const applying = this.actions.filter((a) => a.principals);
    const action = this.chance(0.03) || !applying.length ? this.pick(this.actions) : this.pick(applying);
    const any = () => this.pick(this.types).name;
    return {
      principal: this.uid(action.principals && this.chance(0.98) ? this.pick(action.principals) : any()),
      action: { type: action.type, id: action.id },
      resource: this.uid(action.resources && this.chance(0.98) ? this.pick(action.resources) : any()),
      context: this.record(action.context ?? {}),
    };
  }

  // ---- policies
  uidText(name) { return `${name}::${this.quote(this.id(name))}`; }
  actionUid(a) { return `${a.type}::"${a.id}"`; }
  side(name, types) {
    const type = this.chance(0.85) && types ? this.pick(types) : this.pick(this.types).name;
    const group = this.pick(this.types).name;
    switch (this.below(9)) {
      case 0: return `${name} == ${this.uidText(type)}`;
      case 1: return `${name} in ${this.uidText(group)}`;
      case 2: case 3: case 4: return `${name} is ${type}`;
      case 5: return `${name} is ${type} in ${this.uidText(group)}`;
      default: return name;
    }
  }
  policy() {
    const action = this.pick(this.actions.filter((a) => a.principals).concat(this.chance(0.1) ? this.actions : []));
    if (!action) return "permit(principal, action, resource);";
    const group = this.chance(0.3) && action.groups.length ? this.pick(action.groups) : action;
    const scope = [
      `action == ${this.actionUid(action)}`, `action in ${this.actionUid(group)}`,
      `action in [${this.actionUid(action)}, ${this.actionUid(this.pick(this.actions))}]`, "action",
    ][this.chance(0.7) ? 0 : this.below(4)];
    this.env = { action, principal: null, resource: null };
    const text = `${this.chance(0.35) ? "forbid" : "permit"}(${this.side("principal", action.principals)}, ${scope}, ` +
      `${this.side("resource", action.resources)})`;
    if (action.principals) {
      this.env.principal = (text.match(/principal (?:is|==) ([\w:]+?)(?:::"|[ ,])/) ?? [])[1] ?? action.principals[0];
      this.env.resource = (text.match(/resource (?:is|==) ([\w:]+?)(?:::"|[ )])/) ?? [])[1] ?? action.resources[0];
    }
    let conditions = "";
    for (let i = this.below(3); i > 0; --i) {
      conditions += ` ${this.chance(0.3) ? "unless" : "when"} { ${this.expr({ k: "Bool" }, 4)} }`;
    }
    return text + conditions + ";";
  }

  // Variables, literals and the attributes that lead from them, with their types.
  bases() {
    const bases = [];
    for (const side of ["principal", "resource"]) {
      if (this.env[side]) bases.push([side, { k: "entity", name: this.env[side] }]);
    }
    if (this.env.action.context) bases.push(["context", { k: "Record", fields: this.env.action.context }]);
    const name = this.pick(this.types).name;
    bases.push([this.uidText(name), { k: "entity", name }]);
    return bases;
  }
  fieldsOf(type) {
    if (type.k === "Record") return type.fields;
    return (type.k === "entity" && this.typeNamed(type.name)?.fields) || {};
  }
  access(name) { return /^[a-z]+$/.test(name) && name !== "if" ? `.${name}` : `[${this.quote(name)}]`; }
  // A path of attributes to a value of the type, and the tests that it needs; null when none is found.
  path(type) {
    for (let attempt = 0; attempt < 6; ++attempt) {
      let [text, at] = this.pick(this.bases());
      const guards = [];
      for (let step = 0; step < 3; ++step) {
        if (this.same(at, type) && (step > 0 || this.chance(0.3))) return { text, guards };
        const fields = Object.entries(this.fieldsOf(at));
        if (!fields.length) break;
        const [name, field] = this.pick(fields);
        if (!field.required) guards.push(`${text} has ${/^[a-z]+$/.test(name) && name !== "if" ? name : this.quote(name)}`);
        text += this.access(name);
        at = field.type;
      }
      if (this.same(at, type)) return { text, guards };
    }
    return null;
  }
  same(a, b) {
    if (a.k !== b.k) return false;
    if (a.k === "entity") return a.name === b.name;
    if (a.k === "Set") return this.same(a.element, b.element);
    if (a.k === "Record") return this.typeText(a) === this.typeText(b);
    return true;
  }
  literal(type) {
    switch (type.k) {
      case "Bool": return this.pick(["true", "false"]);
      case "Long": return this.chance(0.05) ? "9223372036854775807" : String(this.pick(kLongs));
      case "String": return this.quote(this.string());
      case "entity": return this.uidText(type.name);
      case "Set": return `[${Array.from({ length: this.chance(0.03) ? 0 : 1 + this.below(3) },
        () => this.literal(type.element)).join(", ")}]`;
      case "Record": return `{${Object.entries(type.fields).filter(([, f]) => f.required || this.chance(0.3))
        .map(([n, f]) => `${this.quote(n)}: ${this.literal(f.type)}`).join(", ")}}`;
      default: return `${kConstructors[type.k]}("${this.pick(kExtensions[type.k])}")`;
    }
  }
  // Mostly of the type; guards go before it where it is a Bool, or are left out now and then.
  expr(type, depth) {
    if (this.chance(0.01)) type = this.makeType(1);
    if (depth <= 0 || this.chance(0.25)) {
      const path = this.chance(0.7) ? this.path(type) : null;
      if (!path) return this.literal(type);
      if (type.k === "Bool" && this.chance(0.95)) return `(${[...path.guards, path.text].join(" && ")})`;
      if (path.guards.length && this.chance(0.9)) {
        return `(if ${path.guards.join(" && ")} then ${path.text} else ${this.literal(type)})`;
      }
      return path.text;
    }
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
    if (tagged.length && this.chance(0.5)) {
      const name = this.pick(tagged).name;
      const entity = this.path({ k: "entity", name })?.text ?? this.uidText(name);
      const tag = this.quote(this.string());
      return `(if ${entity}.hasTag(${tag}) then ${entity}.getTag(${tag}) else ${this.literal(type)})`;
    }
    if (type.k === "Set" && this.chance(0.6)) return `[${sub(type.element)}, ${sub(type.element)}]`;
    return this.literal(type);
  }
  long(depth) {
    const sub = () => this.expr({ k: "Long" }, depth - 1);
    switch (this.below(5)) {
      case 0: return `(${sub()} + ${sub()})`;
      case 1: return `(${sub()} - ${sub()})`;
      case 2: return `(${sub()} * ${sub()})`;
      case 3: return `-(${sub()})`;
      default: return `${this.expr({ k: "duration" }, depth - 1)}.${this.pick(
        ["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"])}()`;
    }
  }
  boolean(depth) {
    const sub = (t) => this.expr(t, depth - 1);
    const bool = { k: "Bool" };
    const entity = () => ({ k: "entity", name: this.pick(this.types).name });
    switch (this.below(16)) {
      case 0: case 1: return `(${sub(bool)} && ${sub(bool)})`;
      case 2: return `(${sub(bool)} || ${sub(bool)})`;
      case 3: return `!${sub(bool)}`.replace(/^!([^(tf])/, "!($1").replace(/^(!\([^(].*)$/, (m) =>
        m.split("(").length > m.split(")").length ? m + ")" : m);
      case 4: case 5: { const t = this.makeType(1); return `(${sub(t)} ${this.pick(["==", "!="])} ${sub(t)})`; }
      case 6: {
        const t = { k: this.pick(["Long", "Long", "datetime", "duration"]) };
        return `(${sub(t)} ${this.pick(["<", "<=", ">", ">="])} ${sub(t)})`;
      }
      case 7: return `(${sub(entity())} in ${this.chance(0.7) ? sub(entity()) : sub({ k: "Set", element: entity() })})`;
      case 8: return `(${sub(entity())} is ${this.pick(this.types).name}` +
        `${this.chance(0.3) ? ` in ${sub(entity())}` : ""})`;
      case 9: {
        const t = this.makeType(0);
        const set = { k: "Set", element: t };
        return this.pick([`${sub(set)}.contains(${sub(t)})`, `${sub(set)}.containsAll(${sub(set)})`,
          `${sub(set)}.containsAny(${sub(set)})`, `${sub(set)}.isEmpty()`]);
      }
      case 10: return `(${sub({ k: "String" })} like ${this.pick(['"*"', '"a*b"', '"a\\*b"', '""', '"*a"'])})`;
      case 11: {
        const [text] = this.pick(this.bases());
        const name = this.pick(kAttributes.slice(0, 4));
        return `(${text} has ${name}${this.chance(0.3) ? `.${this.pick(["a", "b", "c"])}` : ""})`;
      }
      case 12: return `(action ${this.pick(["==", "in"])} ${this.actionUid(this.pick(this.actions))})`;
      case 13: {
        const t = { k: this.pick(["decimal", "ipaddr"]) };
        if (t.k === "decimal") return `${sub(t)}.${this.pick(["lessThan", "greaterThanOrEqual"])}(${sub(t)})`;
        return this.pick([`${sub(t)}.isInRange(${sub(t)})`, `${sub(t)}.isIpv4()`, `${sub(t)}.isLoopback()`,
          `${sub(t)}.isMulticast()`]);
      }
      case 14: return `${sub(entity())}.hasTag(${sub({ k: "String" })})`;
      default: return sub(bool);
    }
  }
}

export function makeCase(seed) {
  const c = new Case(seed);
  const policies = Array.from({ length: 1 + c.below(4) }, () => c.policy()).join("\n");
  const entities = c.entities();
  const requests = Array.from({ length: 4 }, () => c.request());
  return { schema: c.schema, policies, entities, requests };
}
