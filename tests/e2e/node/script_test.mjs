// Script functions: source in the repository, and environments by a lock file.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {test} from 'node:test';
import {pathToFileURL} from 'node:url';

import {failure, folder, join, packageFolder, repository, samara, worker} from './support.mjs';

test('a script is an ES module, or CommonJS', async () => {
  const repo = repository();
  await worker(repo, {slots: 1});
  repo.addScript(
    `import {current} from 'samara';
     export function mean(xs) {
       return xs.reduce((sum, x) => sum + x, 0) / xs.length;
     }
     export async function named() {
       return current().name;
     }\n`,
    {path: 'mean.mjs', entry: 'mean', type: '(Array<Float>) -> Float', effect: 'pure'},
  );
  assert.equal(await repo.call('mean', [1, 2, 6]), 3);
  repo.addScript(
    `const {basename} = require('node:path');
     exports.base = (path) => basename(path);\n`,
    {path: 'base.js', entry: 'base', type: '(String) -> String', effect: 'pure'},
  );
  assert.equal(await repo.call('base', '/a/b'), 'b');
  repo.addScript(
    `export default (n) => {
       return n + 1n;
     };\n`,
    {path: 'plus.js', name: 'plus', type: '(Integer) -> Integer', effect: 'pure'},
  );
  assert.deepStrictEqual(
    await Promise.all([1, 2, 3].map((n) => repo.call('plus', n))),
    [2n, 3n, 4n],
  );
});

test('the stack of a script names the file that people know', async () => {
  const repo = repository();
  const place = folder();
  await worker(repo, {slots: 1});
  const path = join(place, 'train.mjs');
  writeFileSync(path, '\nexport function train(n) {\n  throw new Error(`no ${n}`);\n}\n');
  repo.addScript(path, {entry: 'train', type: '(Integer) -> Integer', effect: 'pure'});
  const error = await failure(repo.call('train', 3));
  assert.equal(error.message, 'no 3');
  assert.deepStrictEqual(error.locations[0], {file: path, line: 3, column: 9});
  repo.addScript('export const a = 1;\n', {
    path: 'empty.mjs', entry: 'nobody', type: '() -> Integer', effect: 'pure',
  });
  assert.match((await failure(repo.call('nobody'))).message, /'empty.mjs' exports no function 'nobody'/);
  repo.addScript('export function ( {\n', {
    path: 'wrong.mjs', entry: 'wrong', type: '() -> Integer', effect: 'pure',
  });
  assert.match((await failure(repo.call('wrong'))).message, /SyntaxError/);
});

function npmWorks() {
  try {
    execFileSync('npm', ['--version'], {stdio: 'ignore'});
    return true;
  } catch {
    return false;
  }
}

test('an environment is made once, of the lock file', {timeout: 200_000}, async (t) => {
  if (!npmWorks()) return t.skip('no npm');
  const repo = repository();
  const place = folder();
  // A package of the lock file which needs no registry.
  const packed = join(place, 'greet');
  execFileSync('mkdir', [packed]);
  writeFileSync(join(packed, 'package.json'), '{"name": "greet", "version": "1.2.3"}');
  writeFileSync(join(packed, 'index.js'), 'exports.hello = (name) => `hello ${name}`;\n');
  const tgz = join(place, execFileSync('npm', ['pack', '--silent', './greet'], {cwd: place}).toString().trim());
  const project = join(place, 'project');
  execFileSync('mkdir', [project]);
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({name: 'project', version: '1.0.0', dependencies: {greet: `file:${tgz}`}}),
  );
  execFileSync('npm', ['install', '--package-lock-only', '--offline', '--silent'], {cwd: project});
  await worker(repo, {slots: 1});
  repo.addScript(
    `import {hello} from 'greet';
     export function greeting(name) {
       return hello(name);
     }\n`,
    {
      path: 'greeting.mjs', entry: 'greeting', type: '(String) -> String', effect: 'pure',
      environment: join(project, 'package-lock.json'),
    },
  );
  assert.equal(await repo.call('greeting', 'you'), 'hello you');
  assert.equal(await repo.call('greeting', 'all'), 'hello all');
  assert.equal(readdirSync(join(repo.path, 'cache', 'env')).length, 1);
});

// The server gives the package when it is told to. Meanwhile the deadline of a call passes, for longer
// than a function of the worker would be left alone.
test('an installation may outlast the call', {timeout: 200_000}, async (t) => {
  if (!npmWorks()) return t.skip('no npm');
  const repo = repository();
  const place = folder();
  const packed = join(place, 'late');
  execFileSync('mkdir', [packed]);
  writeFileSync(join(packed, 'package.json'), '{"name": "late", "version": "1.0.0"}');
  writeFileSync(join(packed, 'index.js'), 'exports.word = "at last";\n');
  const name = execFileSync('npm', ['pack', '--silent', './late'], {cwd: place}).toString().trim();
  const data = readFileSync(join(place, name));
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  let asked;
  const wasAsked = new Promise((resolve) => (asked = resolve));
  const server = createServer(async (request, response) => {
    asked();
    await gate;
    response.end(data);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/${name}`;
  const integrity = `sha512-${createHash('sha512').update(data).digest('base64')}`;
  const root = {name: 'project', version: '1.0.0', dependencies: {late: url}};
  const lock = join(place, 'package-lock.json');
  const packages = {'': root, 'node_modules/late': {version: '1.0.0', resolved: url, integrity}};
  writeFileSync(lock, JSON.stringify({...root, lockfileVersion: 3, requires: true, packages}));
  for (const each of ['NO_PROXY', 'no_proxy', 'npm_config_noproxy']) process.env[each] = '127.0.0.1';
  process.env.npm_config_cache = join(place, 'cache');
  const own = await worker(repo, {slots: 1});
  repo.addScript("import late from 'late';\nexport const word = () => late.word;\n", {
    path: 'word.mjs', entry: 'word', type: '() -> String', effect: 'pure', environment: lock,
  });
  repo.addScript('export const pid = () => BigInt(process.pid);\n', {
    path: 'pid.mjs', entry: 'pid', type: '() -> Integer', effect: 'idempotent',
  });
  const error = await failure(repo.with({timeout: 500}).call('word'));
  assert.ok(error instanceof samara.Timeout, String(error));
  assert.match(error.message, /not installed yet/);
  await wasAsked;
  await new Promise((resolve) => setTimeout(resolve, 3000)); // more than a request may go on
  assert.equal(await repo.call('pid'), BigInt(own.pid));
  go();
  assert.equal(await repo.call('word'), 'at last');
});

test('an installation that stands still is ended', {timeout: 60_000}, async () => {
  const {install} = await import(pathToFileURL(join(packageFolder, 'environments.mjs')).href);
  const error = await failure(
    install('sh', ['-c', 'echo so far; sleep 1000'], {stillMs: 500, everyMs: 20}),
  );
  assert.match(error.message, /stood still for 0.5 s: so far/);
  // One that goes on is left alone, however long it takes.
  const counts = 'for i in $(seq 50); do echo $i; sleep 0.1; done';
  await install('sh', ['-c', counts], {stillMs: 4000, everyMs: 20});
});

test('the function stays the same when only the name of its file changes', () => {
  const repo = repository();
  const add = (path, source) =>
    repo.addScript(source, {path, entry: 'f', type: '() -> Integer', effect: 'pure'});
  const source = 'export const f = () => 1n;\n';
  assert.equal(add('a.mjs', source), add('b.mjs', source));
  assert.notEqual(add('a.mjs', source), add('a.mjs', 'export const f = () => 2n;\n'));
  rmSync(join(repo.path, 'cache'), {recursive: true, force: true});
  assert.ok(repo.functions().f instanceof Object && samara.version !== '');
});
