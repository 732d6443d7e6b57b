// What the tests of the npm package share: the package of the build, folders, worker programs.

import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {after} from 'node:test';
import {pathToFileURL} from 'node:url';

export const bin = process.env.SAMARA_BIN;
/** The package as it is built: tests import it from there. */
export const packageFolder = process.env.SAMARA_NODE_PACKAGE ?? join(dirname(bin), 'node', 'samara');
export const samara = await import(pathToFileURL(join(packageFolder, 'index.mjs')).href);

const folders = [];
const children = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, {recursive: true, force: true, maxRetries: 5});
});

/** A new folder, gone after the tests of the file. */
export function folder() {
  const made = mkdtempSync(join(tmpdir(), 'samara-node-'));
  folders.push(made);
  return made;
}

/** A new repository. */
export function repository(options) {
  return samara.init(join(folder(), '.samara'), options);
}

/** Source of a module that imports the package of the build. */
export function moduleText(text) {
  const url = pathToFileURL(join(packageFolder, 'index.mjs')).href;
  return `import * as samara from ${JSON.stringify(url)};\n${text}`;
}

/** Writes a module into a new folder and returns its path. */
export function moduleFile(text, name = 'functions.mjs') {
  const path = join(folder(), name);
  writeFileSync(path, moduleText(text));
  return path;
}

/** Starts a worker program and waits until it is ready. */
export async function worker(repo, {slots = 2, files = [], environment} = {}) {
  const given = [join(packageFolder, 'worker.mjs'), '--repo', repo.path, '--slots', String(slots)];
  for (const file of files) given.push('--platform', file);
  if (environment !== undefined) given.push('--environment', environment);
  const child = spawn(process.execPath, given, {stdio: ['ignore', 'pipe', 'pipe']});
  children.push(child);
  child.said = '';
  child.heard = '';
  child.stdout.on('data', (text) => (child.said += text));
  child.stderr.on('data', (text) => (child.heard += text));
  child.ended = new Promise((resolve) =>
    child.on('exit', (code, signal) => resolve({code, signal})),
  );
  await new Promise((resolve, reject) => {
    child.stdout.on('data', () => child.said.includes('ready\n') && resolve());
    child.ended.then(({code, signal}) =>
      reject(new Error(`the worker ended (${signal ?? code}): ${child.heard}`)),
    );
  });
  return child;
}

/** The error that a promise or function ends with. */
export async function failure(work) {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

export {dirname, join};
