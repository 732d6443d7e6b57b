// East functions out of JavaScript: a builder that writes East source, which the compiler checks.
// What is made this way has the id of the same program written by hand.
//
//   const {fn, throw_} = east;
//   const mean = fn('mean', {xs: 'Array<Float>'}, 'Float', ({xs}) => {
//     east.if(xs.size().eq(0n), () => east.throw('no numbers'));
//     return xs.fold(0, (sum, x) => sum.add(x)).div(xs.size().toFloat());
//   });
//   repo.add(mean);

import {fileURLToPath} from 'node:url';

import {SamaraError, TypeMismatch} from './errors.mjs';
import {sourceOf, toType} from './types.mjs';

const folder = new URL('.', import.meta.url).href;
const keywords = new Set(
  (
    'as async await break catch continue do else false finally fn for if import in is let match ' +
    'null platform private rec return throw true try type var while NaN Infinity'
  ).split(' '),
);

/** Where the user's code is now. */
function userPlace() {
  const at = {};
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  Error.captureStackTrace(at, userPlace);
  Error.stackTraceLimit = before;
  for (const line of at.stack.split('\n').slice(1)) {
    const match = /\(?((?:file:\/\/)?\/[^()]*):(\d+):(\d+)\)?$/.exec(line);
    if (match === null || line.includes(folder)) continue;
    return `${match[1].startsWith('file:') ? fileURLToPath(match[1]) : match[1]}:${match[2]}`;
  }
  return 'somewhere';
}

function wrong(words) {
  return new TypeMismatch(`${userPlace()}: ${words}`);
}

// --- expressions

const text = Symbol('East source');
/** Operators, by the names that they have here. */
const operators = {
  add: '+', sub: '-', mul: '*', div: '/', rem: '%', pow: '**',
  eq: '==', ne: '!=', lt: '<', le: '<=', gt: '>', ge: '>=', is: 'is', and: '&&', or: '||',
};
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const plainName = (name) =>
  /^[A-Za-z_]\w*$/.test(name) && !keywords.has(name)
    ? name
    : '`' + name.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('\n', '\\n') + '`';
const fieldName = (name) => (keywords.has(name) ? name : plainName(name));

/** An expression: an operator, method or field of it is one again. */
function expression(source) {
  return new Proxy(function () {}, {
    get(_, name) {
      if (name === text) return source;
      if (name === Symbol.toPrimitive) {
        return () => {
          throw wrong('an East expression has no value in JavaScript: use its methods (add, lt, …)');
        };
      }
      if (typeof name === 'symbol' || name === 'then') return undefined;
      return member(source, name);
    },
    apply(_, __, given) {
      return expression(`${source}(${given.map(sourceFor).join(', ')})`);
    },
    set() {
      throw wrong('an East expression is changed by east.set(place, value)');
    },
  });
}

// What stands behind the dot: a field as it is, a method when it is called.
function member(source, name) {
  const call = (...given) => {
    if (name in operators && given.length === 1) {
      return expression(`(${source} ${operators[name]} ${sourceFor(given[0])})`);
    }
    if (name === 'not' && given.length === 0) return expression(`(!${source})`);
    if (name === 'neg' && given.length === 0) return expression(`(-${source})`);
    if (name === 'at' && given.length === 1) return expression(`${source}[${sourceFor(given[0])}]`);
    if (name === 'as' && given.length === 1) return expression(`(${source} as ${typeSource(given[0])})`);
    if (name === 'field' && given.length === 1) return expression(`${source}.${fieldName(given[0])}`);
    if (name === 'method') return method(source, given[0], given.slice(1));
    return method(source, name, given);
  };
  const field = `${source}.${fieldName(name)}`;
  return new Proxy(call, {
    get(target, inner) {
      if (inner === text) return field;
      if (inner === Symbol.toPrimitive || typeof inner === 'symbol') return expression(field)[inner];
      return member(field, inner);
    },
    apply(target, _, given) {
      return target(...given);
    },
  });
}

function method(source, name, given) {
  // Types in front are type arguments: `x.parseJson(east.type('Array<Float>'))`.
  const types = given.filter((each) => each instanceof TypeArgument);
  const rest = given.filter((each) => !(each instanceof TypeArgument));
  const args = types.length > 0 ? `<${types.map((t) => typeSource(t.type)).join(', ')}>` : '';
  return expression(`${source}.${snake(name)}${args}(${rest.map(sourceFor).join(', ')})`);
}

class TypeArgument {
  constructor(type) {
    this.type = type;
  }
}

function typeSource(given) {
  const type = toType(given);
  if (type.text.includes('.Recursive')) throw wrong('recursive types have no East notation here');
  const source = sourceOf(type);
  return type.kind === 'Variant' ? `(${source})` : source;
}

const escapes = {'\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '\r': '\\r', '\0': '\\0'};
const quoted = (words) => words.replace(/[\\"\n\t\r\0]/g, (letter) => escapes[letter]);

function numberSource(number) {
  if (Number.isNaN(number)) return 'NaN';
  if (Math.abs(number) === Infinity) return number < 0 ? '(-Infinity)' : 'Infinity';
  let words = Object.is(number, -0) ? '-0' : String(number);
  if (!/[.e]/.test(words)) words += '.0';
  return words.replace('e+', 'e');
}

/** Source of an expression, or of a value of JavaScript: numbers are Floats, bigints Integers. */
function sourceFor(value) {
  switch (typeof value) {
    case 'number':
      return numberSource(value);
    case 'bigint':
      return String(value);
    case 'string':
      return `"${quoted(value)}"`;
    case 'boolean':
      return String(value);
    case 'undefined':
      throw wrong('undefined is no East value');
    case 'function': {
      const source = value[text];
      if (source !== undefined) return source;
      if (value instanceof EastProgram) return useOf(value);
      return lambda(value);
    }
    default:
      break;
  }
  if (value === null) return 'null';
  if (value instanceof Date) {
    const ms = value.toISOString();
    return /^\d{4}-/.test(ms) ? ms.slice(0, -1) : `(${value.getTime()}: DateTime)`;
  }
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value) || value instanceof Float64Array || value instanceof BigInt64Array) {
    return `[${Array.from(value, sourceFor).join(', ')}]`;
  }
  if (value instanceof Set) return `{${Array.from(value, sourceFor).join(', ')}}`;
  if (value instanceof Map) {
    const pairs = Array.from(value, ([key, each]) => `${sourceFor(key)}: ${sourceFor(each)}`);
    return pairs.length === 0 ? '{:}' : `{${pairs.join(', ')}}`;
  }
  const fields = Object.keys(value).map((name) => `${plainName(name)} = ${sourceFor(value[name])}`);
  return `(${fields.join(', ')})`;
}

// --- functions that are being made

let making = null; // {lines, places, uses, names}

function here() {
  if (making === null) throw wrong('East statements stand in the body of a function of east.fn');
  return making;
}
const fresh = (stem) => `${stem}${++here().count}`;

/** A statement; at its end it says where in JavaScript it was written. */
function statement(source) {
  const {lines, places} = here();
  lines.push(`${source} //@${places.push(userPlace()) - 1}`);
}

/** The body of a function, branch or loop: `{ … }`. */
function body(work, ...given) {
  const outer = here().lines;
  making.lines = [];
  try {
    const last = work(...given);
    if (last !== undefined) statement(sourceFor(last));
    return `{\n${making.lines.join('\n')}\n}`;
  } finally {
    making.lines = outer;
  }
}

function lambda(work) {
  const names = Array.from({length: work.length}, () => fresh('p'));
  return `((${names.join(', ')}) -> ${body(work, ...names.map(expression))})`;
}

function useOf(program) {
  here().uses.add(program);
  return program.eastName;
}

/** A function of East: give it to `repo.add`, or call it in the body of another one. */
class EastProgram extends Function {
  constructor() {
    super();
    throw new SamaraError('east.fn makes these');
  }
}

function program(eastName, head, made) {
  const out = (...given) => {
    here().uses.add(out);
    return expression(`${eastName}(${given.map(sourceFor).join(', ')})`);
  };
  Object.setPrototypeOf(out, EastProgram.prototype);
  const all = () => {
    const found = new Map();
    const visit = (each) => {
      const known = found.get(each.eastName);
      if (known === each) return;
      if (known !== undefined) throw new SamaraError(`two functions are named '${each.eastName}'`);
      found.set(each.eastName, each);
      for (const inner of each.uses) visit(inner);
    };
    visit(out);
    return [...found.values()];
  };
  return Object.assign(out, {
    eastName,
    head,
    body: made.body,
    uses: made.uses,
    places: made.places,
    /** The East source of the function and of those it uses. */
    sourceText: () =>
      all()
        .map((each) => {
          const hidden = each === out || each.body === null ? '' : 'private ';
          return each.body === null ? each.head : `${hidden}${each.head} ${marked(each)}`;
        })
        .join('\n') + '\n',
    /** An error of the compiler, with places in JavaScript. */
    explain: (error) => {
      const lines = out.sourceText().split('\n');
      error.message = error.message.replace(/<source>:(\d+):\d+/g, (found, line) => {
        for (let i = Number(line) - 1; i < lines.length; i++) {
          const match = /\/\/@(\w+)\.(\d+)$/.exec(lines[i]);
          if (match === null) continue;
          const of = all().find((each) => each.eastName === match[1]);
          return of.places[Number(match[2])];
        }
        return found;
      });
      return error;
    },
  });
}

const marked = (each) => each.body.replace(/ \/\/@(\d+)$/gm, ` //@${each.eastName}.$1`);

function parameters(types) {
  return Object.entries(types)
    .map(([name, type]) => `${plainName(name)}: ${typeSource(type)}`)
    .join(', ');
}

/**
 * A function of East. `types`: of the parameters by their names; `work` gets them as expressions,
 * and the function itself, and returns the result; statements in it are those of `east`.
 */
function fn(name, types, output, work) {
  const outer = making;
  making = {lines: [], places: [], uses: new Set(), count: 0};
  try {
    const given = {};
    for (const each of Object.keys(types)) given[each] = expression(plainName(each));
    const self = expression(plainName(name));
    const made = body(work, given, self);
    const head = `fn ${plainName(name)}(${parameters(types)}) -> ${typeSource(output)}`;
    return program(plainName(name), head, {body: made, uses: making.uses, places: making.places});
  } finally {
    making = outer;
  }
}

/** A function that a worker or the caller's process offers under this name. */
function platform(name, types, output, {effect = 'effectful'} = {}) {
  const words = name === plainName(name) ? plainName(name) : `${plainName(name)} = "${quoted(name)}"`;
  const head = `platform ${effect} fn ${words}(${parameters(types)}) -> ${typeSource(output)}`;
  return program(plainName(name), head, {body: null, uses: new Set(), places: []});
}

const branches = (work) => (work === undefined ? '' : ` else ${body(work)}`);
const withType = (type) => (type === undefined ? '' : `: ${typeSource(type)}`);

/** The builder: functions, statements and expressions that are no methods. */
export const east = {
  fn,
  platform,

  // Statements.
  /** A constant; its name here is what is returned. */
  let(value, type) {
    const name = fresh('v');
    statement(`let ${name}${withType(type)} = ${sourceFor(value)}`);
    return expression(name);
  },
  /** A variable, which `set` changes. */
  var(value, type) {
    const name = fresh('v');
    statement(`var ${name}${withType(type)} = ${sourceFor(value)}`);
    return expression(name);
  },
  /** Assigns to a variable, or to an element: `set(xs.at(0n), 1)`. */
  set(place, value) {
    statement(`${sourceFor(place)} = ${sourceFor(value)}`);
  },
  /** Does something for its effect. */
  do(value) {
    statement(sourceFor(value));
  },
  if(condition, then, otherwise) {
    statement(`if ${sourceFor(condition)} ${body(then)}${branches(otherwise)}`);
  },
  while(condition, work) {
    statement(`while ${sourceFor(condition)} ${body(work)}`);
  },
  /** Over an array (value; or index and value), a set (key) or a dictionary (key; or key, value). */
  for(over, work) {
    const names = Array.from({length: Math.max(1, work.length)}, () => fresh('v'));
    const source = body(work, ...names.map(expression));
    statement(`for ${names.join(', ')} in ${sourceFor(over)} ${source}`);
  },
  return(value) {
    statement(value === undefined ? 'return' : `return ${sourceFor(value)}`);
  },
  throw(message) {
    statement(`throw ${sourceFor(message)}`);
  },
  break() {
    statement('break');
  },
  continue() {
    statement('continue');
  },

  // Expressions.
  /** One of two values. */
  when(condition, then, otherwise) {
    return expression(`(if ${sourceFor(condition)} ${body(then)}${branches(otherwise)})`);
  },
  /** `match(x, {some: (y) => y, none: () => 0n})`; `_` stands for the other cases. */
  match(value, arms) {
    const lines = Object.entries(arms).map(([name, work]) => {
      if (name === '_') return `_ -> ${body(work)}`;
      const bound = work.length > 0 ? [fresh('v')] : [];
      const head = [`.${fieldName(name)}`, ...bound].join(' ');
      return `${head} -> ${body(work, ...bound.map(expression))}`;
    });
    return expression(`(match ${sourceFor(value)} {\n${lines.join('\n')}\n})`);
  },
  try(work, handler) {
    const name = fresh('v');
    return expression(`(try ${body(work)} catch ${name} ${body(handler, expression(name))})`);
  },
  /** A case of a variant. */
  variant(name, payload) {
    const inner = payload === undefined ? '' : ` (${sourceFor(payload)})`;
    return expression(`(.${fieldName(name)}${inner})`);
  },
  /** A value of this type, where that does not show: `of([], 'Array<Float>')`. */
  of(value, type) {
    return expression(`(${sourceFor(value)}: ${typeSource(type)})`);
  },
  /** A cell. */
  ref(value) {
    return expression(`(&${sourceFor(value)})`);
  },
  /** A text with values in it: east.text`sum: ${sum}`. */
  text(words, ...values) {
    const parts = words.cooked ?? words;
    const source = parts.map((part, i) => quoted(part) + (i < values.length ? `\\(${sourceFor(values[i])})` : ''));
    return expression(`"${source.join('')}"`);
  },
  /** A builtin that is no method: `call('print', x)`, `call('Array.range', 0n, 3n)`. */
  call(name, ...given) {
    const at = name.lastIndexOf('.');
    return at < 0
      ? expression(`${snake(name)}(${given.map(sourceFor).join(', ')})`)
      : method(name.slice(0, at), name.slice(at + 1), given);
  },
  /** A type argument of a method: `text.parseJson(east.type('Array<Float>'))`. */
  type(type) {
    return new TypeArgument(type);
  },
};
