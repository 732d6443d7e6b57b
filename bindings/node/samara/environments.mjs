// Environments: the packages that a lock file names, installed once, and a worker that has them.

import {spawn} from 'node:child_process';
import {
  existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';

const lookMs = 2000;
// Packages may take long to come and to be built. What installs them is ended when for so long it
// has not said a word or used the processor; it gives up by itself much sooner where nobody answers.
const stillMsMax = 30 * 60 * 1000;

const installing = new Set(); // programs, each with a session of its own
process.on('exit', () => installing.forEach(kill));

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

/** What the programs of a session have used of the processor. */
function ticks(session) {
  let out = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    let text;
    try {
      text = readFileSync(`/proc/${name}/stat`, 'latin1');
    } catch {
      continue; // it has ended meanwhile
    }
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    if (Number(fields[3]) !== session) continue;
    for (const each of fields.slice(11, 15)) out += Number(each);
  }
  return out;
}

/** Runs an installer as long as it goes on; rejects with the end of what it said. */
export function install(program, given, {stillMs = stillMsMax, everyMs = lookMs, ...options} = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, given, {...options, detached: true, stdio: ['ignore', 'pipe', 'pipe']});
    installing.add(child);
    let said = '';
    let heard = 0;
    let still = false;
    let seen = '';
    let since = Date.now();
    const hear = (text) => {
      said = (said + text).slice(-4000);
      heard++;
    };
    const look = setInterval(() => {
      const now = `${ticks(child.pid)} ${heard}`;
      if (now !== seen) {
        seen = now;
        since = Date.now();
      } else if (Date.now() - since > stillMs) {
        still = true;
        kill(child);
      }
    }, everyMs);
    const over = () => {
      clearInterval(look);
      installing.delete(child);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error) => {
      over();
      reject(new Error(`cannot start '${program}': ${error.message}`));
    });
    child.on('close', (code) => {
      over();
      if (code === 0) return resolve();
      const why = still ? `stood still for ${stillMs / 1000} s` : 'failed';
      reject(new Error(`'${program} ${given[0]}' ${why}: ${said.trim()}`));
    });
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
    await install('npm', ['ci', '--omit=dev', ...quiet], {cwd: made});
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
