// Workers: functions of JavaScript for all who use the repository.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {failure, moduleFile, repository, samara, worker} from './support.mjs';

const FUNCTIONS = `
const pure = {effect: 'pure'};
samara.platform('scale', ['Array<Float>', 'Float'], 'Array<Float>', pure, (xs, by) => xs.map((x) => x * by));
samara.platform('later', ['Integer'], 'Integer', pure, async (n) => {
  await new Promise((go) => setTimeout(go, 20));
  return n + 1n;
});
samara.platform('deep', ['Integer'], 'Integer', pure, async (n) =>
  n <= 0n ? 0n : 1n + (await samara.current().call('go_deep', n - 1n)));
samara.platform('wide', ['Integer'], 'Integer', pure, async (n) => {
  const {repository} = samara.current();
  const all = Array.from({length: Number(n)}, (_, i) => repository.call('go_plus', i));
  return (await Promise.all(all)).reduce((a, b) => a + b, 0n);
});
samara.platform('plus', ['Integer'], 'Integer', pure, (n) => n + 1n);
samara.platform('who', ['Integer'], 'Integer', {effect: 'effectful'}, () => BigInt(process.pid));
samara.platform('bad', ['String'], 'Integer', {effect: 'effectful'}, function bad(how) {
  switch (how) {
    case 'error': throw new RangeError('too far');
    case 'text': throw 'just text';
    case 'object': return Promise.reject({code: 7});
    case 'exit': process.exit(3);
    case 'result': return 'x';
    case 'nothing': return undefined;
    case 'never': return new Promise(() => {});
    case 'stray': setTimeout(() => { throw new TypeError('out of a timer'); }, 1); return new Promise(() => {});
    case 'endless': for (;;);
    case 'block': return samara.current().repository.run('go_plus', 1);
    default: return 1n;
  }
});
samara.platform('nested', ['String'], 'Integer', {effect: 'effectful'}, async (how) =>
  samara.current().call('go_bad', how));
samara.platform('forget', ['Integer'], 'Integer', {effect: 'effectful'}, async (n) => {
  samara.current().call('go_later', n).catch(() => {});
  return n;
});
`;
const PROGRAMS = `platform pure fn scale(xs: Array<Float>, by: Float) -> Array<Float>
platform pure fn later(n: Integer) -> Integer
platform pure fn deep(n: Integer) -> Integer
platform pure fn wide(n: Integer) -> Integer
platform pure fn plus(n: Integer) -> Integer
platform effectful fn who(n: Integer) -> Integer
platform effectful fn bad(how: String) -> Integer
platform effectful fn nested(how: String) -> Integer
platform effectful fn forget(n: Integer) -> Integer
fn go_scale(xs: Array<Float>) -> Array<Float> {
  scale(xs, 3)
}
fn go_later(n: Integer) -> Integer {
  later(n)
}
fn go_deep(n: Integer) -> Integer {
  deep(n)
}
fn go_wide(n: Integer) -> Integer {
  wide(n)
}
fn go_plus(n: Integer) -> Integer {
  plus(n)
}
fn go_who(n: Integer) -> Integer {
  who(n)
}
fn go_bad(how: String) -> Integer {
  bad(how)
}
fn go_nested(how: String) -> Integer {
  nested(how)
}
fn go_forget(n: Integer) -> Integer {
  forget(n)
}
`;

async function served(options) {
  const repo = repository({workers: 16});
  const process = await worker(repo, {files: [moduleFile(FUNCTIONS)], ...options});
  repo.add(PROGRAMS);
  return {repo, process};
}

test('a worker serves functions, and ends when it is asked to', async () => {
  const {repo, process} = await served();
  assert.deepStrictEqual(await repo.call('go_scale', [1, 2]), new Float64Array([3, 6]));
  const big = new Float64Array(200_000).fill(0.5);
  assert.deepStrictEqual(await repo.call('go_scale', big), big.map((x) => x * 3));
  const found = await Promise.all(Array.from({length: 20}, (_, i) => repo.call('go_later', i)));
  assert.deepStrictEqual(found, Array.from({length: 20}, (_, i) => BigInt(i + 1)));
  assert.equal(process.heard, '');
  process.kill('SIGTERM');
  assert.deepStrictEqual(await process.ended, {code: 0, signal: null});
});

test('what goes wrong in a function is told, and the worker lives on', async () => {
  const {repo, process} = await served();
  const expected = {
    error: /^RangeError: too far$/,
    text: /^just text$/,
    object: /\{"code":7\}/,
    exit: /process\.exit\(3\)/,
    result: /the result of 'bad': expected Integer, got string/,
    nothing: /the result of 'bad': expected Integer, got undefined/,
    stray: /^TypeError: out of a timer$/,
    block: /must not block/,
  };
  for (const [how, words] of Object.entries(expected)) {
    const error = await failure(repo.call('go_bad', how));
    assert.ok(error instanceof samara.EastError, `${how}: ${error.stack}`);
    assert.match(error.message, words);
  }
  assert.equal(await repo.call('go_bad', 'fine'), 1n);
  assert.equal(await repo.call('go_who', 0), BigInt(process.pid));
});

test('the stack of JavaScript goes on in East, through nested calls too', async () => {
  const {repo} = await served();
  const error = await failure(repo.call('go_bad', 'error'));
  assert.match(error.locations[0].file, /functions\.mjs$/);
  const nested = await failure(repo.call('go_nested', 'error'));
  assert.equal(nested.message, 'RangeError: too far');
  const files = nested.locations.map((at) => at.file.replace(/^.*\//, ''));
  assert.equal(files[0], 'functions.mjs');
  assert.ok(files.lastIndexOf('functions.mjs') > files.indexOf('<source>'), files.join(' '));
});

test('a deadline ends a function that never does', async () => {
  const {repo, process} = await served();
  const error = await failure(repo.with({timeout: 300}).call('go_bad', 'never'));
  assert.ok(error instanceof samara.Timeout, error.stack);
  assert.equal(await repo.call('go_who', 1), BigInt(process.pid));
});

test('a function that blocks for ever costs the worker its life', async () => {
  const {repo, process} = await served();
  const error = await failure(repo.with({timeout: 300}).call('go_bad', 'endless'));
  assert.ok(error instanceof samara.Timeout, error.stack);
  assert.notDeepStrictEqual(await process.ended, {code: 0, signal: null});
});

test('calls that nobody waited for end with their request', async () => {
  const {repo} = await served();
  assert.equal(await repo.call('go_forget', 4), 4n);
  assert.equal(await repo.call('go_later', 40), 41n);
});

test('chains and fans finish with one slot', {timeout: 280_000}, async () => {
  const {repo} = await served({slots: 1});
  assert.equal(await repo.call('go_deep', 60), 60n);
  assert.equal(await repo.call('go_wide', 500), 125_250n);
});
