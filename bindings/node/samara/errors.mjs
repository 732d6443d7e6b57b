// What can go wrong, as classes.

const ownFrames = Symbol('the frames of JavaScript');
const here = new URL('.', import.meta.url).href;

/** Anything Samara says no to. `call`: the id of the call it is about, or null. */
export class SamaraError extends Error {
  constructor(message, options) {
    super(message, options);
    this.call = null;
  }
  get name() {
    return this.constructor.name;
  }
}

/** A value does not have the type that is expected; the text names the place in it. */
export class TypeMismatch extends SamaraError {}
/** No repository was found. */
export class NoRepository extends SamaraError {}
/** There is no such object, function or name. */
export class NotFound extends SamaraError {}
/** A capability that is not granted, or a file that may not be touched. */
export class PermissionDenied extends SamaraError {}

/** A function came to another end than a value. */
export class Failed extends SamaraError {}
/** The program raised an error. `locations`: where, then the calls that led there, outward. */
export class EastError extends Failed {
  constructor(message, options) {
    super(message, options);
    this.locations = [];
  }
}
/** The deadline passed. */
export class Timeout extends Failed {}
/** The process that ran the function died. */
export class Crash extends Failed {}
/** The function did what it must not. */
export class Trap extends Failed {}
/** The memory limit was reached. */
export class MemoryExceeded extends Failed {}
/** The run was cancelled. */
export class Cancelled extends Failed {}
/** Whoever ran the function is gone. */
export class Lost extends Failed {}
/** Another limit was reached: steps, depth, output. */
export class LimitReached extends Failed {}

// Codes of the C interface which somebody may want to tell apart.
const byCode = {
  4: TypeMismatch,
  5: NotFound,
  11: PermissionDenied,
  13: Cancelled,
  14: Timeout,
  15: NoRepository,
};
const byOutcome = {
  2: Trap,
  3: Crash,
  4: Timeout,
  5: MemoryExceeded,
  6: Cancelled,
  7: Lost,
  8: LimitReached,
};
/** The numbers of outcomes that a request may end with. */
export const outcomes = {error: 1, trap: 2, timeout: 4, memory: 5, cancelled: 6};

/** The error for a code of the C interface. */
export function fromCode(code, message) {
  return withoutUs(new (byCode[code] ?? SamaraError)(message));
}

const first = /^([^\n]*?):(\d+):(\d+): /;
const caller = /\n {2}at ([^\n]*):(\d+):(\d+)$/;
const place = (match) => ({file: match[1], line: Number(match[2]), column: Number(match[3])});

/** Message and locations of an East error from its text (docs/formats/execution-record.md). */
export function splitMessage(text) {
  const callers = [];
  for (let match; (match = caller.exec(text)) !== null; text = text.slice(0, match.index)) {
    callers.unshift(place(match));
  }
  if (callers.length > 0 && text.endsWith('\nStack trace:')) text = text.slice(0, -13);
  const match = first.exec(text);
  if (match === null) return {said: text, locations: callers};
  return {said: text.slice(match[0].length), locations: [place(match), ...callers]};
}

/** The error for an outcome of a call. */
export function fromOutcome(outcome, message, call, name, said, places) {
  if (outcome !== 1) {
    const error = new (byOutcome[outcome] ?? Failed)(message);
    error.call = call;
    return withoutUs(error);
  }
  let locations;
  if (places === null) {
    ({said, locations} = splitMessage(message));
  } else {
    locations = places.map((each) => ({
      file: each.file,
      line: Number(each.line),
      column: Number(each.column),
    }));
  }
  const error = new EastError(said);
  error.call = call;
  error.locations = locations;
  // The stack begins in East, and goes on in JavaScript.
  const lines = locations.map((at, index) => {
    const where = `${at.file}:${at.line}:${at.column}`;
    return index === locations.length - 1 ? `    at ${name} (${where})` : `    at ${where}`;
  });
  const frames = framesOf(error);
  error[ownFrames] = frames;
  error.stack = [String(error), ...lines, ...frames].join('\n');
  return error;
}

// --- stacks

/** The lines of a stack below the message, without those of this package. */
export function framesOf(error) {
  if (error[ownFrames] !== undefined) return error[ownFrames];
  const lines = typeof error.stack === 'string' ? error.stack.split('\n') : [];
  return lines.filter((line) => /^ {4}at /.test(line) && !line.includes(here));
}

function withoutUs(error) {
  error.stack = [String(error), ...framesOf(error)].join('\n');
  return error;
}

/** Adds where a call was made to an error that came back later. */
export function withCaller(error, at) {
  const frames = [...framesOf(error), ...framesOf(at)];
  const east = error.stack.split('\n').filter((line) => /^ {4}at /.test(line));
  const inner = error[ownFrames] === undefined ? [] : east.slice(0, error.locations?.length ?? 0);
  error[ownFrames] = frames;
  error.stack = [String(error), ...inner, ...frames].join('\n');
  return error;
}
