/** Samara: typed functions that run once and whose results are found again. */

export const version: string;

// --- types

/** An East type; equal types are the same object. */
export class Type {
  private constructor();
  /** The constructor: 'Array', 'Struct', … */
  readonly kind: string;
  /** East text: `.Array .Float` */
  readonly text: string;
  /** Names of fields or cases. */
  readonly names: readonly string[];
  /** Types of elements, fields, cases, inputs and output. */
  readonly parts: Type[];
  toString(): string;
  toJSON(): string;
}
/** Part of a recursive type, of which the rest is missing. */
export interface OpenType {
  readonly text: string;
}
/**
 * Whatever stands for a type: a Type, East text (`.Array .Float`), the notation of East programs
 * (`Array<Float>`), null, or a class such as Number (Float), BigInt (Integer), String, Date.
 */
export type TypeLike = Type | OpenType | string | null | Function;

export const NullType: Type;
export const BooleanType: Type;
export const IntegerType: Type;
export const FloatType: Type;
export const StringType: Type;
export const BlobType: Type;
export const DateTimeType: Type;
export const NeverType: Type;
export function ArrayType(element: TypeLike): Type;
export function SetType(key: TypeLike): Type;
export function VectorType(element: TypeLike): Type;
export function MatrixType(element: TypeLike): Type;
export function RefType(value: TypeLike): Type;
export function DictType(key: TypeLike, value: TypeLike): Type;
export function StructType(fields: Record<string, TypeLike>): Type;
export function VariantType(cases: Record<string, TypeLike>): Type;
export function OptionType(value: TypeLike): Type;
export function FunctionType(inputs: TypeLike[], output: TypeLike): Type;
/** The type so many constructors further out; 1 is the one right around it. */
export function RecursiveType(distance: number): OpenType;
export function toType(given: TypeLike): Type;
/** The type that follows from a value; throws TypeMismatch where it is not clear. */
export function typeOf(value: unknown): Type;
/** A type in the notation of East programs. */
export function sourceOf(type: Type): string;

// --- values

/** `some` of an option whose payload can itself look like null. */
export class Some<T = unknown> {
  constructor(value: T);
  readonly value: T;
}
/** A mutable cell; the same object in two places is the same cell in East. */
export class Ref<T = unknown> {
  constructor(value?: T);
  value: T;
}
/** Numbers in rows. */
export class Matrix<A extends Float64Array | BigInt64Array | Uint8Array = Float64Array> {
  constructor(rows: number, columns: number, data: A);
  static of(rows: ArrayLike<number>[] | ArrayLike<bigint>[]): Matrix;
  readonly rows: number;
  readonly columns: number;
  readonly data: A;
  readonly shape: [number, number];
  at(row: number, column: number): A[number];
  /** One row, not a copy. */
  row(index: number): A;
  [Symbol.iterator](): Iterator<A>;
}
/** Keys, or [key, value] pairs, which Set and Map would not keep apart: -0 and 0. */
export class KeyList<T = unknown> extends Array<T> {}
export interface Variant<Case extends string = string, T = unknown> {
  type: Case;
  value: T;
}
export function variant<Case extends string, T = null>(type: Case, value?: T): Variant<Case, T>;
/** A stored object as an argument of a call. */
export class Stored {
  constructor(id: string);
  readonly id: string;
}
export function stored(id: string): Stored;
/** The bytes of a value. */
export function encode(value: unknown, type?: TypeLike): Uint8Array;
/** The value of beast2 bytes. */
export function decode(bytes: Uint8Array | ArrayBuffer | DataView): any;

// --- errors

export interface Location {
  file: string;
  line: number;
  column: number;
}
/** Anything Samara says no to. */
export class SamaraError extends Error {
  /** The id of the call it is about. */
  call: string | null;
}
export class TypeMismatch extends SamaraError {}
export class NoRepository extends SamaraError {}
export class NotFound extends SamaraError {}
export class PermissionDenied extends SamaraError {}
/** A function came to another end than a value. */
export class Failed extends SamaraError {}
/** The program raised an error. */
export class EastError extends Failed {
  /** Where, then the calls that led there, outward. */
  locations: Location[];
}
export class Timeout extends Failed {}
export class Crash extends Failed {}
export class Trap extends Failed {}
export class MemoryExceeded extends Failed {}
export class Cancelled extends Failed {}
export class Lost extends Failed {}
export class LimitReached extends Failed {}

// --- repositories

export interface CallOptions {
  /** Milliseconds. */
  timeout?: number;
  /** Bytes, or text such as '64M'. */
  memory?: number | string;
  /** Capabilities, such as 'fs,net'. */
  allow?: string | string[];
  steps?: number;
  /** false: run even if the answer is known. */
  memo?: boolean;
  /** Ends calls. */
  signal?: AbortSignal;
}
export interface RepositoryOptions extends CallOptions {
  /** Calls that run at the same time. */
  workers?: number;
}
/** All that is known of a call. */
export interface Result<T = any> {
  value: T;
  /** Of the value, a stored object. */
  id: string;
  /** Of the call: for `why`. */
  call: string;
  fromMemo: boolean;
  reason: string;
  /** Of the run that gave the value, which may be an earlier one. */
  ms: number;
  steps: number;
  peakMemory: number;
}
export interface FunctionInfo {
  name: string;
  id: string;
  kind: string;
  type: Type;
}
/** A function of a repository: calling it runs it, `.call` does so without blocking. */
export interface FunctionHandle {
  (...given: unknown[]): any;
  readonly id: string;
  readonly repository: Repository;
  readonly type: Type;
  call(...given: unknown[]): Promise<any>;
}
export type Target = string | FunctionHandle;
export type Effect = 'pure' | 'idempotent' | 'effectful';
export interface PlatformOptions {
  effect?: Effect;
  /** Part of the identity of calls; without it the source of the module is. */
  version?: string;
}
export interface ScriptOptions {
  type: TypeLike;
  /** The function in the source; without it the default export. */
  entry?: string;
  name?: string;
  runtime?: 'node' | 'python' | 'julia' | 'command';
  effect?: Effect | 'unknown';
  /** Path of a lock file: what must be installed. */
  environment?: string;
  lockKind?: string;
  /** Of the file, for messages. */
  path?: string;
}

export class Repository {
  /** Without a path: SAMARA_REPO, or the nearest `.samara` upwards. */
  constructor(path?: string | URL | null, options?: RepositoryOptions);
  readonly path: string;
  /** The same repository with other options for its calls. */
  with(options: CallOptions): Repository;
  close(): void;

  put(value: unknown, type?: TypeLike, options?: {name?: string}): string;
  putBytes(
    data: Uint8Array | string,
    options?: {format?: 'beast2' | 'text' | 'json'; type?: TypeLike; name?: string},
  ): string;
  get(idOrRef: string | Stored): any;
  getBytes(idOrRef: string | Stored, format?: 'beast2'): Uint8Array;
  getBytes(idOrRef: string | Stored, format: 'text' | 'json'): string;
  typeOf(idOrRef: string | Stored): Type;
  resolve(text: string): string;
  setRef(name: string, target: string | Stored | null): void;

  /** Adds the functions of a file, of source, of a program's bytes or of `east`; ids by name. */
  add(
    source: string | URL | Uint8Array | EastProgram,
    name?: string | null,
    options?: {function?: string},
  ): Record<string, string>;
  addScript(source: string | URL, options: ScriptOptions): string;
  functions(): Record<string, FunctionInfo>;
  function(name: string): FunctionHandle;
  signature(idOrName: string): Type;
  platform<F extends (...given: any[]) => unknown>(
    name: string, inputs: TypeLike[], output: TypeLike, options: PlatformOptions, fn: F,
  ): F;
  platform<F extends (...given: any[]) => unknown>(
    name: string, inputs: TypeLike[], output: TypeLike, fn: F,
  ): F;

  /** Runs a function, or finds its answer; JavaScript waits meanwhile. */
  run(target: Target, ...given: unknown[]): any;
  result(target: Target, ...given: unknown[]): Result;
  /** As `run`, without blocking. */
  call(target: Target, ...given: unknown[]): Promise<any>;
  callResult(target: Target, ...given: unknown[]): Promise<Result>;
  why(call: string | Result | SamaraError): string;
}
/** Makes a repository in a directory that does not exist or is empty, and opens it. */
export function init(path?: string, options?: RepositoryOptions): Repository;

/** Offers a function to East programs and other languages, in the worker that loads this file. */
export function platform<F extends (...given: any[]) => unknown>(
  name: string, inputs: TypeLike[], output: TypeLike, options: PlatformOptions, fn: F,
): F;
export function platform<F extends (...given: any[]) => unknown>(
  name: string, inputs: TypeLike[], output: TypeLike, fn: F,
): F;

/** A request that this worker serves. */
export class Request {
  private constructor();
  /** Of the function that is called. */
  readonly name: string;
  readonly repository: Repository;
  /** Milliseconds until the deadline; Infinity: there is none. */
  readonly msLeft: number;
  readonly cancelled: boolean;
  readonly signal: AbortSignal;
  call(target: Target, ...given: unknown[]): Promise<any>;
  log(text: string | Uint8Array, stream?: 1 | 2): void;
}
/** The request that this code serves, in a worker; else null. */
export function current(): Request | null;

// --- East functions out of JavaScript

/** An expression of East. Methods are those of East in camel case; other names are fields. */
export interface Expression {
  add(other: Operand): Expression;
  sub(other: Operand): Expression;
  mul(other: Operand): Expression;
  div(other: Operand): Expression;
  rem(other: Operand): Expression;
  pow(other: Operand): Expression;
  eq(other: Operand): Expression;
  ne(other: Operand): Expression;
  lt(other: Operand): Expression;
  le(other: Operand): Expression;
  gt(other: Operand): Expression;
  ge(other: Operand): Expression;
  is(other: Operand): Expression;
  and(other: Operand): Expression;
  or(other: Operand): Expression;
  not(): Expression;
  neg(): Expression;
  /** An element. */
  at(index: Operand): Expression;
  as(type: TypeLike): Expression;
  /** A field whose name means something else here. */
  field(name: string): Expression;
  method(name: string, ...given: Operand[]): Expression;
  [name: string]: any;
}
/** An expression, a value (numbers are Floats, bigints Integers), or a function of East. */
export type Operand = any;
export interface EastProgram {
  (...given: Operand[]): Expression;
  readonly eastName: string;
  /** The East source of the function and of those it uses. */
  sourceText(): string;
}
export const east: {
  fn(
    name: string,
    types: Record<string, TypeLike>,
    output: TypeLike,
    work: (given: Record<string, Expression>, self: Expression) => Operand | void,
  ): EastProgram;
  platform(
    name: string, types: Record<string, TypeLike>, output: TypeLike, options?: {effect?: Effect},
  ): EastProgram;
  let(value: Operand, type?: TypeLike): Expression;
  var(value: Operand, type?: TypeLike): Expression;
  set(place: Expression, value: Operand): void;
  do(value: Operand): void;
  if(condition: Operand, then: () => Operand | void, otherwise?: () => Operand | void): void;
  while(condition: Operand, work: () => Operand | void): void;
  for(over: Operand, work: (...each: Expression[]) => Operand | void): void;
  return(value?: Operand): void;
  throw(message: Operand): void;
  break(): void;
  continue(): void;
  when(condition: Operand, then: () => Operand, otherwise?: () => Operand): Expression;
  match(value: Operand, arms: Record<string, (payload: Expression) => Operand>): Expression;
  try(work: () => Operand, handler: (message: Expression) => Operand): Expression;
  variant(name: string, payload?: Operand): Expression;
  of(value: Operand, type: TypeLike): Expression;
  ref(value: Operand): Expression;
  text(words: TemplateStringsArray, ...values: Operand[]): Expression;
  call(name: string, ...given: Operand[]): Expression;
  type(type: TypeLike): object;
};
