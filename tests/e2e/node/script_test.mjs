// Script functions: source in the repository, and environments by a lock file.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readdirSync, rmSync, writeFileSync} from 'node:fs';
import {test} from 'node:test';

import {failure, folder, join, repository, samara, worker} from './support.mjs';

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
