// Builtins on Vector and Matrix. Their size never changes, so callbacks need no iteration lock;
// elements are read live.
//
// The runtime that introduced them leaves some inputs undefined; here a negative size counts as 0
// (as it does for arrays), and a size that does not fit, or rows of different length, are errors.

#include <algorithm>
#include <string>

#include "eval/collection_support.hpp"
#include "eval/packed.hpp"

namespace samara::eval {
namespace {

VectorObject* vector_of(Slot slot) { return as<VectorObject>(slot); }
MatrixObject* matrix_of(Slot slot) { return as<MatrixObject>(slot); }

std::string text(int64_t number) { return std::to_string(number); }
std::string text(uint64_t number) { return std::to_string(number); }

uint64_t size_argument(Slot size) {
  return static_cast<uint64_t>(std::max<int64_t>(size.integer(), 0));
}

/// Copies `count` elements of `width` bytes; also none of nothing.
void copy_packed(uint8_t* to, const uint8_t* from, uint64_t count, uint32_t width) {
  if (count != 0) std::memcpy(to, from, static_cast<size_t>(count * width));
}

void fill_packed(uint8_t* data, uint32_t width, size_t count, Slot value) {
  for (size_t i = 0; i < count; i++) store_packed(data, width, i, value);
}

Slot one(const Type* element) {
  if (element->is(Kind::float_)) return Slot::of(1.0);
  return element->is(Kind::boolean) ? Slot::of(true) : Slot::of(int64_t{1});
}

uint64_t element_count(const MatrixObject* matrix) { return matrix->rows * matrix->columns; }

// --- Vector
// ----------------------------------------------------------------------------------------------

bool vector_length(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(vector_of(args[0])->size));
  return true;
}

bool fail_vector_index(Vm& vm, const VectorObject* vector, int64_t index) {
  return vm.fail("Vector index " + text(index) + " out of bounds (length " + text(vector->size) +
                 ")");
}

bool vector_get(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  int64_t index = args[1].integer();
  if (!in_range(index, vector->size)) return fail_vector_index(vm, vector, index);
  out = load_packed(vector->data(), vector->aux, static_cast<size_t>(index));
  return true;
}

bool vector_set(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  if (!may_replace(vm, vector, "Vector")) return false;
  int64_t index = args[1].integer();
  if (!in_range(index, vector->size)) return fail_vector_index(vm, vector, index);
  store_packed(vector->data(), vector->aux, static_cast<size_t>(index), args[2]);
  out = Slot::null();
  return true;
}

bool vector_slice(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  int64_t start = args[1].integer();
  int64_t end = args[2].integer();
  if (start < 0 || start > end || static_cast<uint64_t>(end) > vector->size) {
    return vm.fail("Vector slice [" + text(start) + ", " + text(end) + ") out of bounds (length " +
                   text(vector->size) + ")");
  }
  auto size = static_cast<uint64_t>(end - start);
  VectorObject* result = make_vector(vm, size, vector->aux);
  if (result == nullptr) return false;
  copy_packed(result->data(), vector->data() + start * vector->aux, size, vector->aux);
  out = Slot::of(result);
  return true;
}

bool vector_concat(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* first = vector_of(args[0]);
  VectorObject* second = vector_of(args[1]);
  VectorObject* result = make_vector(vm, first->size + second->size, first->aux);
  if (result == nullptr) return false;
  copy_packed(result->data(), first->data(), first->size, first->aux);
  copy_packed(result->data() + first->size * first->aux, second->data(), second->size, first->aux);
  out = Slot::of(result);
  return true;
}

bool vector_from_array(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* array = as<ArrayObject>(args[0]);
  VectorObject* result = make_vector(vm, array->size, packed_bytes(site.type(0)));
  if (result == nullptr) return false;
  for (size_t i = 0; i < array->size; i++) {
    store_packed(result->data(), result->aux, i, array->data[i]);
  }
  out = Slot::of(result);
  return true;
}

ArrayObject* unpack(Vm& vm, const uint8_t* data, uint32_t width, uint64_t count) {
  ArrayObject* array = make_array(vm, static_cast<size_t>(count));
  if (array == nullptr) return nullptr;
  for (size_t i = 0; i < array->size; i++) array->data[i] = load_packed(data, width, i);
  return array;
}

bool vector_to_array(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  ArrayObject* result = unpack(vm, vector->data(), vector->aux, vector->size);
  if (result == nullptr) return false;
  out = Slot::of(result);
  return true;
}

bool vector_to_matrix(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  int64_t rows = args[1].integer();
  int64_t columns = args[2].integer();
  int64_t needed = 0;
  if (rows < 0 || columns < 0 || __builtin_mul_overflow(rows, columns, &needed) ||
      static_cast<uint64_t>(needed) != vector->size) {
    return vm.fail("Cannot reshape Vector of length " + text(vector->size) + " to Matrix of " +
                   text(rows) + "x" + text(columns));
  }
  MatrixObject* result =
      make_matrix(vm, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), vector->aux);
  if (result == nullptr) return false;
  copy_packed(result->data(), vector->data(), vector->size, vector->aux);
  out = Slot::of(result);
  return true;
}

bool filled_vector(Vm& vm, const Type* element, Slot size, Slot value, Slot& out) {
  VectorObject* result = make_vector(vm, size_argument(size), packed_bytes(element));
  if (result == nullptr) return false;
  if (value.bits != 0) {
    fill_packed(result->data(), result->aux, static_cast<size_t>(result->size), value);
  }
  out = Slot::of(result);
  return true;
}

bool vector_zeros(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return filled_vector(vm, site.type(0), args[0], Slot{}, out);
}
bool vector_ones(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return filled_vector(vm, site.type(0), args[0], one(site.type(0)), out);
}
bool vector_fill(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return filled_vector(vm, site.type(0), args[0], args[1], out);
}

bool vector_map(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  VectorObject* result = make_vector(vm, vector->size, packed_bytes(site.type(1)));
  if (result == nullptr) return false;
  for (size_t i = 0; i < vector->size; i++) {
    Slot mapped;
    Slot element = load_packed(vector->data(), vector->aux, i);
    if (!vm.call(args[1], element, Slot::of(static_cast<int64_t>(i)), mapped)) return false;
    store_packed(result->data(), result->aux, i, mapped);
  }
  out = Slot::of(result);
  return true;
}

// arguments: vector, init, (T, E, Integer) → T.
bool vector_fold(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  VectorObject* vector = vector_of(args[0]);
  Slot accumulator = args[1];
  for (size_t i = 0; i < vector->size; i++) {
    Slot element = load_packed(vector->data(), vector->aux, i);
    if (!vm.call(args[2], accumulator, element, Slot::of(static_cast<int64_t>(i)), accumulator)) {
      return false;
    }
  }
  out = accumulator;
  return true;
}

// --- Matrix: size and elements
// -----------------------------------------------------------------------------

bool matrix_rows(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(matrix_of(args[0])->rows));
  return true;
}
bool matrix_cols(Vm&, const BuiltinSite&, Slot* args, Slot& out) {
  out = Slot::of(static_cast<int64_t>(matrix_of(args[0])->columns));
  return true;
}

// The position of element (args[1], args[2]) of args[0].
bool matrix_position(Vm& vm, const Slot* args, size_t& position) {
  MatrixObject* matrix = matrix_of(args[0]);
  int64_t row = args[1].integer();
  int64_t column = args[2].integer();
  if (!in_range(row, matrix->rows) || !in_range(column, matrix->columns)) {
    return vm.fail("Matrix index (" + text(row) + ", " + text(column) + ") out of bounds (" +
                   text(matrix->rows) + "x" + text(matrix->columns) + ")");
  }
  position = static_cast<size_t>(static_cast<uint64_t>(row) * matrix->columns +
                                 static_cast<uint64_t>(column));
  return true;
}

bool matrix_get(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  size_t position = 0;
  if (!matrix_position(vm, args, position)) return false;
  out = load_packed(matrix->data(), matrix->aux, position);
  return true;
}

bool matrix_set(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  if (!may_replace(vm, matrix, "Matrix")) return false;
  size_t position = 0;
  if (!matrix_position(vm, args, position)) return false;
  store_packed(matrix->data(), matrix->aux, position, args[3]);
  out = Slot::null();
  return true;
}

// --- Matrix: rows and columns
// ------------------------------------------------------------------------------

VectorObject* row_of(Vm& vm, const MatrixObject* matrix, uint64_t row) {
  VectorObject* result = make_vector(vm, matrix->columns, matrix->aux);
  if (result == nullptr) return nullptr;
  copy_packed(result->data(), matrix->data() + row * matrix->columns * matrix->aux, matrix->columns,
              matrix->aux);
  return result;
}

bool matrix_get_row(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  int64_t row = args[1].integer();
  if (!in_range(row, matrix->rows)) {
    return vm.fail("Matrix row " + text(row) + " out of bounds (" + text(matrix->rows) + " rows)");
  }
  VectorObject* result = row_of(vm, matrix, static_cast<uint64_t>(row));
  if (result == nullptr) return false;
  out = Slot::of(result);
  return true;
}

bool matrix_get_col(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  int64_t column = args[1].integer();
  if (!in_range(column, matrix->columns)) {
    return vm.fail("Matrix column " + text(column) + " out of bounds (" + text(matrix->columns) +
                   " cols)");
  }
  VectorObject* result = make_vector(vm, matrix->rows, matrix->aux);
  if (result == nullptr) return false;
  auto at = static_cast<size_t>(column);
  for (size_t row = 0; row < matrix->rows; row++, at += static_cast<size_t>(matrix->columns)) {
    store_packed(result->data(), result->aux, row, load_packed(matrix->data(), matrix->aux, at));
  }
  out = Slot::of(result);
  return true;
}

bool matrix_to_rows(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  ArrayObject* result = make_array(vm, static_cast<size_t>(matrix->rows));
  if (result == nullptr) return false;
  for (size_t row = 0; row < matrix->rows; row++) {
    VectorObject* made = row_of(vm, matrix, row);
    if (made == nullptr || !vm.step()) return false;
    result->data[row] = Slot::of(made);
  }
  out = Slot::of(result);
  return true;
}

bool fail_ragged(Vm& vm, size_t row, uint64_t columns, uint64_t expected) {
  return vm.fail("Matrix row " + text(uint64_t{row}) + " has " + text(columns) +
                 " elements, expected " + text(expected));
}

bool matrix_from_rows(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* rows = as<ArrayObject>(args[0]);
  uint64_t columns = rows->size == 0 ? 0 : vector_of(rows->data[0])->size;
  for (size_t row = 0; row < rows->size; row++) {
    uint64_t size = vector_of(rows->data[row])->size;
    if (size != columns) return fail_ragged(vm, row, size, columns);
  }
  MatrixObject* result = make_matrix(vm, rows->size, columns, packed_bytes(site.type(0)));
  if (result == nullptr) return false;
  for (size_t row = 0; row < rows->size; row++) {
    copy_packed(result->data() + row * columns * result->aux, vector_of(rows->data[row])->data(),
                columns, result->aux);
  }
  out = Slot::of(result);
  return true;
}

bool matrix_from_array(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  auto* rows = as<ArrayObject>(args[0]);
  uint64_t columns = rows->size == 0 ? 0 : as<ArrayObject>(rows->data[0])->size;
  for (size_t row = 0; row < rows->size; row++) {
    uint64_t size = as<ArrayObject>(rows->data[row])->size;
    if (size != columns) return fail_ragged(vm, row, size, columns);
  }
  MatrixObject* result = make_matrix(vm, rows->size, columns, packed_bytes(site.type(0)));
  if (result == nullptr) return false;
  size_t position = 0;
  for (Slot row : rows->slots()) {
    for (Slot element : as<ArrayObject>(row)->slots()) {
      store_packed(result->data(), result->aux, position++, element);
    }
  }
  out = Slot::of(result);
  return true;
}

bool matrix_to_array(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  ArrayObject* result = make_array(vm, static_cast<size_t>(matrix->rows));
  if (result == nullptr) return false;
  for (size_t row = 0; row < matrix->rows; row++) {
    ArrayObject* made = unpack(vm, matrix->data() + row * matrix->columns * matrix->aux,
                               matrix->aux, matrix->columns);
    if (made == nullptr || !vm.step()) return false;
    result->data[row] = Slot::of(made);
  }
  out = Slot::of(result);
  return true;
}

// --- Matrix: whole
// -----------------------------------------------------------------------------------------

bool matrix_to_vector(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  VectorObject* result = make_vector(vm, element_count(matrix), matrix->aux);
  if (result == nullptr) return false;
  copy_packed(result->data(), matrix->data(), element_count(matrix), matrix->aux);
  out = Slot::of(result);
  return true;
}

// Tile by tile, so that both sides stay in the cache.
bool matrix_transpose(Vm& vm, const BuiltinSite&, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  MatrixObject* result = make_matrix(vm, matrix->columns, matrix->rows, matrix->aux);
  if (result == nullptr) return false;
  constexpr size_t k_tile = 32;
  auto rows = static_cast<size_t>(matrix->rows);
  auto columns = static_cast<size_t>(matrix->columns);
  for (size_t top = 0; top < rows && columns != 0; top += k_tile) {
    size_t bottom = std::min(rows, top + k_tile);
    for (size_t left = 0; left < columns; left += k_tile) {
      size_t right = std::min(columns, left + k_tile);
      for (size_t row = top; row < bottom; row++) {
        for (size_t column = left; column < right; column++) {
          store_packed(result->data(), result->aux, column * rows + row,
                       load_packed(matrix->data(), matrix->aux, row * columns + column));
        }
      }
    }
  }
  out = Slot::of(result);
  return true;
}

bool filled_matrix(Vm& vm, const Type* element, const Slot* sizes, Slot value, Slot& out) {
  MatrixObject* result =
      make_matrix(vm, size_argument(sizes[0]), size_argument(sizes[1]), packed_bytes(element));
  if (result == nullptr) return false;
  if (value.bits != 0) {
    fill_packed(result->data(), result->aux, static_cast<size_t>(element_count(result)), value);
  }
  out = Slot::of(result);
  return true;
}

bool matrix_zeros(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return filled_matrix(vm, site.type(0), args, Slot{}, out);
}
bool matrix_ones(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return filled_matrix(vm, site.type(0), args, one(site.type(0)), out);
}
bool matrix_fill(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return filled_matrix(vm, site.type(0), args, args[2], out);
}

bool matrix_map_elements(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  MatrixObject* result = make_matrix(vm, matrix->rows, matrix->columns, packed_bytes(site.type(1)));
  if (result == nullptr) return false;
  size_t position = 0;
  for (uint64_t row = 0; row < matrix->rows && matrix->columns != 0; row++) {
    for (uint64_t column = 0; column < matrix->columns; column++, position++) {
      Slot mapped;
      Slot element = load_packed(matrix->data(), matrix->aux, position);
      if (!vm.call(args[1], element, Slot::of(static_cast<int64_t>(row)),
                   Slot::of(static_cast<int64_t>(column)), mapped)) {
        return false;
      }
      store_packed(result->data(), result->aux, position, mapped);
    }
  }
  out = Slot::of(result);
  return true;
}

// The first row returned tells how many columns there are.
bool matrix_map_rows(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  MatrixObject* matrix = matrix_of(args[0]);
  MatrixObject* result = nullptr;
  for (size_t row = 0; row < matrix->rows; row++) {
    VectorObject* given = row_of(vm, matrix, row);
    if (given == nullptr) return false;
    Slot mapped;
    if (!vm.call(args[1], Slot::of(given), Slot::of(static_cast<int64_t>(row)), mapped)) {
      return false;
    }
    VectorObject* made = vector_of(mapped);
    if (result == nullptr) {
      result = make_matrix(vm, matrix->rows, made->size, packed_bytes(site.type(1)));
      if (result == nullptr) return false;
    }
    if (made->size != result->columns) return fail_ragged(vm, row, made->size, result->columns);
    copy_packed(result->data() + row * result->columns * result->aux, made->data(), made->size,
                result->aux);
  }
  if (result == nullptr) result = make_matrix(vm, 0, 0, packed_bytes(site.type(1)));
  if (result == nullptr) return false;
  out = Slot::of(result);
  return true;
}

constexpr BuiltinEntry k_entries[] = {
    {"VectorLength", vector_length},
    {"VectorGet", vector_get},
    {"VectorSet", vector_set},
    {"VectorSlice", vector_slice},
    {"VectorConcat", vector_concat},
    {"VectorFromArray", vector_from_array},
    {"VectorToArray", vector_to_array},
    {"VectorToMatrix", vector_to_matrix},
    {"VectorZeros", vector_zeros},
    {"VectorOnes", vector_ones},
    {"VectorFill", vector_fill},
    {"VectorMap", vector_map},
    {"VectorFold", vector_fold},
    {"MatrixRows", matrix_rows},
    {"MatrixCols", matrix_cols},
    {"MatrixGet", matrix_get},
    {"MatrixSet", matrix_set},
    {"MatrixGetRow", matrix_get_row},
    {"MatrixGetCol", matrix_get_col},
    {"MatrixToVector", matrix_to_vector},
    {"MatrixFromArray", matrix_from_array},
    {"MatrixToArray", matrix_to_array},
    {"MatrixTranspose", matrix_transpose},
    {"MatrixZeros", matrix_zeros},
    {"MatrixOnes", matrix_ones},
    {"MatrixFill", matrix_fill},
    {"MatrixMapElements", matrix_map_elements},
    {"MatrixMapRows", matrix_map_rows},
    {"MatrixToRows", matrix_to_rows},
    {"MatrixFromRows", matrix_from_rows},
};

}  // namespace

std::span<const BuiltinEntry> vector_builtins() { return k_entries; }

}  // namespace samara::eval
