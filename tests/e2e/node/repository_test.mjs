// Repositories, functions and calls in the process of the caller.

import assert from 'node:assert/strict';
import {existsSync, writeFileSync} from 'node:fs';
import {test} from 'node:test';

import {failure, folder, join, repository, samara} from './support.mjs';

const PROGRAMS = `fn spin(n: Integer) -> Integer {
  var i = 0
  while i < n {
    i = i + 1
  }
  i
}
fn inverse(n: Integer) -> Integer {
  if n == 0 { throw "nothing is inverse to 0" }
  100 / n
}
fn outer(n: Integer) -> Integer {
  inverse(n) + 1
}
fn total(xs: Array<Float>) -> Float {
  xs.fold(0.0, (sum, x) -> sum + x)
}
fn same(xs: Array<Float>) -> Array<Float> {
  xs
}
`;
function programs(options) {
  const repo = repository(options);
  repo.add(PROGRAMS);
  return repo;
}

test('values have ids and names', () => {
  const repo = repository();
  const id = repo.put({a: [1, 2]}, undefined, {name: 'inputs/table'});
  assert.equal(repo.put({a: [1, 2]}), id);
  assert.deepStrictEqual(repo.get('inputs/table'), {a: new Float64Array([1, 2])});
  assert.equal(repo.resolve('inputs/table'), id);
  assert.equal(repo.resolve(id.slice(0, 12)), id);
  assert.equal(repo.typeOf(id), samara.toType('(a: Array<Float>)'));
  repo.setRef('other', id);
  repo.setRef('inputs/table', null);
  assert.throws(() => repo.get('inputs/table'), samara.NotFound);
  assert.equal(repo.getBytes('other', 'text'), '(a=[1.0, 2.0])');
  assert.equal(repo.putBytes('{"a":[1.0,2.0]}', {format: 'json', type: '(a: Array<Float>)'}), id);
  assert.equal(repo.putBytes(repo.getBytes(id)), id);
  repo.close();
  assert.throws(() => repo.get(id), /closed/);
});

test('a repository is found, or its absence told', () => {
  const place = folder();
  const made = samara.init(join(place, '.samara'));
  assert.equal(new samara.Repository(place).path, made.path);
  assert.throws(() => new samara.Repository(join(place, 'nowhere')), samara.SamaraError);
  assert.throws(() => samara.init(join(place, '.samara')), samara.SamaraError);
});

test('functions run, and their answers are found again', async () => {
  const repo = programs();
  assert.equal(repo.run('total', [1, 2, 6]), 9);
  assert.equal(repo.result('total', [1, 2, 6]).fromMemo, true);
  assert.equal(repo.with({memo: false}).result('total', [1, 2, 6]).fromMemo, false);
  assert.equal(await repo.call('total', new Float64Array([0.5])), 0.5);
  const total = repo.function('total');
  assert.equal(total([2]), 2);
  assert.equal(await total.call([3]), 3);
  assert.equal(samara.sourceOf(total.type), '(Array<Float>) -> Float');
  const id = repo.put([1, 1]);
  assert.equal(repo.run(total, samara.stored(id)), 2);
  assert.equal(repo.functions().total.id, total.id);
  const {call, reason, id: valueId} = await repo.callResult('total', [7]);
  assert.match(reason, /\n$/);
  assert.equal(repo.get(valueId), 7);
  assert.match(repo.why(call), /./);
});

test('large arguments and results pass', async () => {
  const repo = programs();
  const big = Float64Array.from({length: 200_000}, (_, index) => index / 2);
  assert.deepStrictEqual(repo.run('same', big), big);
  assert.deepStrictEqual(await repo.call('same', big), big);
});

test('an East error has its locations, and where the call was made', async () => {
  const repo = programs();
  for (const work of [() => repo.run('outer', 0), () => repo.call('outer', 0)]) {
    const error = await failure(work);
    assert.ok(error instanceof samara.EastError && error instanceof samara.SamaraError);
    assert.equal(error.message, 'nothing is inverse to 0');
    assert.deepStrictEqual(error.locations.map((at) => at.line), [9, 13]);
    assert.match(error.stack, /^EastError: nothing.*\n {4}at .*:9:.*\n {4}at outer .*\n.*repository_test/);
    assert.match(repo.why(error), /./);
  }
});

test('wrong arguments are told', async () => {
  const repo = programs();
  assert.throws(() => repo.run('inverse', 'a'), /argument 1 of 'inverse': expected Integer, got string/);
  assert.throws(() => repo.run('inverse'), /'inverse' takes 1 argument, 0 given/);
  assert.throws(() => repo.run('nobody', 1), samara.NotFound);
  assert.ok((await failure(repo.call('total', [1, null]))) instanceof samara.TypeMismatch);
  assert.throws(() => repo.add('fn f( -> Integer {\n1\n}'), samara.SamaraError);
});

test('a deadline and a signal end calls', async () => {
  const repo = programs();
  const forever = 2 ** 52;
  assert.throws(() => repo.with({timeout: 50}).run('spin', forever), samara.Timeout);
  assert.ok((await failure(repo.with({timeout: 50}).call('spin', forever))) instanceof samara.Timeout);
  const control = new AbortController();
  setTimeout(() => control.abort(new Error('enough')), 50);
  const error = await failure(repo.with({signal: control.signal}).call('spin', forever));
  assert.ok(error instanceof samara.Cancelled);
  assert.equal(error.cause.message, 'enough');
  assert.ok((await failure(repo.with({signal: AbortSignal.abort()}).call('spin', 1))) instanceof samara.Cancelled);
  assert.throws(() => repo.with({timeout: 0}).run('spin', 1), RangeError);
  assert.throws(() => repo.with({memory: 'much'}).run('spin', 1), RangeError);
});

test('many calls run while JavaScript goes on', async () => {
  const repo = programs({workers: 3});
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const found = await Promise.all(Array.from({length: 60}, (_, i) => repo.call('spin', 20_000 + i)));
  clearInterval(timer);
  assert.deepStrictEqual(found, Array.from({length: 60}, (_, i) => BigInt(20_000 + i)));
  assert.ok(ticks > 0);
});

test('East programs call functions of JavaScript', async () => {
  const repo = repository();
  repo.platform('scale', ['Array<Float>', 'Float'], 'Array<Float>', {effect: 'pure', version: '1'},
    (xs, by) => xs.map((x) => x * by));
  repo.platform('later', ['Integer'], 'Integer', {effect: 'pure', version: '1'}, async (n) => {
    await new Promise((go) => setTimeout(go, 5));
    if (n === 0n) throw new RangeError('not 0');
    return n + 1n;
  });
  repo.add(`platform pure fn scale(xs: Array<Float>, by: Float) -> Array<Float>
platform pure fn later(n: Integer) -> Integer
fn doubled(xs: Array<Float>) -> Array<Float> {
  scale(xs, 2)
}
fn next(n: Integer) -> Integer {
  later(n)
}
`);
  assert.deepStrictEqual(repo.run('doubled', [1, 2]), new Float64Array([2, 4]));
  assert.equal(await repo.call('next', 1), 2n);
  assert.deepStrictEqual(await Promise.all([5, 6, 7].map((n) => repo.call('next', n))), [6n, 7n, 8n]);
  assert.match((await failure(repo.call('next', 0))).message, /RangeError: not 0/);
  assert.throws(() => repo.run('next', 9), /async/);
});

test('files of functions are added by their content', () => {
  const place = folder();
  const repo = repository();
  const path = join(place, 'programs.east');
  writeFileSync(path, PROGRAMS);
  assert.deepStrictEqual(Object.keys(repo.add(path)).sort(), ['inverse', 'outer', 'same', 'spin', 'total']);
  assert.deepStrictEqual(Object.keys(repo.add(`${path}:total`)), ['total']);
  assert.equal(repo.run('total', [4]), 4);
  assert.throws(() => repo.add(join(place, 'nothing.wasm')));
  assert.ok(existsSync(path));
});
