#include "eval/builtin_test_support.hpp"

namespace samara::eval {
namespace {

class VectorBuiltins : public BuiltinTest {
 protected:
  const Type* const V = types_.vector(F);
  const Type* const M = types_.matrix(I);
  Expr vec(std::string_view text) { return lit(V, text); }
  Expr mat(std::string_view text) { return lit(M, text); }
  Expr real(double value) { return b_.float_(value); }
};

TEST_F(VectorBuiltins, elements_are_read_and_written_within_bounds) {
  auto get = [this](int64_t i) -> Make {
    return [=, this] { return call(Id::VectorGet, {F}, {vec("vec[1.0, 2.5]"), num(i)}); };
  };
  auto set = [this](int64_t i) {
    return after(V, "vec[1.0, 2.5]",
                 [=, this](Var v) { return call(Id::VectorSet, {F}, {read(v), num(i), real(9)}); });
  };
  expect_all({
      {"length", [this] { return call(Id::VectorLength, {F}, {vec("vec[1.0, 2.5]")}); }, "2"},
      {"get", get(1), "2.5"},
      {"get outside", get(2), "error: Vector index 2 out of bounds (length 2)"},
      {"get negative", get(-1), "error: Vector index -1 out of bounds (length 2)"},
      {"set", set(0), "vec[9.0, 2.5]"},
      {"set outside", set(5), "error: Vector index 5 out of bounds (length 2)"},
      {"booleans are single bytes",
       after(
           types_.vector(B), "vec[true, false, true]",
           [this](Var v) { return call(Id::VectorSet, {B}, {read(v), num(1), b_.boolean(true)}); }),
       "vec[true, true, true]"},
  });
}

TEST_F(VectorBuiltins, vectors_are_cut_joined_and_converted) {
  auto slice = [this](int64_t start, int64_t end) -> Make {
    return [=, this] {
      return call(Id::VectorSlice, {F}, {vec("vec[1.0, 2.0, 3.0]"), num(start), num(end)});
    };
  };
  auto to_matrix = [this](int64_t rows, int64_t columns) -> Make {
    return [=, this] {
      return call(Id::VectorToMatrix, {F},
                  {vec("vec[1.0, 2.0, 3.0, 4.0]"), num(rows), num(columns)});
    };
  };
  expect_all({
      {"slice", slice(1, 3), "vec[2.0, 3.0]"},
      {"empty slice", slice(3, 3), "vec[]"},
      {"slice too far", slice(1, 4), "error: Vector slice [1, 4) out of bounds (length 3)"},
      {"slice backwards", slice(2, 1), "error: Vector slice [2, 1) out of bounds (length 3)"},
      {"slice negative", slice(-1, 1), "error: Vector slice [-1, 1) out of bounds (length 3)"},
      {"concat",
       [this] { return call(Id::VectorConcat, {F}, {vec("vec[1.0]"), vec("vec[2.0, 3.0]")}); },
       "vec[1.0, 2.0, 3.0]"},
      {"from array", [this] { return call(Id::VectorFromArray, {I}, {nums("[3, -4]")}); },
       "vec[3, -4]"},
      {"from array of booleans",
       [this] { return call(Id::VectorFromArray, {B}, {lit(types_.array(B), "[true, false]")}); },
       "vec[true, false]"},
      {"to array", [this] { return call(Id::VectorToArray, {F}, {vec("vec[1.0, NaN]")}); },
       "[1.0, NaN]"},
      {"to matrix", to_matrix(2, 2), "mat[[1.0, 2.0], [3.0, 4.0]]"},
      {"to matrix of another size", to_matrix(3, 2),
       "error: Cannot reshape Vector of length 4 to Matrix of 3x2"},
      {"to matrix of negative size", to_matrix(-2, -2),
       "error: Cannot reshape Vector of length 4 to Matrix of -2x-2"},
      {"to matrix of a size that wraps", to_matrix(INT64_MAX, 4),
       "error: Cannot reshape Vector of length 4 to Matrix of 9223372036854775807x4"},
  });
}

TEST_F(VectorBuiltins, vectors_are_made_of_their_element_type) {
  expect_all({
      {"zeros", [this] { return call(Id::VectorZeros, {I}, {num(2)}); }, "vec[0, 0]"},
      {"zeros of booleans", [this] { return call(Id::VectorZeros, {B}, {num(2)}); },
       "vec[false, false]"},
      {"ones", [this] { return call(Id::VectorOnes, {F}, {num(2)}); }, "vec[1.0, 1.0]"},
      {"ones of booleans", [this] { return call(Id::VectorOnes, {B}, {num(2)}); },
       "vec[true, true]"},
      {"ones of integers", [this] { return call(Id::VectorOnes, {I}, {num(1)}); }, "vec[1]"},
      {"fill", [this] { return call(Id::VectorFill, {I}, {num(3), num(7)}); }, "vec[7, 7, 7]"},
      {"negative size", [this] { return call(Id::VectorFill, {I}, {num(-3), num(7)}); }, "vec[]"},
      {"too large", [this] { return call(Id::VectorZeros, {F}, {num(INT64_MAX)}); },
       "memory: memory limit reached"},
  });
}

TEST_F(VectorBuiltins, vectors_are_mapped_and_folded) {
  expect_all({
      {"map to another type",
       [this] {
         return call(Id::VectorMap, {F, B},
                     {vec("vec[1.0, 0.5]"), fn({F, I}, [&](auto p) {
                        return less(call(Id::IntegerToFloat, {}, {read(p[1])}), read(p[0]));
                      })});
       },
       "vec[true, false]"},
      {"an error passes through",
       [this] {
         return call(Id::VectorMap, {F, F},
                     {vec("vec[1.0]"), fn({F, I}, [&](auto) { return b_.error(str("stop")); }, F)});
       },
       "error: stop"},
      {"fold", with_log([this](Var log) {
         return call(Id::VectorFold, {F, I},
                     {vec("vec[1.0, 2.5]"), num(3), noted(log, "f", {I, F, I}, [&](auto p) {
                        return add(read(p[0]), add(read(p[2]), num(1)));
                      })});
       }),
       "6 | f(3,1.0,0) f(4,2.5,1)"},
      {"written elements are seen",
       after(V, "vec[1.0, 2.0]",
             [this](Var v) {
               return call(Id::VectorMap, {F, F},
                           {read(v), fn({F, I}, [&](auto p) {
                              return b_.block([&](ir::Statements& s) {
                                s(call(Id::VectorSet, {F}, {read(v), num(1), real(8)}));
                                return read(p[0]);
                              });
                            })});
             }),
       "vec[1.0, 8.0]"},
  });
}

TEST_F(VectorBuiltins, matrix_elements_rows_and_columns_are_read) {
  const char* m = "mat[[1, 2, 3], [4, 5, 6]]";
  auto get = [=, this](int64_t row, int64_t column) -> Make {
    return [=, this] { return call(Id::MatrixGet, {I}, {mat(m), num(row), num(column)}); };
  };
  auto set = [=, this](int64_t row, int64_t column) {
    return after(M, m, [=, this](Var v) {
      return call(Id::MatrixSet, {I}, {read(v), num(row), num(column), num(9)});
    });
  };
  auto line = [=, this](Id id, int64_t i) -> Make {
    return [=, this] { return call(id, {I}, {mat(m), num(i)}); };
  };
  expect_all({
      {"rows", [=, this] { return call(Id::MatrixRows, {I}, {mat(m)}); }, "2"},
      {"columns", [=, this] { return call(Id::MatrixCols, {I}, {mat(m)}); }, "3"},
      {"get", get(1, 2), "6"},
      {"get outside", get(2, 0), "error: Matrix index (2, 0) out of bounds (2x3)"},
      {"get outside columns", get(0, 3), "error: Matrix index (0, 3) out of bounds (2x3)"},
      {"get negative", get(0, -1), "error: Matrix index (0, -1) out of bounds (2x3)"},
      {"set", set(0, 1), "mat[[1, 9, 3], [4, 5, 6]]"},
      {"set outside", set(-1, 1), "error: Matrix index (-1, 1) out of bounds (2x3)"},
      {"row", line(Id::MatrixGetRow, 1), "vec[4, 5, 6]"},
      {"row outside", line(Id::MatrixGetRow, 2), "error: Matrix row 2 out of bounds (2 rows)"},
      {"column", line(Id::MatrixGetCol, 1), "vec[2, 5]"},
      {"column outside", line(Id::MatrixGetCol, -1),
       "error: Matrix column -1 out of bounds (3 cols)"},
  });
}

TEST_F(VectorBuiltins, matrices_are_converted) {
  const Type* rows = types_.array(types_.array(I));
  const Type* vectors = types_.array(types_.vector(I));
  auto from_array = [=, this](const char* text) -> Make {
    return [=, this] { return call(Id::MatrixFromArray, {I}, {lit(rows, text)}); };
  };
  auto from_rows = [=, this](const char* text) -> Make {
    return [=, this] { return call(Id::MatrixFromRows, {I}, {lit(vectors, text)}); };
  };
  const char* m = "mat[[1, 2, 3], [4, 5, 6]]";
  expect_all({
      {"to vector", [=, this] { return call(Id::MatrixToVector, {I}, {mat(m)}); },
       "vec[1, 2, 3, 4, 5, 6]"},
      {"from array", from_array("[[1, 2], [3, 4]]"), "mat[[1, 2], [3, 4]]"},
      {"from no rows", from_array("[]"), "mat[]"},
      {"from ragged rows", from_array("[[1, 2], [3]]"),
       "error: Matrix row 1 has 1 elements, expected 2"},
      {"to array", [=, this] { return call(Id::MatrixToArray, {I}, {mat(m)}); },
       "[[1, 2, 3], [4, 5, 6]]"},
      {"to rows", [=, this] { return call(Id::MatrixToRows, {I}, {mat(m)}); },
       "[vec[1, 2, 3], vec[4, 5, 6]]"},
      {"from rows", from_rows("[vec[1, 2], vec[3, 4]]"), "mat[[1, 2], [3, 4]]"},
      {"from ragged vectors", from_rows("[vec[1], vec[3, 4]]"),
       "error: Matrix row 1 has 2 elements, expected 1"},
      {"from no vectors", from_rows("[]"), "mat[]"},
      {"transpose", [=, this] { return call(Id::MatrixTranspose, {I}, {mat(m)}); },
       "mat[[1, 4], [2, 5], [3, 6]]"},
  });
}

TEST_F(VectorBuiltins, matrices_are_made_and_mapped) {
  auto sized = [this](Id id, const Type* element, int64_t rows, int64_t columns) -> Make {
    return [=, this] { return call(id, {element}, {num(rows), num(columns)}); };
  };
  auto map_rows = [this](int64_t limit) -> Make {
    return [=, this] {
      return call(Id::MatrixMapRows, {I, F},
                  {mat("mat[[1, 2], [3, 4]]"), fn({types_.vector(I), I}, [&](auto p) {
                     Expr length = add(call(Id::VectorLength, {I}, {read(p[0])}),
                                       b_.if_(less(read(p[1]), num(limit)), num(0), num(1)));
                     return call(Id::VectorOnes, {F}, {length});
                   })});
    };
  };
  expect_all({
      {"zeros", sized(Id::MatrixZeros, I, 2, 1), "mat[[0], [0]]"},
      {"ones", sized(Id::MatrixOnes, F, 1, 2), "mat[[1.0, 1.0]]"},
      {"ones of booleans", sized(Id::MatrixOnes, B, 1, 1), "mat[[true]]"},
      {"negative sizes", sized(Id::MatrixOnes, B, -1, -1), "mat[]"},
      {"too large", sized(Id::MatrixZeros, F, INT64_MAX, INT64_MAX),
       "memory: memory limit reached"},
      {"fill", [this] { return call(Id::MatrixFill, {I}, {num(1), num(2), num(7)}); },
       "mat[[7, 7]]"},
      {"map elements",
       [this] {
         return call(Id::MatrixMapElements, {I, B},
                     {mat("mat[[1, 2], [3, 4]]"), fn({I, I, I}, [&](auto p) {
                        return same(read(p[0]), add(add(read(p[1]), read(p[1])), read(p[2])));
                      })});
       },
       "mat[[false, false], [false, false]]"},
      {"map elements passes row and column",
       [this] {
         return call(Id::MatrixMapElements, {I, I},
                     {mat("mat[[1, 2], [3, 4]]"), fn({I, I, I}, [&](auto p) {
                        return add(mul(read(p[0]), num(100)),
                                   add(mul(read(p[1]), num(10)), read(p[2])));
                      })});
       },
       "mat[[100, 201], [310, 411]]"},
      {"map rows", map_rows(2), "mat[[1.0, 1.0], [1.0, 1.0]]"},
      {"map rows to ragged ones", map_rows(1), "error: Matrix row 1 has 3 elements, expected 2"},
      {"map no rows",
       [this] {
         return call(Id::MatrixMapRows, {I, I},
                     {mat("mat[]"), fn({types_.vector(I), I}, [&](auto p) { return read(p[0]); })});
       },
       "mat[]"},
  });
}

TEST_F(VectorBuiltins, transposing_twice_gives_a_large_matrix_back) {
  Heap heap;
  MatrixObject* matrix = heap.new_matrix(97, 65, 8);
  for (size_t i = 0; i < 97 * 65; i++) {
    auto value = static_cast<int64_t>(i * 31);
    std::memcpy(matrix->data() + i * 8, &value, 8);
  }
  auto program = b_.program({M}, [&](Parameters p) {
    Expr once = call(Id::MatrixTranspose, {I}, {read(p[0])});
    return call(Id::MatrixTranspose, {I}, {once});
  });
  Slot argument = Slot::of(matrix);
  Ran ran = run(heap, compiled(std::move(program)), {&argument, 1});
  ASSERT_TRUE(ran.ok);
  EXPECT_NE(ran.value.object(), matrix);
  EXPECT_TRUE(equal(M, ran.value, argument));
}

TEST_F(VectorBuiltins, frozen_vectors_and_matrices_are_not_written) {
  Heap heap;
  VectorObject* vector = heap.new_vector(1, 8);
  vector->flags |= k_flag_frozen;
  MatrixObject* matrix = heap.new_matrix(1, 1, 8);
  matrix->flags |= k_flag_frozen;
  auto program = b_.program(
      {V}, [&](Parameters p) { return call(Id::VectorSet, {F}, {read(p[0]), num(0), real(1)}); });
  Slot argument = Slot::of(vector);
  EXPECT_EQ(text(run(heap, compiled(std::move(program)), {&argument, 1})),
            "error: Cannot modify frozen Vector");
  program = b_.program({M}, [&](Parameters p) {
    return call(Id::MatrixSet, {I}, {read(p[0]), num(0), num(0), num(1)});
  });
  argument = Slot::of(matrix);
  EXPECT_EQ(text(run(heap, compiled(std::move(program)), {&argument, 1})),
            "error: Cannot modify frozen Matrix");
}

}  // namespace
}  // namespace samara::eval
