// Values of JavaScript and of East, there and back.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';
import {isDeepStrictEqual} from 'node:util';

import {repository, samara} from './support.mjs';

const {
  ArrayType, BlobType, DictType, FloatType, IntegerType, KeyList, Matrix, NullType, OptionType,
  RecursiveType, Ref, RefType, SetType, Some, StringType, StructType, TypeMismatch, VariantType,
  decode, encode, toType, typeOf, variant,
} = samara;

const there = (value, type) => decode(encode(value, type));

/** What comes back is equal, and encodes to the same bytes again. */
function keeps(value, type, expected = value) {
  const bytes = encode(value, type);
  const back = decode(bytes);
  assert.deepStrictEqual(back, expected);
  assert.deepStrictEqual(encode(back, type), bytes);
}
function says(value, type, words) {
  assert.throws(
    () => encode(value, type),
    (error) => error instanceof TypeMismatch && error.message.includes(words) || assert.fail(error.message),
  );
}

test('scalars keep their values', () => {
  keeps(null, 'Null');
  keeps(undefined, 'Null', null);
  keeps(true, 'Boolean');
  for (const each of [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)]) keeps(each, 'Integer');
  keeps(42, 'Integer', 42n);
  keeps(Number.MIN_SAFE_INTEGER, 'Integer', BigInt(Number.MIN_SAFE_INTEGER));
  for (const each of [0, -0, 1.5, Infinity, -Infinity, NaN, 5e-324]) keeps(each, 'Float');
  for (const each of ['', 'ä𝄞\0', 'x'.repeat(10_000), '\ufffd']) keeps(each, 'String');
  keeps(new Uint8Array([0, 255]), 'Blob');
  keeps(Buffer.from('ab'), 'Blob', new Uint8Array([97, 98]));
  keeps(new Uint8Array([1, 2]).buffer, 'Blob', new Uint8Array([1, 2]));
  keeps(new DataView(new Uint8Array([1, 2, 3]).buffer, 1), 'Blob', new Uint8Array([2, 3]));
  for (const each of [0, -1, 8.64e15, -8.64e15]) keeps(new Date(each), 'DateTime');
});

test('wrong scalars are told', () => {
  says(1.5, 'Integer', 'fraction');
  says(2 ** 53, 'Integer', 'bigint');
  says(2n ** 63n, 'Integer', '64 bits');
  says(1n, 'Float', 'expected Float, got bigint');
  says('1', 'Float', 'expected Float, got string');
  says('\ud800', 'String', 'surrogate');
  says(new Date(NaN), 'DateTime', 'invalid Date');
  says(0, 'DateTime', 'got number');
  says([1], 'Blob', 'got Array');
  says(new Float64Array(1), 'Blob', 'got Float64Array');
  says(0, 'Null', 'got number');
  says(1, 'Boolean', 'got number');
});

test('numbers side by side are typed arrays', () => {
  keeps(new Float64Array([1, -0, NaN]), 'Array<Float>');
  keeps([1, 2], 'Array<Float>', new Float64Array([1, 2]));
  keeps(new Int16Array([1, -2]), 'Array<Float>', new Float64Array([1, -2]));
  keeps(new BigInt64Array([1n, -(2n ** 63n)]), 'Array<Integer>');
  keeps([1, 2n], 'Array<Integer>', new BigInt64Array([1n, 2n]));
  keeps(new Uint32Array([7]), 'Array<Integer>', new BigInt64Array([7n]));
  keeps(new Float64Array(0), 'Array<Float>');
  keeps(new Float64Array([1.5]), 'Vector<Float>');
  keeps([true, false], 'Vector<Boolean>', new Uint8Array([1, 0]));
  keeps(Matrix.of([[1, 2, 3], [4, 5, 6]]), 'Matrix<Float>');
  keeps([[1n], [2n]], 'Matrix<Integer>', Matrix.of([[1n], [2n]]));
  says([[1, 2], [3]], 'Matrix<Float>', '[1]: expected 2 numbers');
  says(new Float64Array(1), 'Array<Integer>', 'got Float64Array');
  says(new BigUint64Array([2n ** 63n]), 'Array<Integer>', 'got BigUint64Array');
  const matrix = there([[1, 2], [3, 4]], 'Matrix<Float>');
  assert.deepStrictEqual([matrix.shape, matrix.at(1, 0), [...matrix.row(1)]], [[2, 2], 3, [3, 4]]);
});

test('a large array is not held by what is beside it, and can be written to', () => {
  const repo = repository();
  const big = Float64Array.from({length: 100_000}, (_, index) => index);
  const id = repo.put(big);
  const first = repo.get(id);
  assert.deepStrictEqual(first, big);
  first[7] = -1;
  assert.equal(repo.get(id)[7], 7);
  assert.equal(repo.getBytes(id, 'text').slice(0, 10), '[0.0, 1.0,');
});

test('sets and dictionaries', () => {
  keeps(new Set(['a', 'b']), 'Set<String>');
  keeps(new Set([1n, 2n]), 'Set<Integer>');
  keeps(new Map([['a', 1n], ['b', 2n]]), 'Dict<String, Integer>');
  keeps({b: 2, a: 1}, 'Dict<String, Integer>', new Map([['a', 1n], ['b', 2n]]));
  keeps(new Map([[NaN, 1n]]), 'Dict<Float, Integer>');
  assert.deepStrictEqual([...there(new Set(['b', 'a']), 'Set<String>')], ['a', 'b']);
  says(['a'], 'Set<String>', 'expected .Set .String, got Array');
  says(new Map([['a', 'b']]), 'Dict<String, Integer>', '["a"]: expected Integer, got string');
  says(new Map([[1, 1]]), 'Dict<String, Integer>', '[1 (key)]: expected String, got number');
});

test('keys that JavaScript cannot tell apart are kept in a list', () => {
  const both = KeyList.from([-0, 0]);
  keeps(both, 'Set<Float>');
  keeps(KeyList.from([[-0, 'a'], [0, 'b']]), 'Dict<Float, String>');
  assert.ok(there(new Set([1.5]), 'Set<Float>') instanceof Set);
  const points = new Map([[{x: 1}, 'a'], [{x: 2}, 'b']]);
  keeps(points, 'Dict<(x: Float), String>');
  says(new Map([[{x: 1}, 'a'], [{x: 1}, 'b']]), 'Dict<(x: Float), String>', 'same value');
});

test('structs are plain objects with all their fields and no others', () => {
  const type = StructType({name: StringType, price: OptionType(FloatType), nothing: NullType});
  keeps({name: 'a', price: 1, nothing: null}, type);
  keeps({name: 'a'}, type, {name: 'a', price: null, nothing: null});
  says({price: 1}, type, '.name: expected String, but there is no such field');
  says({name: 'a', cost: 1}, type, "no field 'cost'");
  says([], type, 'got Array');
  says({name: 'a', price: 'b'}, type, '.price: expected Float, got string');
  class Item {
    name = 'c';
    price = 2;
    nothing = null;
  }
  keeps(new Item(), type, {name: 'c', price: 2, nothing: null});
  const odd = JSON.parse('{"__proto__": 1, "constructor": 2}');
  keeps(odd, StructType(JSON.parse('{"__proto__": ".Float", "constructor": ".Float"}')));
});

test('errors name the place', () => {
  const type = 'Array<(name: String, prices: Dict<String, Array<Float>>)>';
  const rows = [{name: 'a', prices: {tea: [1, 'x']}}];
  says(rows, type, '[0].prices["tea"][1]: expected Float, got string');
});

test('variants say which case they are', () => {
  const type = VariantType({circle: FloatType, point: NullType});
  keeps({type: 'circle', value: 2}, type);
  keeps(variant('point'), type);
  keeps({type: 'point'}, type, {type: 'point', value: null});
  says({type: 'square', value: 1}, type, "no case 'square'");
  says({circle: 1}, type, 'without a type');
});

test('an option is null or the plain value where that loses nothing', () => {
  keeps(null, 'Option<Integer>');
  keeps(1n, 'Option<Integer>');
  keeps(new Some(1n), 'Option<Integer>', 1n);
  keeps(new Some(null), 'Option<Option<Integer>>');
  keeps(new Some(1n), 'Option<Option<Integer>>');
  keeps(null, 'Option<Null>');
  keeps(new Some(null), 'Option<Null>');
  keeps({type: 'a', value: null}, 'Option<.a | .b Integer>');
});

test('what is one object stays one, and cycles stay', () => {
  const list = ['a'];
  const back = there([list, list, ['a']], 'Array<Array<String>>');
  assert.equal(back[0], back[1]);
  assert.notEqual(back[0], back[2]);
  const cell = new Ref(1);
  const cells = there([cell, cell], 'Array<Ref<Float>>');
  assert.equal(cells[0], cells[1]);
  assert.equal(cells[0].value, 1);
  const type = VariantType({end: NullType, next: RefType(RecursiveType(2))});
  const loop = new Ref(null);
  loop.value = {type: 'next', value: loop};
  const got = there(loop, RefType(type));
  assert.equal(got.value.value, got);
  const tree = ArrayType(RecursiveType(1));
  const self = [];
  self.push(self, []);
  const other = there(self, tree);
  assert.equal(other[0], other);
  assert.deepStrictEqual(other[1], []);
});

test('lists nest deeply', () => {
  const type = VariantType({nil: NullType, cons: StructType({head: IntegerType, tail: RecursiveType(2)})});
  let list = variant('nil');
  for (let i = 0; i < 2000; i++) list = variant('cons', {head: BigInt(i), tail: list});
  let back = there(list, type);
  let count = 0;
  for (; back.type === 'cons'; back = back.value.tail) count++;
  assert.equal(count, 2000);
});

test('types follow from values where they are clear', () => {
  const of = (value) => samara.sourceOf(typeOf(value));
  assert.equal(of([1, 2.5]), 'Array<Float>');
  assert.equal(of([1n, null]), 'Array<.none | .some Integer>');
  assert.equal(of(new Map([['a', {x: true}]])), 'Dict<String, (x: Boolean)>');
  assert.equal(of(new Set(['a'])), 'Set<String>');
  assert.equal(of(new Uint8Array(1)), 'Blob');
  assert.equal(of(new BigInt64Array(1)), 'Array<Integer>');
  assert.equal(of(Matrix.of([[1]])), 'Matrix<Float>');
  assert.equal(of(new Ref('a')), 'Ref<String>');
  assert.throws(() => typeOf([]), /empty/);
  assert.throws(() => typeOf([1, 'a']), /\[1\]: String beside Float/);
  assert.throws(() => typeOf({type: 'a', value: 1}), /variant/);
  assert.throws(() => typeOf(() => 1), /function/);
});

test('types are read from both notations', () => {
  assert.equal(toType('Array<Float>'), toType('.Array .Float'));
  assert.equal(toType(ArrayType(FloatType)), toType(Float64Array));
  assert.equal(
    toType('(Array<(a: Integer, b: Option<String>)>, Set<Integer>) -> (.x | .y Blob)').text,
    '.Function (inputs=[.Array .Struct [(name="a", type=.Integer), (name="b", type=.Variant ' +
      '[(name="none", type=.Null), (name="some", type=.String)])], .Set .Integer], output=.Variant [(name="x", type=.Null), (name="y", type=.Blob)])',
  );
});

test('two options of one type are the same type', () => {
  assert.equal(OptionType(BlobType), toType('.none | .some Blob'));
  assert.equal(DictType(StringType, SetType(IntegerType)), toType('Dict<String, Set<Integer>>'));
});

// Row of the guide's table, type, all forms of one value as JavaScript may give it, what comes back.
const point = StructType({x: FloatType, y: OptionType(FloatType)});
class Point {
  x = 1;
  y = null;
}
const shape = VariantType({circle: FloatType, point: NullType});
const bytes = new Uint8Array([1, 2]);
const tableRows = [
  ['Null', 'Null', [null, undefined], null],
  ['Boolean, String', 'Boolean', [true], true],
  ['Boolean, String', 'String', ['ä𝄞'], 'ä𝄞'],
  ['Integer', 'Integer', [7n, 7], 7n],
  ['Float', 'Float', [1.5], 1.5],
  ['Blob', 'Blob', [bytes, Buffer.from(bytes), bytes.buffer, new DataView(bytes.buffer)], bytes],
  ['DateTime', 'DateTime', [new Date(8.64e15)], new Date(8.64e15)],
  ['Array Float, Array Integer', 'Array<Float>',
    [[1, 2], new Float64Array([1, 2]), new Float32Array([1, 2]), new Int8Array([1, 2])],
    new Float64Array([1, 2])],
  ['Array Float, Array Integer', 'Array<Integer>',
    [[1n, 2], new BigInt64Array([1n, 2n]), new BigUint64Array([1n, 2n]), new Uint16Array([1, 2])],
    new BigInt64Array([1n, 2n])],
  ['Vector', 'Vector<Float>', [[1, 2], new Float64Array([1, 2]), new Float32Array([1, 2])],
    new Float64Array([1, 2])],
  ['Vector', 'Vector<Integer>', [[1n, 2], new BigInt64Array([1n, 2n]), new Int32Array([1, 2])],
    new BigInt64Array([1n, 2n])],
  ['Vector', 'Vector<Boolean>', [[true, false], new Uint8Array([1, 0])], new Uint8Array([1, 0])],
  ['Matrix', 'Matrix<Float>',
    [new Matrix(2, 2, new Float64Array([1, 2, 3, 4])), [[1, 2], [3, 4]],
      [new Float64Array([1, 2]), new Float64Array([3, 4])]],
    Matrix.of([[1, 2], [3, 4]])],
  ['other Arrays', 'Array<String>', [['b', 'a']], ['b', 'a']],
  ['Set', 'Set<String>', [new Set(['a', 'b']), new Set(['b', 'a'])], new Set(['a', 'b'])],
  ['Dict', 'Dict<String, Integer>', [new Map([['a', 1n], ['b', 2n]]), {b: 2n, a: 1}],
    new Map([['a', 1n], ['b', 2n]])],
  ['Dict', 'Dict<Integer, String>', [new Map([[2n, 'b'], [1n, 'a']])], new Map([[1n, 'a'], [2n, 'b']])],
  ['Struct', point, [{x: 1, y: null}, {y: null, x: 1}, {x: 1}, new Point()], {x: 1, y: null}],
  ['Variant', shape, [{type: 'circle', value: 2}, variant('circle', 2)], {type: 'circle', value: 2}],
  ['Option: Variant {none, some T}', 'Option<Integer>', [null, undefined], null],
  ['Option: Variant {none, some T}', 'Option<Integer>', [3n, 3, new Some(3n)], 3n],
  ['Option: Variant {none, some T}', 'Option<Option<Integer>>', [new Some(null)], new Some(null)],
  ['Ref', 'Ref<Float>', [new Ref(1)], new Ref(1)],
];

test('each form of each row of the table is the same value', () => {
  for (const [row, type, forms, wanted] of tableRows) {
    const first = encode(forms[0], type);
    for (const [index, form] of forms.entries()) {
      assert.ok(isDeepStrictEqual(encode(form, type), first), `${row}: form ${index} of ${wanted}`);
    }
    const back = decode(first);
    assert.deepStrictEqual(back, wanted, row);
    assert.deepStrictEqual(encode(back, type), first, row);
  }
  assert.deepStrictEqual([...there(new Map([[2, 'b'], [1, 'a']]), 'Dict<Float, String>').keys()], [1, 2]);
  const matrix = there([[1, 2], [3, 4]], 'Matrix<Float>');
  assert.deepStrictEqual([matrix.rows, matrix.columns, matrix.at(1, 0), [...matrix.row(0)]], [2, 2, 3, [1, 2]]);
});

test('functions go by name only', () => {
  says((n) => n, '(Integer) -> Integer', 'unction');
});

test('no row of the table in the guide is left out', () => {
  const guide = new URL('../../../docs/guide/node.md', import.meta.url);
  const table = readFileSync(guide, 'utf8').split('| East | from JavaScript | to JavaScript |')[1].split('\n\n')[0];
  const rows = table.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split('|')[1].trim());
  assert.deepStrictEqual(new Set(rows), new Set([...tableRows.map(([row]) => row), 'functions']));
});
