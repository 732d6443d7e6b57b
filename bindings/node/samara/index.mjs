// Samara: typed functions that run once and whose results are found again.
//
//   import * as samara from 'samara';
//   const repo = new samara.Repository();
//   repo.add('mean.east');
//   repo.run('mean', [1, 2, 6]);  // 3

import {addon} from './native.mjs';
import {Type, toType, typeOf} from './types.mjs';

export {
  Cancelled, Crash, EastError, Failed, LimitReached, Lost, MemoryExceeded, NoRepository, NotFound,
  PermissionDenied, SamaraError, Timeout, Trap, TypeMismatch,
} from './errors.mjs';
export {KeyList, Matrix, Ref, Some, Stored, stored, variant} from './values.mjs';
export {
  ArrayType, BlobType, BooleanType, DateTimeType, DictType, FloatType, FunctionType, IntegerType,
  MatrixType, NeverType, NullType, OptionType, RecursiveType, RefType, SetType, StringType,
  StructType, Type, VariantType, VectorType, sourceOf, toType, typeOf,
} from './types.mjs';
export {Repository, init, platform} from './repository.mjs';
export {east} from './east.mjs';
export {Request, current} from './requests.mjs';

export const version = addon.version();

/** The bytes of a value. */
export function encode(value, type) {
  return addon.encode(value, Type.id(type === undefined ? typeOf(value) : toType(type)));
}
/** The value of beast2 bytes. */
export function decode(bytes) {
  return addon.decode(bytes);
}
