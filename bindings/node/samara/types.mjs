// East types: made of each other, read from text, found out from values.

import {TypeMismatch} from './errors.mjs';
import {addon} from './native.mjs';
import {KeyList, Matrix, Ref, Some} from './values.mjs';

const known = new Map();

/** An East type; equal types are the same object. */
export class Type {
  #id;
  #parts;
  constructor(id, [kind, text, names, parts]) {
    this.#id = id;
    this.#parts = parts;
    /** The constructor: 'Array', 'Struct', … */
    this.kind = kind;
    /** East text: `.Array .Float` */
    this.text = text;
    /** Names of fields or cases. */
    this.names = Object.freeze(names);
  }
  static id(type) {
    return type.#id;
  }
  /** Types of elements, fields, cases, inputs and output. */
  get parts() {
    return this.#parts.map(typeOfId);
  }
  toString() {
    return this.text;
  }
  toJSON() {
    return this.text;
  }
}

export function typeOfId(id) {
  let type = known.get(id);
  if (type === undefined) known.set(id, (type = new Type(id, addon.describe(id))));
  return type;
}

/** A type from East text. */
const parsed = (text) => typeOfId(addon.parseType(text));

export const NullType = parsed('.Null');
export const BooleanType = parsed('.Boolean');
export const IntegerType = parsed('.Integer');
export const FloatType = parsed('.Float');
export const StringType = parsed('.String');
export const BlobType = parsed('.Blob');
export const DateTimeType = parsed('.DateTime');
export const NeverType = parsed('.Never');

const unary = (kind) => (part) => built(`.${kind} ${textOf(part)}`);
export const ArrayType = unary('Array');
export const SetType = unary('Set');
export const VectorType = unary('Vector');
export const MatrixType = unary('Matrix');
export const RefType = unary('Ref');
export function DictType(key, value) {
  return built(`.Dict (key=${textOf(key)}, value=${textOf(value)})`);
}
const named = (kind, parts) =>
  built(
    `.${kind} [` +
      Object.entries(parts)
        .map(([name, part]) => `(name=${quoted(name)}, type=${textOf(part)})`)
        .join(', ') +
      ']',
  );
/** A struct of these fields, in order: `StructType({name: StringType, speed: FloatType})`. */
export function StructType(fields) {
  return named('Struct', fields);
}
/** A variant of these cases: `VariantType({circle: FloatType, none: NullType})`. */
export function VariantType(cases) {
  return named('Variant', cases);
}
/** null, or a value. */
export function OptionType(part) {
  return VariantType({none: NullType, some: part});
}
export function FunctionType(inputs, output) {
  return built(`.Function (inputs=[${inputs.map(textOf).join(', ')}], output=${textOf(output)})`);
}
/**
 * The type `distance` constructors further out: 1 is the one right around it. A list:
 * `VariantType({nil: NullType, cons: StructType({head: IntegerType, tail: RecursiveType(2)})})`.
 */
export function RecursiveType(distance) {
  return new Open(`.Recursive ${Number(distance)}`);
}

// Part of a recursive type, which is no type until all of it is there.
class Open {
  constructor(text) {
    this.text = text;
  }
}
function built(text) {
  if (!text.includes('.Recursive')) return parsed(text);
  try {
    return parsed(text);
  } catch {
    return new Open(text); // it points further out than the text goes
  }
}

const quoted = (name) => '"' + name.replaceAll('\\', '\\\\').replaceAll('"', '\\"') + '"';

const plain = new Map([
  [Number, '.Float'],
  [BigInt, '.Integer'],
  [String, '.String'],
  [Boolean, '.Boolean'],
  [Date, '.DateTime'],
  [Uint8Array, '.Blob'],
  [Float64Array, '.Array .Float'],
  [BigInt64Array, '.Array .Integer'],
]);

function textOf(given) {
  if (given instanceof Type || given instanceof Open) return given.text;
  if (given === null) return '.Null';
  if (typeof given === 'string') {
    const text = given.trim();
    return /^\.[A-Z]/.test(text) ? text : readSource(text);
  }
  if (plain.has(given)) return plain.get(given);
  throw new TypeMismatch(`${String(given)} is no East type`);
}

/**
 * A type from a Type, East text (`.Array .Float`), the notation of East programs (`Array<Float>`,
 * `(name: String, price: Float)`, `.none | .some Integer`), or a class of JavaScript (Number,
 * BigInt, String, Boolean, Date, Uint8Array, Float64Array, BigInt64Array).
 */
export function toType(given) {
  return given instanceof Type ? given : parsed(textOf(given));
}

// --- the notation of East programs

const simple = new Set(['Never', 'Null', 'Boolean', 'Integer', 'Float', 'String', 'DateTime', 'Blob']);
const unaries = new Set(['Array', 'Set', 'Vector', 'Matrix', 'Ref']);

function readSource(text) {
  const tokens = text.match(/->|\.?\w+|"(?:[^"\\]|\\.)*"|[<>(),:|]|\S/g) ?? [];
  let at = 0;
  const wrong = (expected) => {
    throw new TypeMismatch(`'${text}' is no East type: expected ${expected}, got ${tokens[at] ?? 'its end'}`);
  };
  const take = (token) => (tokens[at] === token ? tokens[at++] : wrong(`'${token}'`));
  const list = (end, item) => {
    const out = [];
    while (tokens[at] !== end) {
      out.push(item());
      if (tokens[at] !== end) take(',');
    }
    at++;
    return out;
  };
  const type = () => {
    if (tokens[at] !== '|' && !/^\.[a-z_]/i.test(tokens[at] ?? '')) return single();
    const cases = [];
    if (tokens[at] === '|') at++;
    do {
      if (!/^\.\w+$/.test(tokens[at] ?? '')) wrong('a case');
      const name = tokens[at++].slice(1);
      const bare = tokens[at] === undefined || ['|', ',', ')', '>'].includes(tokens[at]);
      cases.push([name, bare ? '.Null' : single()]);
    } while (tokens[at] === '|' && ++at);
    cases.sort(([a], [b]) => (a < b ? -1 : 1));
    return `.Variant [${cases.map(([n, t]) => `(name="${n}", type=${t})`).join(', ')}]`;
  };
  const single = () => {
    if (tokens[at] === '(') {
      at++;
      if (tokens[at + 1] === ':') {
        const fields = list(')', () => {
          const name = tokens[at++];
          take(':');
          return `(name=${name.startsWith('"') ? name : `"${name}"`}, type=${type()})`;
        });
        return `.Struct [${fields.join(', ')}]`;
      }
      const inner = list(')', type);
      if (tokens[at] === '->') {
        at++;
        return `.Function (inputs=[${inner.join(', ')}], output=${single()})`;
      }
      if (inner.length === 0) return '.Struct []';
      return inner.length === 1 ? inner[0] : wrong("'->'");
    }
    const name = tokens[at];
    if (simple.has(name)) return at++, `.${name}`;
    const inner = () => {
      at++;
      take('<');
      return list('>', type);
    };
    if (unaries.has(name)) return `.${name} ${inner()[0]}`;
    if (name === 'Option') return `.Variant [(name="none", type=.Null), (name="some", type=${inner()[0]})]`;
    if (name === 'Dict') {
      const [key, value] = inner();
      return `.Dict (key=${key}, value=${value})`;
    }
    return wrong('a type');
  };
  const out = type();
  if (at !== tokens.length) wrong('no more');
  return out;
}

/** A type in the notation of East programs. Recursive types have none. */
export function sourceOf(type) {
  const parts = type.parts;
  switch (type.kind) {
    case 'Struct':
      return `(${type.names.map((n, i) => `${n}: ${sourceOf(parts[i])}`).join(', ')})`;
    case 'Variant':
      if (type.names.length === 0) return 'Variant<>';
      return type.names
        .map((n, i) => {
          if (parts[i].kind === 'Null') return `.${n}`;
          const inner = sourceOf(parts[i]);
          return parts[i].kind === 'Variant' ? `.${n} (${inner})` : `.${n} ${inner}`;
        })
        .join(' | ');
    case 'Function':
    case 'AsyncFunction':
      return (
        (type.kind === 'Function' ? '(' : 'async (') +
        `${parts.slice(0, -1).map(sourceOf).join(', ')}) -> ${sourceOf(parts.at(-1))}`
      );
    default:
      return parts.length === 0 ? type.kind : `${type.kind}<${parts.map(sourceOf).join(', ')}>`;
  }
}

// --- types that follow from values: [kind, parts…], where '?' is not known yet

const wordOf = (node) => (node[0] === 'fixed' ? node[1].text : node[0]);
function conflict(a, b, path) {
  throw new TypeMismatch(`${path || 'the value'}: ${wordOf(b)} beside ${wordOf(a)}; give a type`);
}
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The least type for values of both. */
function join(a, b, path) {
  if (b[0] === '?' || same(a, b)) return a;
  if (a[0] === '?') return b;
  if (a[0] === 'Null') return b[0] === 'Option' ? b : ['Option', b];
  if (b[0] === 'Null') return a[0] === 'Option' ? a : ['Option', a];
  if (a[0] === 'Option' || b[0] === 'Option') {
    const inner = [a, b].map((node) => (node[0] === 'Option' ? node[1] : node));
    return ['Option', join(inner[0], inner[1], path)];
  }
  if (a[0] !== b[0]) conflict(a, b, path);
  if (a[0] === 'Array' || a[0] === 'Set' || a[0] === 'Ref') return [a[0], join(a[1], b[1], path)];
  if (a[0] === 'Dict') return ['Dict', join(a[1], b[1], path), join(a[2], b[2], path)];
  if (a[0] === 'Struct' && same(a[1].map(([n]) => n), b[1].map(([n]) => n))) {
    return ['Struct', a[1].map(([n, t], i) => [n, join(t, b[1][i][1], `${path}.${n}`)])];
  }
  return conflict(a, b, path);
}

const joined = (values, path, seen, label) => {
  let out = ['?'];
  let index = 0;
  for (const each of values) {
    const at = `${path}[${label(each, index++)}]`;
    out = join(out, infer(each, at, seen), at);
  }
  return out;
};
const keyLabel = (key) => `${typeof key === 'string' ? JSON.stringify(key) : String(key)} (key)`;

const typedArrays = new Map([
  [Float64Array, ['Array', ['Float']]],
  [Float32Array, ['Array', ['Float']]],
  [BigInt64Array, ['Array', ['Integer']]],
  [Int32Array, ['Array', ['Integer']]],
  [Int16Array, ['Array', ['Integer']]],
  [Int8Array, ['Array', ['Integer']]],
  [Uint32Array, ['Array', ['Integer']]],
  [Uint16Array, ['Array', ['Integer']]],
]);

function infer(value, path, seen) {
  switch (typeof value) {
    case 'boolean':
      return ['Boolean'];
    case 'bigint':
      return ['Integer'];
    case 'number':
      return ['Float'];
    case 'string':
      return ['String'];
    case 'undefined':
      return ['Null'];
    case 'object':
      break;
    default:
      throw new TypeMismatch(`${path || 'the value'}: no East type follows from a ${typeof value}`);
  }
  if (value === null) return ['Null'];
  if (value instanceof Date) return ['DateTime'];
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView) {
    return ['Blob'];
  }
  if (ArrayBuffer.isView(value)) {
    const node = typedArrays.get(value.constructor);
    if (node !== undefined) return node;
  }
  if (value instanceof Matrix) {
    const kind = {Float64Array: 'Float', BigInt64Array: 'Integer', Uint8Array: 'Boolean'};
    const element = kind[value.data.constructor.name];
    if (element !== undefined) return ['fixed', MatrixType('.' + element)];
  }
  if (seen.has(value)) throw new TypeMismatch(`${path || 'the value'} contains itself; give a type`);
  seen.add(value);
  try {
    return inferInner(value, path, seen);
  } finally {
    seen.delete(value);
  }
}

function inferInner(value, path, seen) {
  if (value instanceof KeyList) throw new TypeMismatch(`${path || 'a KeyList'}: give a type`);
  if (Array.isArray(value)) return ['Array', joined(value, path, seen, (_, index) => index)];
  if (value instanceof Set) return ['Set', joined(value, path, seen, keyLabel)];
  if (value instanceof Map) {
    const key = joined(value.keys(), path, seen, keyLabel);
    let inner = ['?'];
    for (const [name, each] of value) {
      const at = `${path}[${keyLabel(name).slice(0, -6)}]`;
      inner = join(inner, infer(each, at, seen), at);
    }
    return ['Dict', key, inner];
  }
  if (value instanceof Some) return ['Option', infer(value.value, path, seen)];
  if (value instanceof Ref) return ['Ref', infer(value.value, `${path}.value`, seen)];
  const fields = Object.keys(value);
  if (fields.length === 2 && typeof value.type === 'string' && 'value' in value) {
    throw new TypeMismatch(
      `${path || 'the value'} may be one case of a variant, whose other cases do not show; give a type`,
    );
  }
  return ['Struct', fields.map((name) => [name, infer(value[name], `${path}.${name}`, seen)])];
}

function finish(node, path) {
  switch (node[0]) {
    case '?':
      throw new TypeMismatch(`${path || 'the value'} is empty: no type follows; give a type`);
    case 'fixed':
      return node[1];
    case 'Array':
    case 'Set':
    case 'Ref':
      return unary(node[0])(finish(node[1], path));
    case 'Dict':
      return DictType(finish(node[1], path), finish(node[2], path));
    case 'Struct':
      return StructType(
        Object.fromEntries(node[1].map(([name, inner]) => [name, finish(inner, `${path}.${name}`)])),
      );
    case 'Option':
      return OptionType(finish(node[1], path));
    default:
      return parsed('.' + node[0]);
  }
}

/**
 * The type that follows from a value. Throws TypeMismatch where it is not clear: empty arrays,
 * elements of several types, variants.
 */
export function typeOf(value) {
  return finish(infer(value, '', new Set()), '');
}
