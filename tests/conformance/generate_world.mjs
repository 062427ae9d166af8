// A random schema, entities that mostly fit it, and requests.
import { Random } from "./random.mjs";

const kStrings = ["", "a", "b", "ab", "a*b", "\u{1F511}", "x\n\"\\y", "tag", "é", "\0", "e\u0301", "'", "\u2028"];
const kLongs = [0, 1, -1, 2, 5, 100, 2 ** 31, -(2 ** 53) + 1, 2 ** 53 - 1];
export const kAttributes = ["a", "b", "c", "d", "e f", "if", "name", "", "in", "__x", "type", "id"];
export const kExtensions = {
  decimal: ["0.0", "1.5", "-1.25", "922337203685477.5807", "-922337203685477.5808", "01.10", "-0.0"],
  ipaddr: ["1.2.3.4", "10.0.0.0/8", "10.0.0.1/8", "::1", "127.0.0.1", "224.0.0.1/4", "fe80::/10", "0.0.0.0/0", "::/0", "FF02::1",
    "2001:db8::1/127", "1.2.3.4/32"],
  datetime: ["1970-01-01", "2024-02-29T12:00:00Z", "1969-12-31T23:59:59.999Z", "2024-01-01T00:00:00+0130", "0000-01-01",
    "9999-12-31T23:59:59.999-2359", "1900-03-01"],
  duration: ["0ms", "1d", "-1h30m", "1d2h3m4s5ms", "9223372036854775807ms", "-9223372036854775808ms", "-0s",
    "106751991167d7h12m55s807ms"],
};
// What no constructor takes.
const kMalformed = {
  decimal: ["1", "1.", ".5", "1.00000", "922337203685477.5808", "+1.0", "1.0 ", "", "1e3.0", "١.0"],
  ipaddr: ["1.2.3", "1.2.3.4/33", "01.2.3.4", "::ffff:1.2.3.4", "fe80::1%eth0", "::/129", "1.2.3.4/", "1.2.3.4/08", ":::", "g::"],
  datetime: ["2024-02-30", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:00:60Z", "2024-1-1", "2024-01-01Z",
    "2024-01-01T00:00:00+2400", "2024-01-01T00:00:00+0060", "2024-01-01T00:00:00.1Z", "10000-01-01", "2024-01-01T00:00:00"],
  duration: ["", "-", "1", "1h1h", "1m1h", "9223372036854775808ms", "1d 2h", "+1h", "106751991167d7h12m55s808ms", "1H", "1.5h"],
};
export const kConstructors = { decimal: "decimal", ipaddr: "ip", datetime: "datetime", duration: "duration" };

export class World extends Random {
  constructor(seed) {
    super(seed);
    this.schema = this.makeSchema();
  }
  string() { return this.pick(kStrings); }
  // A string literal, in one of the ways to write it.
  quote(s) {
    const escape = (c) => {
      if (c === "\\" || c === '"') return "\\" + c;
      if (c === "\0") return "\\0";
      if (c === "\n") return this.pick(["\\n", "\\x0a", "\\u{a}", "\n"]);
      if (c === "'") return this.pick(["'", "\\'"]);
      return this.chance(0.05) ? `\\u{${c.codePointAt(0).toString(16)}}` : c;
    };
    return '"' + [...s].map(escape).join("") + '"';
  }
  name(n) { return /^[a-z]+$/.test(n) && !["if", "in"].includes(n) && this.chance(0.7) ? n : this.quote(n); }
  extension(kind) { return this.pick(this.chance(0.02) ? kMalformed[kind] : kExtensions[kind]); }

  // ---- schema: types are {k: kind, …}; alias: the common type that says it
  makeType(depth) {
    if (this.common.length && this.chance(0.1)) return this.pick(this.common).type;
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
  // Names of one kind; the same base may stand in two namespaces.
  declare(count, letter, spaces) {
    const things = [];
    for (let i = count; i > 0; --i) {
      const space = this.pick(spaces);
      const base = letter + (this.chance(0.05) && i > 1 ? i - 1 : i);
      const name = (space ? space + "::" : "") + base;
      if (!things.some((t) => t.name === name)) things.push({ name, space, base });
    }
    return things;
  }
  makeSchema() {
    const spaces = this.chance(0.35) ? ["", "N", "N::M"] : [""];
    this.common = [];
    this.types = this.declare(2 + this.below(4), "T", spaces)
      .map((t) => ({ ...t, parents: [], fields: {}, choices: null, tags: null }));
    for (const c of this.declare(this.below(3), this.chance(0.03) ? "T" : "C", spaces)) {
      this.common.push({ ...c, type: { ...this.makeType(2), alias: c.name } });
    }
    for (const type of this.types) {
      if (this.chance(0.15)) {
        type.choices = [this.string(), "x"];
        continue;
      }
      type.parents = this.some(this.types, 0.25).map((t) => t.name);
      type.fields = this.makeFields(2);
      if (this.chance(0.3)) type.tags = this.makeType(1);
    }
    this.actions = [];
    for (let i = 2 + this.below(3); i > 0; --i) this.actions.push(this.makeAction(i, this.pick(spaces)));
    return spaces.map((space) => {
      const here = (things) => things.filter((t) => t.space === space);
      const text = here(this.types).map((t) => this.entityText(t)).join("") +
        here(this.common).map((c) => this.commonText(c)).join("") +
        here(this.actions).map((a) => this.actionText(a)).join("");
      return space ? `${this.annotation()}namespace ${space} {\n${text}}\n` : text;
    }).join("");
  }
  makeAction(i, space) {
    const action = { id: this.chance(0.1) ? "act " + this.string() + i : "act" + i, space,
                     type: (space ? space + "::" : "") + "Action" };
    action.groups = this.some(this.actions, 0.3);
    if (this.chance(0.2)) return action;
    action.principals = this.some(this.types, 0.6).map((t) => t.name);
    action.resources = this.some(this.types, 0.6).map((t) => t.name);
    action.context = this.makeFields(2);
    if (!action.principals.length || !action.resources.length) delete action.principals, delete action.resources;
    return action;
  }

  // Names may be written without the namespace that they stand in.
  typeName(name, space) {
    if (this.chance(0.004)) return this.pick(["T9", "N::T9", "Set", "Nope::T1", "__cedar::T1"]);
    const rest = space && name.startsWith(space + "::") ? name.slice(space.length + 2) : name;
    return this.chance(rest.includes("::") ? 0.01 : 0.5) ? rest : name;
  }
  typeText(type, space) {
    if (type.alias && this.chance(0.8)) return this.typeName(type.alias, space);
    if (type.k === "entity") return this.typeName(type.name, space);
    if (type.k === "Set") return `Set<${this.typeText(type.element, space)}>`;
    if (type.k === "Record") return this.fieldsText(type.fields, space);
    return this.chance(0.2) ? "__cedar::" + type.k : type.k;
  }
  fieldsText(fields, space) {
    const texts = Object.entries(fields).map(([n, f]) =>
      `${this.annotation()}${this.name(n)}${f.required ? "" : "?"}: ${this.typeText(f.type, space)}`);
    return `{ ${texts.join(", ")}${texts.length && this.chance(0.2) ? "," : ""} }`;
  }
  annotation() { return this.chance(0.05) ? `@${this.pick(["doc", "if", "a1"])}${this.pick(["", '("x")'])} ` : ""; }
  listText(texts) { return texts.length === 1 && this.chance(0.5) ? texts[0] : `[${texts.join(", ")}]`; }
  commonText(c) { return `${this.annotation()}type ${c.base} = ${this.typeText({ ...c.type, alias: null }, c.space)};\n`; }
  entityText(t) {
    if (t.choices) return `entity ${t.base} enum [${t.choices.map((c) => this.quote(c)).join(", ")}];\n`;
    const parents = t.parents.length ? ` in ${this.listText(t.parents.map((p) => this.typeName(p, t.space)))}` : "";
    const tags = t.tags ? ` tags ${this.typeText(t.tags, t.space)}` : "";
    const bare = !Object.keys(t.fields).length && this.chance(0.5);
    const shape = bare ? "" : this.pick([" = ", " "]) + this.fieldsText(t.fields, t.space);
    return `${this.annotation()}entity ${t.base}${parents}${shape}${tags};\n`;
  }
  actionName(id) { return /^[a-z0-9]+$/.test(id) && this.chance(0.7) ? id : this.quote(id); }
  actionText(a) {
    const group = (g) => g.space === a.space && this.chance(0.5) ? this.actionName(g.id) : `${g.type}::${this.quote(g.id)}`;
    const groups = a.groups.length ? ` in ${this.listText(a.groups.map(group))}` : "";
    const names = (list) => this.listText(list.map((n) => this.typeName(n, a.space)));
    const context = a.context && (Object.keys(a.context).length || this.chance(0.5))
      ? `, context: ${this.fieldsText(a.context, a.space)}` : "";
    const applies = a.principals
      ? ` appliesTo { principal: ${names(a.principals)}, resource: ${names(a.resources)}${context} }` : "";
    return `${this.annotation()}action ${this.actionName(a.id)}${groups}${applies};\n`;
  }
  typeNamed(name) { return this.types.find((t) => t.name === name); }

  // ---- values, as JSON
  id(name) {
    const type = this.typeNamed(name);
    if (type && type.choices && this.chance(0.95)) return this.pick(type.choices);
    return this.pick(["x", "y", "z", ""]);
  }
  uid(name) { return { type: name, id: this.id(name) }; }
  mark(uid) { return this.chance(0.2) ? { __entity: uid } : uid; }
  value(type) {
    if (this.chance(0.004)) type = this.makeType(1);
    switch (type.k) {
      case "Bool": return this.chance(0.5);
      case "Long": return this.pick(kLongs);
      case "String": return this.string();
      case "entity": return this.chance(this.explicit) ? { __entity: this.uid(type.name) } : this.uid(type.name);
      case "Set": return this.times(this.below(4), () => this.value(type.element));
      case "Record": return this.record(type.fields);
      default: return this.extensionValue(type.k);
    }
  }
  extensionValue(kind) {
    const arg = this.extension(kind), fn = kConstructors[kind];
    if (!this.chance(this.explicit)) return this.chance(0.8) ? arg : { fn, arg };
    if (kind === "datetime" && this.chance(0.3)) {
      return { __extn: { fn: "offset", args: [{ __extn: { fn, arg } },
        { __extn: { fn: "duration", arg: this.extension("duration") } }] } };
    }
    return { __extn: { fn, arg } };
  }
  record(fields) {
    const out = {};
    for (const [name, field] of Object.entries(fields)) {
      if (this.chance(field.required ? 0.998 : 0.5)) out[name] = this.value(field.type);
    }
    if (this.chance(0.003)) out[this.pick(kAttributes)] = this.value(this.makeType(1));
    return out;
  }
  entity(type, id) {
    const entity = { uid: this.mark({ type: type.name, id }), attrs: this.record(type.fields), parents: [] };
    for (const parent of type.parents) {
      // Mostly without cycles: only to types that stand later.
      const later = this.types.indexOf(this.typeNamed(parent)) > this.types.indexOf(type);
      if (this.chance(later ? 0.6 : 0.02)) entity.parents.push(this.mark(this.uid(parent)));
    }
    if (type.tags && this.chance(0.7)) {
      entity.tags = {};
      for (const tag of this.some(kStrings, 0.3)) entity.tags[tag] = this.value(type.tags);
    }
    return entity;
  }
  entities(explicit) {
    this.explicit = explicit;
    const out = [];
    for (const type of this.types) {
      for (const id of new Set(type.choices ?? ["x", "y", "z"])) if (this.chance(0.85)) out.push(this.entity(type, id));
    }
    for (const action of this.some(this.actions, 0.05)) {
      out.push({ uid: { type: action.type, id: action.id }, attrs: {}, parents: action.groups.map((g) =>
        ({ type: g.type, id: g.id })) });
    }
    if (out.length && this.chance(0.02)) out.push(this.pick(out));
    return out;
  }
  request() {
    const applying = this.actions.filter((a) => a.principals);
    const action = this.chance(0.03) || !applying.length ? this.pick(this.actions) : this.pick(applying);
    const any = () => this.chance(0.1) ? "T9" : this.pick(this.types).name;
    return {
      principal: this.uid(action.principals && this.chance(0.98) ? this.pick(action.principals) : any()),
      action: { type: action.type, id: this.chance(0.01) ? "act9" : action.id },
      resource: this.uid(action.resources && this.chance(0.98) ? this.pick(action.resources) : any()),
      context: this.record(action.context ?? {}),
    };
  }
}
