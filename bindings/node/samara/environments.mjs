// Environments: the packages that a lock file names, installed once, and a worker that has them.

import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

/** Runs a program; rejects with the end of what it said. */
function run(program, given, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, {...options, stdio: ['ignore', 'pipe', 'pipe']});
    let said = '';
    const hear = (text) => (said = (said + text).slice(-4000));
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => reject(new Error(`cannot start '${program}': ${error.message}`)));
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`'${program} ${given[0]}' failed: ${said.trim()}`)),
    );
  });
}

/** The folder of an environment below a repository. */
export function environmentFolder(repository, id) {
  return join(repository, 'cache', 'env', id);
}

async function materialise(folder, script) {
  if (existsSync(folder)) return;
  if (script.lockKind !== 'package-lock.json') {
    throw new Error(`an environment of Node is a package-lock.json, not a ${script.lockKind}`);
  }
  let root;
  try {
    root = JSON.parse(script.environment).packages?.[''];
  } catch (error) {
    throw new Error(`the package-lock.json is no JSON: ${error.message}`);
  }
  if (root === undefined) throw new Error('the package-lock.json is of version 1: needs 2 or 3');
  mkdirSync(join(folder, '..'), {recursive: true});
  // Half-made ones are never used: the name comes last.
  const made = mkdtempSync(`${folder}.new-`);
  try {
    writeFileSync(join(made, 'package-lock.json'), script.environment);
    const {dependencies, optionalDependencies, devDependencies, peerDependencies} = root;
    writeFileSync(
      join(made, 'package.json'),
      JSON.stringify({
        name: root.name ?? 'environment',
        version: root.version ?? '0.0.0',
        private: true,
        dependencies,
        optionalDependencies,
        devDependencies,
        peerDependencies,
      }),
    );
    const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-update-notifier'];
    await run('npm', ['ci', '--omit=dev', ...quiet], {cwd: made});
    renameSync(made, folder);
  } catch (error) {
    rmSync(made, {recursive: true, force: true});
    if (!existsSync(folder)) throw error; // else somebody was faster
  }
}

/** The workers of environments that this one has started. */
export class Environments {
  #children = new Map();
  #options;
  constructor(options) {
    this.#options = options; // {program, repository, slots}
  }

  /** Resolves when a worker of the environment is ready. */
  start(script) {
    const id = script.environmentId;
    let started = this.#children.get(id);
    if (started === undefined) {
      const entry = {child: null, ready: null};
      entry.ready = this.#start(id, script, entry);
      this.#children.set(id, (started = entry));
      entry.ready.catch(() => this.#children.delete(id));
    }
    return started.ready;
  }

  async #start(id, script, entry) {
    const {program, repository, slots} = this.#options;
    await materialise(environmentFolder(repository, id), script);
    const given = [program, '--repo', repository, '--slots', String(slots), '--environment', id];
    const child = spawn(process.execPath, given, {stdio: ['ignore', 'pipe', 'inherit']});
    entry.child = child;
    await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.#children.delete(id);
        reject(new Error(`the worker of environment ${id.slice(0, 12)} ended: ${signal ?? code}`));
      });
      createInterface({input: child.stdout}).on('line', (line) => line === 'ready' && resolve());
    });
  }

  stop() {
    for (const {child} of this.#children.values()) child?.kill('SIGTERM');
  }
}
