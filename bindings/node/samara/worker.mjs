// A worker of Node: serves requests of a repository by functions of JavaScript.
//
//   node worker.mjs --repo PATH --slots N [--platform FILE]… [--environment HEX]

import {join, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {parseArgs} from 'node:util';

import {Environments, environmentFolder} from './environments.mjs';
import {Cancelled, EastError, framesOf, outcomes, Timeout} from './errors.mjs';
import {addon, setDispatch, words} from './native.mjs';
import {offered, Repository, setModuleDigest} from './repository.mjs';
import {Request, storage} from './requests.mjs';
import {digestOf, Scripts} from './scripts.mjs';

const kinds = {offer: 1, script: 2, environment: 4};
const stopAfterMs = 5000;
const lookMs = 100;
const timerMsMax = 2 ** 31 - 1;
const locationsMax = 50;
Error.stackTraceLimit = Math.max(Error.stackTraceLimit, 30);

const end = process.exit.bind(process);
const writers = {
  1: process.stdout.write.bind(process.stdout),
  2: process.stderr.write.bind(process.stderr),
};

/** Serves requests. */
class Host {
  #functions = new Map();
  #open = new Set(); // requests whose functions have not ended
  #look = null;
  #stopping = false;
  #repository = null;

  constructor(path, slots) {
    this.path = path;
    this.slots = slots;
    this.scripts = new Scripts(join(path, 'cache', 'script', 'node'));
    this.environments = new Environments({
      program: fileURLToPath(import.meta.url),
      repository: path,
      slots,
    });
  }

  get repository() {
    return (this.#repository ??= new Repository(this.path));
  }

  offer() {
    for (const each of offered.values()) {
      const inputs = each.inputs.map((type) => type.text);
      addon.workerOffer(each.name, inputs, each.output.text, each.effect, each.version);
      this.#functions.set(each.name, each.fn);
    }
  }

  // --- requests

  dispatch(number, kind, name, given) {
    if (number < 0) {
      writers[2](`samara: error: the worker cannot go on: ${name}\n`);
      end(1);
    }
    const request = new Request(number, name, this);
    if (kind === kinds.offer) {
      const target = this.#functions.get(name);
      if (target !== undefined) this.#serve(request, target, given);
      else this.#fail(request, new Error(`this worker offers no '${name}'`));
    } else if (kind === kinds.script) {
      this.#script(request, given);
    } else if (kind === kinds.environment) {
      this.#serve(request, () => this.environments.start(this.#source(request)), []);
    } else {
      this.#fail(request, new Error(`requests of kind ${kind} are not known here`));
    }
  }

  #source(request) {
    const [runtime, entry, source, path, environment, lockKind, environmentId] =
      addon.requestScript(request.number);
    return {runtime, entry, source, path, environment, lockKind, environmentId};
  }

  #script(request, given) {
    const id = addon.requestFunction(request.number);
    let found;
    try {
      found = this.scripts.load(id, () => this.#source(request));
    } catch (error) {
      return this.#fail(request, error);
    }
    if (typeof found === 'function') return this.#serve(request, found, given);
    return this.#serve(request, async () => (await found)(...given), []);
  }

  #serve(request, target, given) {
    let answer;
    try {
      answer = storage.run(request, target, ...given);
    } catch (error) {
      return this.#finish(request, () => this.#fail(request, error));
    }
    if (typeof answer?.then !== 'function') {
      return this.#finish(request, () => this.#answer(request, answer));
    }
    this.watch(request);
    const left = request.msLeft;
    if (left < timerMsMax) {
      request.timer = setTimeout(
        () => this.#finish(request, () => this.#timeOut(request)),
        Math.max(0, left),
      );
    }
    answer.then(
      (value) => this.#finish(request, () => this.#answer(request, value)),
      (error) => this.#finish(request, () => this.#fail(request, error)),
    );
  }

  // Ends a request once; calls of its own that go on are ended before.
  #finish(request, how) {
    if (request.over) return;
    request.over = true;
    clearTimeout(request.timer);
    if (request.pending.size > 0) request.close().then(how);
    else how();
  }

  #answer(request, value) {
    try {
      addon.requestAnswer(request.number, value);
    } catch (error) {
      error.message = `the result of '${request.name}': ${error.message}`;
      this.#fail(request, error);
      return;
    }
    this.#over(request);
  }

  #timeOut(request) {
    const message = `'${request.name}' did not end before its deadline`;
    request.abort?.abort(new Timeout(message));
    this.#end(request, outcomes.timeout, message, []);
  }

  #fail(request, error) {
    let outcome = outcomes.error;
    if (error instanceof Cancelled && addon.requestCancelled(request.number)) {
      outcome = outcomes.cancelled;
    } else if (error instanceof Timeout && addon.requestMsLeft(request.number) <= 0) {
      outcome = outcomes.timeout;
    }
    this.#end(request, outcome, words(error), this.locations(error));
  }

  #end(request, outcome, message, locations) {
    try {
      addon.requestFail(request.number, outcome, message, locations);
    } catch (error) {
      writers[2](`samara: error: ${error.stack}\n`);
    }
    this.#over(request);
  }

  #over(request) {
    request.over = true;
    this.#open.delete(request);
    if (this.#open.size === 0 && this.#look !== null) {
      clearInterval(this.#look);
      this.#look = null;
    }
  }

  /** Where an error comes from: East first, then JavaScript, innermost first. */
  locations(error) {
    const out = [];
    if (error instanceof EastError) {
      for (const {file, line, column} of error.locations) out.push([file, line, column]);
    }
    if (!(error instanceof Error)) return out;
    for (const line of framesOf(error)) {
      const match = /(?:\(|at )(?:async )?((?:file:\/\/)?\/[^()]*):(\d+):(\d+)\)?$/.exec(line);
      if (match === null || out.length >= locationsMax) continue;
      const file = match[1].startsWith('file:') ? fileURLToPath(match[1]) : match[1];
      out.push([this.scripts.names.get(file) ?? file, Number(match[2]), Number(match[3])]);
    }
    return out;
  }

  /** From time to time looks whether somebody still waits for the answer. */
  watch(request) {
    this.#open.add(request);
    this.#look ??= setInterval(() => {
      for (const each of this.#open) {
        if (each.over || !addon.requestCancelled(each.number)) continue;
        const message = `'${each.name}' was cancelled`;
        each.abort?.abort(new Cancelled(message));
        this.#finish(each, () => this.#end(each, outcomes.cancelled, message, []));
      }
    }, lookMs);
  }

  /** An error that no function caught, out of a timer or a forgotten promise. */
  stray(error) {
    const request = storage.getStore();
    if (request !== undefined && !request.over) {
      this.#finish(request, () => this.#fail(request, error));
      return;
    }
    writers[2](`samara: error outside of requests: ${error?.stack ?? words(error)}\n`);
  }

  async stop() {
    if (this.#stopping) return;
    this.#stopping = true;
    this.environments.stop();
    addon.workerInterrupt();
    const until = Date.now() + stopAfterMs;
    while (addon.workerInHand() > 0 && Date.now() < until) {
      await new Promise((go) => setTimeout(go, 5));
    }
    if (addon.workerInHand() === 0) addon.workerClose();
    end(0);
  }
}

// --- the process

function divertOutput() {
  for (const [stream, target] of [[1, process.stdout], [2, process.stderr]]) {
    target.write = (chunk, encoding, done) => {
      const request = storage.getStore();
      if (request === undefined || request.over) return writers[stream](chunk, encoding, done);
      if (!addon.requestLog(request.number, stream, chunk)) return writers[stream](chunk, encoding, done);
      const after = typeof encoding === 'function' ? encoding : done;
      if (after !== undefined) process.nextTick(after);
      return true;
    };
  }
}

function guardProcess(host) {
  process.exit = (code) => {
    if (storage.getStore() === undefined) end(code);
    throw new Error(`process.exit(${code ?? ''}) in a function: it would end the worker`);
  };
  process.on('uncaughtException', (error) => host.stray(error));
  process.on('unhandledRejection', (error) => host.stray(error));
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => host.stop());
}

async function main() {
  const {values} = parseArgs({
    options: {
      repo: {type: 'string'},
      slots: {type: 'string', default: '1'},
      platform: {type: 'string', multiple: true, default: []},
      environment: {type: 'string'},
    },
  });
  const slots = Number(values.slots);
  if (values.repo === undefined || !(Number.isInteger(slots) && slots >= 1)) {
    throw new Error('needs --repo PATH and --slots N, N at least 1');
  }
  addon.dieWithParent();
  const path = resolve(values.repo);
  const host = new Host(path, slots);
  const environment = values.environment ?? null;
  if (environment !== null) {
    host.scripts = new Scripts(join(environmentFolder(path, environment), '.scripts'));
  }
  addon.workerOpen(path, 'node', environment, `node ${process.versions.node}`, slots, 0);
  setModuleDigest(null);
  for (const file of values.platform) {
    setModuleDigest(digestOf(file));
    await import(pathToFileURL(resolve(file)).href);
  }
  setModuleDigest(null);
  host.offer();
  setDispatch((number, kind, name, given) => host.dispatch(number, kind, name, given));
  guardProcess(host);
  divertOutput();
  addon.workerStart();
  writers[1]('ready\n');
}

main().catch((error) => {
  writers[2](`samara: error: ${error.stack ?? error}\n`);
  end(2);
});
