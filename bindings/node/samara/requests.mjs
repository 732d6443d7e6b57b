// The request that the code which runs now belongs to, if there is one.

import {AsyncLocalStorage} from 'node:async_hooks';

import {Cancelled} from './errors.mjs';
import {addon} from './native.mjs';

export const storage = new AsyncLocalStorage();

// Calls of one request that are made at the same time; the others wait for their turn.
const callsAtOnceMax = 32;

/** Runs at most so many pieces of work at the same time. */
export class Limiter {
  #free;
  #waiting = [];
  #next = 0;
  constructor(count) {
    this.#free = count;
  }
  /** Resolves when there is room; `leave` gives it back. */
  enter() {
    if (this.#free > 0) {
      this.#free--;
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
  leave() {
    if (this.#next === this.#waiting.length) {
      this.#free++;
      return;
    }
    const resolve = this.#waiting[this.#next];
    this.#waiting[this.#next++] = undefined;
    if (this.#next === this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    resolve();
  }
}

/** A request that this worker serves. */
export class Request {
  /** @internal */
  constructor(number, name, host) {
    this.number = number;
    /** Of the function that is called. */
    this.name = name;
    this.host = host;
    this.over = false;
    this.pending = new Set(); // tokens of calls that are waited for
    this.limiter = new Limiter(callsAtOnceMax);
    this.timer = null;
    this.abort = null;
    this.settled = null;
  }

  /** The repository of the worker. Its calls inside of this request belong to the request. */
  get repository() {
    return this.host.repository;
  }
  /** As `repository.call`. */
  call(target, ...given) {
    return this.repository.call(target, ...given);
  }
  /** Milliseconds until the deadline; Infinity: there is none. */
  get msLeft() {
    return this.over ? 0 : addon.requestMsLeft(this.number);
  }
  /** Nobody waits for the answer any more. */
  get cancelled() {
    return this.over || addon.requestCancelled(this.number);
  }
  /** Aborted when the request is cancelled or its deadline passes. */
  get signal() {
    if (this.abort === null) {
      this.abort = new AbortController();
      if (this.over) this.abort.abort(new Cancelled('the request is over'));
      else this.host.watch(this);
    }
    return this.abort.signal;
  }
  /** Adds to the log of the request. */
  log(text, stream = 1) {
    if (this.over || !addon.requestLog(this.number, stream, text)) process.stderr.write(text);
  }

  // A call begins or ends; while one is waited for, the request holds no slot.
  begin(token) {
    this.pending.add(token);
    if (this.pending.size === 1) addon.holdSlots(-1);
  }
  end(token) {
    this.pending.delete(token);
    if (this.pending.size > 0) return;
    addon.holdSlots(1);
    this.settled?.();
  }
  /** Ends the calls that nobody has waited for: they cannot live on without the request. */
  async close() {
    while (this.pending.size > 0) {
      for (const token of this.pending) addon.cancel(token);
      await new Promise((resolve) => {
        const again = setTimeout(resolve, 5);
        this.settled = () => {
          clearTimeout(again);
          resolve();
        };
      });
    }
  }
}

/** The request that this code serves, in a worker; else null. */
export function current() {
  return storage.getStore() ?? null;
}
