// The addon, and what it is told when it is loaded.

import {createRequire} from 'node:module';

import {fromCode, fromOutcome} from './errors.mjs';
import {flatten, KeyList, Matrix, newMap, newSet, Ref, Some} from './values.mjs';

const addon = createRequire(import.meta.url)('./samara.node');

/** Calls a platform function of a Repository; the answer goes back by way of `crossing`. */
function invoke(target, given, sync, crossing) {
  const fail = (error) => addon.crossingFailed(crossing, words(error));
  const done = (value) => {
    try {
      addon.crossingDone(crossing, value);
    } catch (error) {
      fail(error);
    }
  };
  let answer;
  try {
    answer = target(...given);
  } catch (error) {
    return fail(error);
  }
  if (typeof answer?.then !== 'function') return done(answer);
  if (sync) return fail(new TypeError("it is async, and only 'call' waits for it"));
  answer.then(done, fail);
}

/** What an error says: its class first, unless it is a plain one. */
export function words(error) {
  if (error instanceof Error) {
    const said = String(error.message);
    const plain = error.name === 'Error' || error.name === 'EastError';
    return plain ? said : `${error.name}: ${said}`;
  }
  if (typeof error === 'string') return error;
  try {
    return `thrown: ${typeof error === 'object' ? JSON.stringify(error) : String(error)}`;
  } catch {
    return 'something was thrown that is no error';
  }
}

let dispatch = null;
function setup() {
  addon.setup([
    fromCode,
    Some,
    Ref,
    Matrix,
    KeyList,
    flatten,
    newSet,
    newMap,
    (map, key) => map.get(key),
    (map, key, value) => void map.set(key, value),
    () => new Map(),
    fromOutcome,
    invoke,
    dispatch,
  ]);
}
setup();

/** Who gets the requests of this worker. */
export function setDispatch(given) {
  dispatch = given;
  setup();
}

export {addon};
