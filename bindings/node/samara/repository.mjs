// Repositories: values and functions in a directory, and calls of them.

import {createHash} from 'node:crypto';
import {existsSync, readFileSync, statSync} from 'node:fs';
import os from 'node:os';
import {basename, dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

import {Cancelled, NoRepository, SamaraError, withCaller} from './errors.mjs';
import {addon} from './native.mjs';
import {Limiter, storage} from './requests.mjs';
import {Type, toType, typeOf, typeOfId} from './types.mjs';
import {Stored} from './values.mjs';

const isId = /^[0-9a-f]{64}$/;
const units = {'': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40};
const formats = {beast2: 1, text: 2, json: 3};
const effects = {pure: 0, idempotent: 1, effectful: 2, unknown: 3};

function isFolder(path) {
  return statSync(path, {throwIfNoEntry: false})?.isDirectory() ?? false;
}

/** The repository directory that the command line would take. */
function findRepository(path) {
  path ??= process.env.SAMARA_REPO || null;
  if (path !== null) {
    path = path instanceof URL ? fileURLToPath(path) : path;
    const inner = join(path, '.samara');
    return isFolder(inner) && !existsSync(join(path, 'samara.json')) ? inner : path;
  }
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (isFolder(join(folder, '.samara'))) return join(folder, '.samara');
    if (dirname(folder) === folder) break;
  }
  throw new NoRepository(
    `no repository in '${process.cwd()}' or any folder above; 'samara init' makes one, ` +
      'SAMARA_REPO names one elsewhere',
  );
}

function milliseconds(timeout) {
  if (timeout === undefined || timeout === null) return 0;
  if (!(timeout > 0)) throw new RangeError('timeout is a number of milliseconds above 0');
  return Math.max(1, Math.round(Math.min(timeout, 1e15)));
}

function bytes(memory) {
  if (memory === undefined || memory === null) return 0;
  if (typeof memory === 'string') {
    const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(memory);
    if (match === null) {
      throw new RangeError(`memory is a number of bytes or text such as '64M', not '${memory}'`);
    }
    memory = Number(match[1]) * units[match[2].toLowerCase()];
  }
  if (!(memory > 0)) throw new RangeError('memory must be more than 0');
  return Math.floor(memory);
}

function capabilities(allow) {
  const names = typeof allow === 'string' ? [allow] : (allow ?? []);
  return [...new Set(names.flatMap((name) => name.split(',')).filter((name) => name !== ''))].sort();
}

function effectCode(effect, known = ['pure', 'idempotent', 'effectful']) {
  if (!known.includes(effect)) {
    throw new RangeError(`effect is ${known.map((e) => `'${e}'`).join(', ')}, not '${effect}'`);
  }
  return effects[effect];
}

// --- platform functions

/** All functions that `platform` has offered, by their names. */
export const offered = new Map();
let moduleDigest = null;
let inWorker = false;
/** The worker tells what stands for the modules that it loads. */
export function setModuleDigest(digest) {
  moduleDigest = digest;
  inWorker = true;
}

/**
 * Offers a JavaScript function to East programs and other languages: in a worker to all that use
 * the repository, elsewhere to the programs which Repository objects of this process run that are
 * made afterwards. `version`, or else the source of the module, is part of the identity of calls.
 */
export function platform(name, inputs, output, options, fn) {
  const made = platformFunction(name, inputs, output, options, fn);
  if (offered.has(name)) throw new SamaraError(`platform function '${name}' is offered already`);
  offered.set(name, made);
  return made.fn;
}

function platformFunction(name, inputs, output, options, fn) {
  if (typeof options === 'function') [options, fn] = [{}, options];
  if (typeof fn !== 'function') throw new TypeError(`platform function '${name}' has no function`);
  const {effect = 'effectful', version} = options ?? {};
  return {
    name,
    inputs: inputs.map(toType),
    output: toType(output),
    effect: effectCode(effect),
    version:
      version !== undefined
        ? String(version)
        : (moduleDigest ?? createHash('sha256').update(String(fn)).digest('hex')),
    fn,
  };
}

/** A function of a repository: calling it runs it, `.call` does so without blocking. */
function functionHandle(repository, id, name) {
  const run = (...given) => repository.run(id, ...given);
  Object.defineProperty(run, 'name', {value: name});
  return Object.assign(run, {
    id,
    repository,
    type: repository.signature(id),
    call: (...given) => repository.call(id, ...given),
  });
}

// Ids keep their meaning for ever, so what is known of one stays known; bounded all the same.
const signaturesMax = 4096;

/** What all views of one repository share. */
class Shared {
  handles = new Map(); // by capabilities
  signatures = new Map();
  platform = new Map(inWorker ? [] : offered); // those of a worker are called as requests
  closed = false;
  constructor(path, workers) {
    this.path = path;
    this.limiter = new Limiter(workers);
  }
  handle(allow) {
    if (this.closed) throw new SamaraError('the repository is closed');
    const key = allow.join(',');
    let handle = this.handles.get(key);
    if (handle === undefined) {
      const functions = [...this.platform.values()].map((each) => [
        each.name,
        each.inputs.map((type) => type.text),
        each.output.text,
        each.effect,
        each.version,
        each.fn,
      ]);
      handle = addon.open(this.path, false, allow, functions);
      this.handles.set(key, handle);
    }
    return handle;
  }
  drop() {
    for (const handle of this.handles.values()) addon.close(handle);
    this.handles.clear();
  }
}

/**
 * A repository directory. `path`: the directory, or one that has it as `.samara`; without it,
 * SAMARA_REPO or the nearest `.samara` upwards. Options: `allow`: capabilities of all runs, such
 * as 'fs,net'; `workers`: calls that run at the same time; and those of `with`.
 */
export class Repository {
  #shared;
  #options;
  #allow;

  constructor(path, options = {}) {
    const {workers = Math.min(32, (os.availableParallelism?.() ?? os.cpus().length) + 4)} = options;
    this.#shared =
      path instanceof Shared ? path : new Shared(resolve(findRepository(path ?? null)), workers);
    this.#options = {...options};
    this.#allow = capabilities(options.allow);
    this.#shared.handle(this.#allow); // says now what is wrong with the directory
  }

  get path() {
    return this.#shared.path;
  }
  #handle() {
    return this.#shared.handle(this.#allow);
  }
  #object(handle, text) {
    text = text instanceof Stored ? text.id : String(text);
    return isId.test(text) ? text : addon.resolve(handle, text);
  }

  /**
   * The same repository with other options for its calls: `timeout` in milliseconds, `memory` in
   * bytes or as '64M', `allow`, `steps`, `memo: false` to run in any case, `signal`: an AbortSignal
   * that ends calls.
   */
  with(options) {
    const allow = [...this.#allow, ...capabilities(options.allow)];
    return new Repository(this.#shared, {...this.#options, ...options, allow});
  }

  close() {
    this.#shared.closed = true;
    this.#shared.drop();
  }

  // --- values

  /**
   * Stores a value and returns its id, which depends on the value alone. `type` as for `toType`;
   * without it, what follows from the value. `options.name`: a ref that is set to it.
   */
  put(value, type, {name} = {}) {
    const handle = this.#handle();
    const of = type === undefined || type === null ? typeOf(value) : toType(type);
    const id = addon.put(handle, value, Type.id(of));
    if (name !== undefined) addon.setRef(handle, name, id);
    return id;
  }
  /** Stores a value that is given as beast2, East text or JSON. */
  putBytes(data, {format = 'beast2', type, name} = {}) {
    const handle = this.#handle();
    const text = type === undefined ? null : toType(type).text;
    const id = addon.putBytes(handle, formats[format], data, text);
    if (name !== undefined) addon.setRef(handle, name, id);
    return id;
  }
  /** The value of an id, the beginning of one, or a ref. */
  get(idOrRef) {
    const handle = this.#handle();
    return addon.get(handle, this.#object(handle, idOrRef));
  }
  /** The value as beast2 (Uint8Array), East text or JSON (string). */
  getBytes(idOrRef, format = 'beast2') {
    const handle = this.#handle();
    return addon.getBytes(handle, this.#object(handle, idOrRef), formats[format]);
  }
  /** The type of a stored value. */
  typeOf(idOrRef) {
    const handle = this.#handle();
    return typeOfId(addon.typeOf(handle, this.#object(handle, idOrRef)));
  }
  /** The id that a ref, a function's name or the beginning of an id stands for. */
  resolve(text) {
    return this.#object(this.#handle(), text);
  }
  /** Sets a ref; null removes it. */
  setRef(name, target) {
    const handle = this.#handle();
    addon.setRef(handle, name, target === null ? null : this.#object(handle, target));
  }

  // --- functions

  /**
   * Adds the functions of a file: East source, beast2 or JSON IR, WebAssembly, a native image.
   * Returns their ids by name. Bytes are a program, other text than a path is source.
   */
  add(source, name, {function: part = null} = {}) {
    const handle = this.#handle();
    name ??= null;
    if (typeof source?.sourceText === 'function') {
      try {
        return this.#addSource(handle, source.sourceText(), null, part, name);
      } catch (error) {
        throw source.explain(error);
      }
    }
    if (source instanceof Uint8Array) return {[name]: addon.add(handle, source, name)};
    let path = source instanceof URL ? fileURLToPath(source) : String(source);
    if (path.includes('\n') || (path.includes('=') && !existsSync(path))) {
      return this.#addSource(handle, path, null, part, name);
    }
    const colon = path.lastIndexOf(':');
    if (path.slice(0, Math.max(colon, 0)).endsWith('.east') && !existsSync(path)) {
      [path, part] = [path.slice(0, colon), path.slice(colon + 1)];
    }
    const data = readFileSync(path);
    const beast = data.subarray(0, 8).equals(Buffer.from('\x89East\r\n\x01', 'latin1'));
    const program = beast || /^\s*\{/.test(data.subarray(0, 64).toString('latin1'));
    if (path.endsWith('.east') && !program) {
      return this.#addSource(handle, data.toString(), path, part, name);
    }
    name ??= basename(path).split('.')[0];
    try {
      return {[name]: addon.add(handle, data, name)};
    } catch (error) {
      error.message = `cannot add '${path}': ${error.message}`;
      throw error;
    }
  }
  #addSource(handle, text, path, part, name) {
    const added = addon.addSource(handle, text, path, part, name);
    return Object.fromEntries(added.map((each) => [each.name, each.id]));
  }

  /**
   * Adds a function that a worker of its language runs. `source`: a path, or text with
   * `options.path` for messages. Options: `type` (of the function), `entry` (its name in the
   * source; 'default' where there is none), `name`, `runtime` ('node'), `effect` ('unknown'),
   * `environment`: path of a lock file.
   */
  addScript(source, options) {
    const handle = this.#handle();
    const {type, entry = 'default', runtime = 'node', effect = 'unknown', environment} = options;
    if (type === undefined) throw new TypeError('the type of a script must be given');
    let {path = null, name = null} = options;
    let text = source instanceof URL ? fileURLToPath(source) : String(source);
    if (!text.includes('\n') && path === null) {
      path = text;
      text = readFileSync(path, 'utf8');
    }
    name ??= entry === 'default' ? (path === null ? null : basename(path).split('.')[0]) : entry;
    let lock = '';
    let lockKind = null;
    if (environment !== undefined) {
      lock = readFileSync(environment, 'utf8');
      lockKind = options.lockKind ?? basename(String(environment));
    }
    const code = effectCode(effect, Object.keys(effects));
    return addon.addScript(
      handle, runtime, entry, text, toType(type).text, lock, lockKind, code, path, name,
    );
  }

  /** The functions that have a name, by it. */
  functions() {
    const out = {};
    for (const each of addon.functions(this.#handle())) {
      out[each.name] = {name: each.name, id: each.id, kind: each.kind, type: toType(each.type)};
    }
    return out;
  }
  /** A function to be called like one of JavaScript: what the name stands for now. */
  function(name) {
    return functionHandle(this, this.resolve(name), String(name));
  }
  /** The type of a function. */
  signature(idOrName) {
    const handle = this.#handle();
    return typeOfId(this.#signature(handle, this.#object(handle, idOrName)));
  }
  #signature(handle, id) {
    const {signatures} = this.#shared;
    let type = signatures.get(id);
    if (type === undefined) {
      type = addon.signature(handle, id);
      if (signatures.size >= signaturesMax) signatures.clear();
      signatures.set(id, type);
    }
    return type;
  }

  /** Offers a function to the programs that this object runs, before the first of them is added. */
  platform(name, inputs, output, options, fn) {
    const made = platformFunction(name, inputs, output, options, fn);
    if (this.#shared.platform.has(name)) {
      throw new SamaraError(`platform function '${name}' is offered already`);
    }
    this.#shared.platform.set(name, made);
    this.#shared.drop(); // handles that are open already do not know it
    return made.fn;
  }

  // --- calls

  #arguments(target, given, full) {
    const handle = this.#handle();
    if (target === null || (typeof target !== 'string' && typeof target.id !== 'string')) {
      throw new TypeError('a function is called by its name, its id or what `function` gives');
    }
    const name = typeof target === 'string' ? target : target.name || target.id;
    const id = this.#object(handle, target.id ?? target);
    const {timeout, memory, steps = 0, memo = true} = this.#options;
    const ids = given.some((each) => each instanceof Stored)
      ? given.map((each) => (each instanceof Stored ? this.#object(handle, each.id) : null))
      : null;
    return [
      handle, id, this.#signature(handle, id), given, ids,
      isId.test(name) ? name.slice(0, 12) : name,
      milliseconds(timeout), bytes(memory), steps, !memo, full,
    ];
  }
  #run(target, given, full) {
    if (storage.getStore() !== undefined) {
      throw new SamaraError(
        `'${target.name ?? target}': a request of a worker must not block it: await repo.call(…)`,
      );
    }
    return addon.run(...this.#arguments(target, given, full));
  }

  /**
   * Runs a function, or finds its answer, and returns the value; JavaScript waits meanwhile.
   * `target`: a name, an id or what `function` gives; `given`: values of its input types, or
   * `stored(id)`. Throws EastError, Timeout, Crash, … with the id of the call.
   */
  run(target, ...given) {
    return this.#run(target, given, false);
  }
  /** As `run`, with what else is known of the call. */
  result(target, ...given) {
    return result(this.#run(target, given, true));
  }
  /**
   * As `run`, without blocking: calls run on threads of their own, `workers` of them at the same
   * time. Inside of a request of a worker the call belongs to the request.
   */
  call(target, ...given) {
    const at = {};
    Error.captureStackTrace(at, this.call);
    return this.#call(target, given, false, at);
  }
  /** As `result`, without blocking. */
  async callResult(target, ...given) {
    const at = {};
    Error.captureStackTrace(at, this.callResult);
    return result(await this.#call(target, given, true, at));
  }

  async #call(target, given, full, at) {
    const {signal} = this.#options;
    const request = this.#request();
    const limiter = request?.limiter ?? this.#shared.limiter;
    // What is given is taken now, whenever its turn comes.
    const task = addon.prepare(...this.#arguments(target, given, full));
    const turn = limiter.enter();
    if (turn !== null) await turn;
    try {
      if (signal?.aborted) throw aborted(signal);
      if (request?.over) throw tooLate();
      const [promise, token] = addon.start(task, request?.number ?? -1);
      request?.begin(token);
      try {
        return await (signal === undefined ? promise : abortable(promise, token, signal));
      } catch (error) {
        throw withCaller(error, at);
      } finally {
        request?.end(token);
      }
    } finally {
      limiter.leave();
    }
  }
  #request() {
    const request = storage.getStore();
    return request !== undefined && request.host.path === this.path ? request : null;
  }

  /** Why a call ran or did not: the id of a call, what `result` gave, or an error. */
  why(call) {
    return addon.why(this.#handle(), typeof call === 'string' ? call : call.call);
  }
}

function result([value, id, call, fromMemo, reason, wallNs, steps, peakMemory]) {
  return {value, id, call, fromMemo, reason, ms: wallNs / 1e6, steps, peakMemory};
}

function tooLate() {
  return new SamaraError('the request is over: its calls must be awaited in it');
}

function aborted(signal) {
  const error = new Cancelled('the call was aborted');
  error.cause = signal.reason;
  return error;
}

// Again and again, should the call only just begin.
async function abortable(promise, token, signal) {
  let timer = null;
  const end = () => {
    addon.cancel(token);
    timer ??= setInterval(() => addon.cancel(token), 5);
  };
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return await promise;
  } catch (error) {
    if (signal.aborted && error instanceof Cancelled) throw aborted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
    clearInterval(timer);
  }
}

/** Makes a repository in a directory that does not exist or is empty, and opens it. */
export function init(path = '.samara', options = {}) {
  addon.close(addon.open(resolve(path), true, [], []));
  return new Repository(path, options);
}
