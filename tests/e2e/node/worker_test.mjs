// Workers: functions of JavaScript for all who use the repository.

import assert from 'node:assert/strict';
import {execFile, spawn} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {test} from 'node:test';
import {promisify} from 'node:util';

import {bin, failure, folder, join, moduleFile, packageFolder, repository, samara, worker} from './support.mjs';

const execute = promisify(execFile);

const FUNCTIONS = `
import {writeFileSync} from 'node:fs';
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
samara.platform('talk', ['String'], 'Integer', {effect: 'effectful'}, async (word) => {
  console.log('said', word);
  await null;
  console.error('whispered', word);
  return 0n;
});
samara.platform('patient', ['String'], 'Integer', {effect: 'effectful'}, (path) =>
  new Promise((resolve) => {
    writeFileSync(path + '.begun', '');
    samara.current().signal.addEventListener('abort', () => {
      writeFileSync(path, '');
      resolve(1n);
    });
  }));
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
platform effectful fn patient(path: String) -> Integer
platform effectful fn talk(word: String) -> Integer
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
fn go_patient(path: String) -> Integer {
  patient(path)
}
fn go_talk(word: String) -> Integer {
  talk(word)
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

test('a cancelled call aborts the signal of its request', async () => {
  const {repo, process} = await served();
  const path = join(folder(), 'aborted');
  const exists = async (file) => {
    for (let i = 0; i < 800 && !existsSync(file); i++) await new Promise((go) => setTimeout(go, 25));
    assert.ok(existsSync(file), `${file} ${process.heard}`);
  };
  const control = new AbortController();
  const call = failure(repo.with({signal: control.signal}).call('go_patient', path));
  await exists(`${path}.begun`);
  control.abort();
  assert.ok((await call) instanceof samara.Cancelled);
  await exists(path);
  assert.equal(await repo.call('go_who', 2), BigInt(process.pid));
});

test('calls that nobody waited for end with their request', async () => {
  const {repo} = await served();
  assert.equal(await repo.call('go_forget', 4), 4n);
  assert.equal(await repo.call('go_later', 40), 41n);
});

test('chains and fans finish with one slot', {timeout: 280_000}, async () => {
  const {repo} = await served({slots: 1});
  // By hand: SAMARA_TEST_DEPTH=1000 SAMARA_TEST_WIDTH=10000
  const depth = BigInt(process.env.SAMARA_TEST_DEPTH ?? 60);
  const width = BigInt(process.env.SAMARA_TEST_WIDTH ?? 500);
  assert.equal(await repo.call('go_deep', depth), depth);
  assert.equal(await repo.call('go_wide', width), (width * (width + 1n)) / 2n);
});

function lives(pid) {
  const file = `/proc/${pid}/status`;
  return existsSync(file) && !/^State:\tZ/m.test(readFileSync(file, 'utf8'));
}

test('a worker dies with its parent', async () => {
  const repo = repository();
  const program = `
    const child = require('node:child_process').spawn(process.execPath,
      [${JSON.stringify(join(packageFolder, 'worker.mjs'))}, '--repo', ${JSON.stringify(repo.path)}],
      {stdio: ['ignore', 'pipe', 'inherit']});
    child.stdout.once('data', () => { console.log(child.pid); process.kill(process.pid, 'SIGKILL'); });`;
  const parent = spawn(process.execPath, ['-e', program], {stdio: ['ignore', 'pipe', 'inherit']});
  const pid = await new Promise((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
  for (let i = 0; i < 600 && lives(pid); i++) await new Promise((go) => setTimeout(go, 25));
  assert.ok(!lives(pid));
});

test('an idle worker sleeps', async () => {
  const {process} = await served();
  const wakeUps = () =>
    Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${process.pid}/status`, 'utf8'))[1]);
  await new Promise((go) => setTimeout(go, 1000));
  const before = wakeUps();
  await new Promise((go) => setTimeout(go, 2000));
  assert.ok(wakeUps() - before <= 2);
});

test('the command line starts workers, and shows what they print', async (t) => {
  const program = join(bin ?? '', 'samara');
  if (bin === undefined || !existsSync(program)) return t.skip('samara is not built');
  const repo = repository();
  repo.add(PROGRAMS);
  const given = ['--repo', repo.path, 'worker', '-r', 'node', '-p', moduleFile(FUNCTIONS), '-j', '2'];
  const workers = spawn(program, given, {stdio: ['ignore', 'ignore', 'inherit']});
  try {
    const {reason} = await untilServed(() => repo.callResult('go_talk', 'aloud'));
    const inner = /called 'talk', call '([0-9a-f]+)/.exec(reason)[1];
    const printed = await execute(program, ['--repo', repo.path, 'log', inner]);
    assert.deepStrictEqual([printed.stdout, printed.stderr], ['said aloud\n', 'whispered aloud\n']);
    const {stdout} = await execute(program, ['--repo', repo.path, 'run', 'go_scale', '[1.0, 2.0]']);
    assert.equal(stdout.trim(), '[3.0, 6.0]');
  } finally {
    workers.kill('SIGTERM');
    await new Promise((resolve) => workers.on('exit', resolve));
  }
});

// Until the workers are there, nobody offers what is called.
async function untilServed(work) {
  for (let left = 300; ; left--) {
    try {
      return await work();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((go) => setTimeout(go, 100));
    }
  }
}
