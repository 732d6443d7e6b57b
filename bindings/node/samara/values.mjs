// Classes for East values that JavaScript has no word for.

import {inspect} from 'node:util';

/**
 * `some` of an option whose payload can itself look like null: Option<Option<T>>, Option<Null>.
 * May be given for any option.
 */
export class Some {
  constructor(value) {
    this.value = value;
    Object.freeze(this);
  }
}

/** A mutable cell; the same object in two places is the same cell in East. */
export class Ref {
  constructor(value = null) {
    this.value = value;
  }
}

/** Numbers in rows: `data` has one after the other. */
export class Matrix {
  constructor(rows, columns, data) {
    if (data.length !== rows * columns) {
      throw new RangeError(`${rows} × ${columns} numbers are not ${data.length}`);
    }
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }
  /** Of rows of the same length: `Matrix.of([[1, 2], [3, 4]])`; bigints make Integers. */
  static of(rows) {
    const columns = rows.length === 0 ? 0 : rows[0].length;
    for (const row of rows) {
      if (row.length !== columns) throw new RangeError('the rows differ in length');
    }
    const big = columns > 0 && typeof rows[0][0] === 'bigint';
    const data = new (big ? BigInt64Array : Float64Array)(rows.length * columns);
    rows.forEach((row, index) => data.set(row, index * columns));
    return new Matrix(rows.length, columns, data);
  }
  get shape() {
    return [this.rows, this.columns];
  }
  at(row, column) {
    return this.data[row * this.columns + column];
  }
  /** One row, not a copy. */
  row(index) {
    return this.data.subarray(index * this.columns, (index + 1) * this.columns);
  }
  *[Symbol.iterator]() {
    for (let i = 0; i < this.rows; i++) yield this.row(i);
  }
}

/**
 * The keys of a set, or the [key, value] pairs of a dictionary, where Set and Map would not keep
 * what East has: a key -0.
 */
export class KeyList extends Array {}

/** A stored object as an argument of a call: `repo.run('mean', stored(id))`. */
export class Stored {
  constructor(id) {
    this.id = id;
  }
}
export function stored(id) {
  return new Stored(String(id));
}

/** One case of a variant: {type, value}. */
export function variant(type, value = null) {
  return {type, value};
}

// --- what the addon asks for

/** Keys of a set; keys and values of a map or object in turn. */
export function flatten(from) {
  if (from instanceof Set) return [...from];
  const out = [];
  if (from instanceof Map) {
    for (const [key, value] of from) out.push(key, value);
  } else {
    for (const key of Object.keys(from)) out.push(key, from[key]);
  }
  return out;
}

const keyed = (keys, unique) => unique.size === keys.length && !keys.some((k) => Object.is(k, -0));

export function newSet(keys) {
  const set = new Set(keys);
  return keyed(keys, set) ? set : KeyList.from(keys);
}

/** The container for these keys, and a function that puts the values in. */
export function newMap(keys) {
  if (keyed(keys, new Set(keys))) {
    const map = new Map();
    return [map, (values) => keys.forEach((key, index) => map.set(key, values[index]))];
  }
  const list = new KeyList();
  return [list, (values) => keys.forEach((key, index) => list.push([key, values[index]]))];
}

/** How a value is shown in messages. */
export const shown = (value) => inspect(value, {depth: 1, maxArrayLength: 5, breakLength: Infinity});
