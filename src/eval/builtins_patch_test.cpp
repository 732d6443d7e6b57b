#include "eval/builtin_test_support.hpp"
#include "value/sorted.hpp"

namespace samara::eval {
namespace {

class PatchBuiltins : public BuiltinTest {
 protected:
  Make diff(const Type* type, const char* before, const char* after) {
    return [=, this] { return call(Id::Diff, {type}, {lit(type, before), lit(type, after)}); };
  }
  const Type* patch(const Type* type) { return *ir::patch_type(types_, type); }
  Make apply(const Type* type, const char* base, const char* patch_text) {
    return [=, this] {
      return call(Id::ApplyPatch, {type}, {lit(type, base), lit(patch(type), patch_text)});
    };
  }
  Make compose(const Type* type, const char* first, const char* second) {
    return [=, this] {
      return call(Id::ComposePatch, {type}, {lit(patch(type), first), lit(patch(type), second)});
    };
  }
  Make invert(const Type* type, const char* text) {
    return [=, this] { return call(Id::InvertPatch, {type}, {lit(patch(type), text)}); };
  }
  const Type* const A = types_.array(I);
  const Type* const T = types_.set(I);
  const Type* const D = types_.dict(I, I);
  const Type* const P = types_.structure({{"a", I}, {"b", types_.option(I)}});
  const Type* const V = types_.variant({{"n", I}, {"s", S}});
  const Type* const R = types_.ref(I);
  const Type* const L = types_.variant(
      {{"cons", types_.structure({{"head", I}, {"tail", types_.recursive(2)}})}, {"nil", N}});
};

TEST_F(PatchBuiltins, differences_are_found) {
  expect_all({
      {"equal", diff(A, "[1]", "[1]"), ".unchanged"},
      {"scalar", diff(I, "1", "2"), ".replace (after=2, before=1)"},
      {"equal floats", diff(F, "NaN", "NaN"), ".unchanged"},
      {"zeros differ", diff(F, "0.0", "-0.0"), ".replace (after=-0.0, before=0.0)"},
      {"null", diff(N, "null", "null"), ".unchanged"},
      {"array", diff(A, "[1, 2, 3]", "[0, 1, 3, 4]"),
       ".patch [(key=0, offset=0, operation=.insert 0), (key=2, offset=0, operation=.delete 2), "
       "(key=3, offset=0, operation=.insert 4)]"},
      // The later of two equal elements of the first array is kept.
      {"array, ties", diff(A, "[1, 1, 2]", "[1, 3]"),
       ".patch [(key=0, offset=0, operation=.delete 1), (key=1, offset=0, operation=.delete 2), "
       "(key=1, offset=0, operation=.insert 3)]"},
      {"array to none", diff(A, "[1]", "[]"), ".patch [(key=0, offset=0, operation=.delete 1)]"},
      {"set", diff(T, "{1,2}", "{2,3}"), ".patch {1:.delete,3:.insert}"},
      {"set, all new", diff(T, "{1,2}", "{3}"), ".replace (after={3}, before={1,2})"},
      {"set, from none", diff(T, "{}", "{3}"), ".patch {3:.insert}"},
      {"dict", diff(D, "{1:1,2:2,3:3}", "{2:5,3:3,4:4}"),
       ".patch {1:.delete 1,2:.update .replace (after=5, before=2),4:.insert 4}"},
      {"dict, all new", diff(D, "{1:1}", "{2:1}"), ".replace (after={2:1}, before={1:1})"},
      {"struct", diff(P, "(a=1, b=.some 2)", "(a=1, b=.some 3)"),
       ".patch (a=.unchanged, b=.patch .some .replace (after=3, before=2))"},
      {"variant, same case", diff(V, ".n 1", ".n 2"), ".patch .n .replace (after=2, before=1)"},
      {"variant, other case", diff(V, ".n 1", ".s \"x\""),
       ".replace (after=.s \"x\", before=.n 1)"},
      {"ref", diff(R, "&1", "&2"), ".patch .replace (after=2, before=1)"},
      {"vector", diff(types_.vector(I), "vec[1]", "vec[2]"),
       ".replace (after=vec[2], before=vec[1])"},
      {"recursive, replaced below the first level",
       diff(L, ".cons (head=1, tail=.nil)", ".cons (head=2, tail=.cons (head=3, tail=.nil))"),
       ".patch .cons .patch (head=.replace (after=2, before=1), tail=.replace (after=.cons "
       "(head=3, "
       "tail=.nil), before=.nil))"},
  });
}

TEST_F(PatchBuiltins, patches_are_applied_and_the_base_stays) {
  auto keeps_base = [this] {
    return b_.block([&](ir::Statements& s) {
      Var base = s.let(nums("[1, 2]"));
      s(call(Id::ApplyPatch, {A},
             {read(base), lit(patch(A), ".patch [(key=0, offset=0, operation=.delete 1)]")}));
      return read(base);
    });
  };
  expect_all({
      {"unchanged", apply(A, "[1]", ".unchanged"), "[1]"},
      {"replace does not look at the base", apply(I, "7", ".replace (after=2, before=1)"), "2"},
      {"array",
       apply(A, "[1, 2, 3]",
             ".patch [(key=0, offset=0, operation=.insert 0), (key=2, offset=0, operation=.delete "
             "2), (key=3, offset=0, operation=.insert 4)]"),
       "[0, 1, 3, 4]"},
      {"array, key and offset",
       apply(A, "[1, 2, 3]",
             ".patch [(key=2, offset=-1, operation=.update .replace (after=9, "
             "before=2))]"),
       "[1, 9, 3]"},
      {"array, backwards",
       apply(A, "[1, 2, 3]",
             ".patch [(key=2, offset=0, operation=.delete 3), (key=0, offset=0, "
             "operation=.insert 5), (key=1, offset=0, operation=.delete 1)]"),
       "[5, 2]"},
      {"array, outside",
       apply(A, "[1]",
             ".patch [(key=7, offset=0, operation=.delete 3), (key=-1, offset=0, "
             "operation=.update .unchanged), (key=9, offset=0, operation=.insert 5), "
             "(key=9223372036854775807, offset=1, operation=.delete 1)]"),
       "[1, 5]"},
      {"set", apply(T, "{1,2}", ".patch {1:.delete,3:.insert,9:.delete}"), "{2,3}"},
      {"dict",
       apply(D, "{1:1,2:2}",
             ".patch {1:.delete 1,2:.update .replace (after=5, before=2),4:.insert 4,9:.delete "
             "9,8:.update .unchanged}"),
       "{2:5,4:4}"},
      {"dict, insert over a present key", apply(D, "{1:1}", ".patch {1:.insert 7}"), "{1:7}"},
      {"struct",
       apply(P, "(a=1, b=.some 2)",
             ".patch (a=.unchanged, b=.patch .some .replace (after=3, before=2))"),
       "(a=1, b=.some 3)"},
      {"variant", apply(V, ".n 1", ".patch .n .replace (after=2, before=1)"), ".n 2"},
      {"variant of another case", apply(V, ".s \"x\"", ".patch .n .replace (after=2, before=1)"),
       ".s \"x\""},
      {"ref", apply(R, "&1", ".patch .replace (after=2, before=1)"), "&2"},
      {"base", keeps_base, "[1, 2]"},
  });
}

TEST_F(PatchBuiltins, patches_are_composed) {
  expect_all({
      {"unchanged first", compose(A, ".unchanged", ".patch []"), ".patch []"},
      {"unchanged second", compose(I, ".replace (after=2, before=1)", ".unchanged"),
       ".replace (after=2, before=1)"},
      {"two replacements",
       compose(I, ".replace (after=2, before=1)", ".replace (after=3, before=2)"),
       ".replace (after=3, before=1)"},
      {"replacement, then patch",
       compose(T, ".replace (after={1}, before={2})", ".patch {3:.insert}"),
       ".replace (after={1,3}, before={2})"},
      {"patch, then replacement",
       compose(T, ".patch {3:.insert}", ".replace (after={}, before={1,3})"),
       ".replace (after={}, before={1})"},
      {"arrays are put in a row",
       compose(A, ".patch [(key=0, offset=0, operation=.insert 1)]",
               ".patch [(key=0, offset=0, operation=.delete 1)]"),
       ".patch [(key=0, offset=0, operation=.insert 1), (key=0, offset=0, operation=.delete 1)]"},
      {"sets cancel", compose(T, ".patch {1:.insert,2:.delete}", ".patch {1:.delete,3:.insert}"),
       ".patch {2:.delete,3:.insert}"},
      {"sets cancel to nothing", compose(T, ".patch {1:.insert}", ".patch {1:.delete}"),
       ".unchanged"},
      {"dict insert, delete", compose(D, ".patch {1:.insert 1}", ".patch {1:.delete 1}"),
       ".unchanged"},
      {"dict insert, update",
       compose(D, ".patch {1:.insert 1}", ".patch {1:.update .replace (after=2, before=1)}"),
       ".patch {1:.insert 2}"},
      {"dict delete, insert", compose(D, ".patch {1:.delete 1}", ".patch {1:.insert 2}"),
       ".patch {1:.update .replace (after=2, before=1)}"},
      {"dict update, update",
       compose(D, ".patch {1:.update .replace (after=2, before=1)}",
               ".patch {1:.update .replace (after=3, before=2)}"),
       ".patch {1:.update .replace (after=3, before=1)}"},
      {"dict update, delete deletes the original",
       compose(D, ".patch {1:.update .replace (after=2, before=1)}", ".patch {1:.delete 2}"),
       ".patch {1:.delete 1}"},
      {"dict, other sequences", compose(D, ".patch {1:.delete 1}", ".patch {1:.delete 2}"),
       ".patch {1:.delete 1}"},
      {"struct",
       compose(P, ".patch (a=.replace (after=2, before=1), b=.unchanged)",
               ".patch (a=.unchanged, b=.replace (after=.none, before=.some 1))"),
       ".patch (a=.replace (after=2, before=1), b=.replace (after=.none, before=.some 1))"},
      {"struct, nothing",
       compose(P, ".patch (a=.unchanged, b=.unchanged)", ".patch (a=.unchanged, b=.unchanged)"),
       ".unchanged"},
      {"ref",
       compose(R, ".patch .replace (after=2, before=1)", ".patch .replace (after=3, before=2)"),
       ".patch .replace (after=3, before=1)"},
      {"variant",
       compose(V, ".patch .n .replace (after=2, before=1)",
               ".patch .n .replace (after=3, before=2)"),
       ".patch .n .replace (after=3, before=1)"},
      {"variant, other case",
       compose(V, ".patch .n .replace (after=2, before=1)", ".patch .s .unchanged"),
       "error: Cannot compose patches for different variant cases"},
  });
}

TEST_F(PatchBuiltins, patches_are_inverted) {
  expect_all({
      {"unchanged", invert(A, ".unchanged"), ".unchanged"},
      {"replace", invert(I, ".replace (after=2, before=1)"), ".replace (after=1, before=2)"},
      {"array",
       invert(A,
              ".patch [(key=0, offset=1, operation=.insert 0), (key=2, offset=0, operation=.update "
              ".replace (after=2, before=1)), (key=3, offset=0, operation=.delete 4)]"),
       ".patch [(key=3, offset=0, operation=.insert 4), (key=2, offset=0, operation=.update "
       ".replace "
       "(after=1, before=2)), (key=0, offset=1, operation=.delete 0)]"},
      {"set", invert(T, ".patch {1:.insert,2:.delete}"), ".patch {1:.delete,2:.insert}"},
      {"dict", invert(D, ".patch {1:.insert 1,2:.update .replace (after=2, before=1)}"),
       ".patch {1:.delete 1,2:.update .replace (after=1, before=2)}"},
      {"struct", invert(P, ".patch (a=.replace (after=2, before=1), b=.unchanged)"),
       ".patch (a=.replace (after=1, before=2), b=.unchanged)"},
      {"variant", invert(V, ".patch .n .replace (after=2, before=1)"),
       ".patch .n .replace (after=1, before=2)"},
      {"ref", invert(R, ".patch .replace (after=2, before=1)"),
       ".patch .replace (after=1, before=2)"},
  });
}

// The laws of patches on random values: apply(a, diff(a, b)) = b, its inverse leads back, and
// composed patches do what one after the other does.
class PatchLaws : public PatchBuiltins {
 protected:
  uint64_t random_ = 7;
  uint64_t next(uint64_t below) {
    random_ = random_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random_ >> 33) % below;
  }
  Slot value(Heap& heap, const Type* type, unsigned depth) {
    switch (type->kind()) {
      case Kind::integer:
        return Slot::of(static_cast<int64_t>(next(6)));
      case Kind::string:
        return Slot::of(heap.new_text(std::string(next(4), 'x')));
      case Kind::array: {
        ArrayObject* array = heap.new_array(depth == 0 ? 0 : next(7));
        for (Slot& slot : array->slots()) slot = value(heap, type->element(), depth - 1);
        return Slot::of(array);
      }
      case Kind::set:
      case Kind::dict: {
        SortedObject* made = type->is(Kind::set) ? new_set(heap) : new_dict(heap);
        Order order(type->key());
        for (uint64_t i = next(6); i > 0; i--) {
          Slot key = value(heap, type->key(), depth);
          sorted_put(
              heap, made, order, key,
              type->is(Kind::set) ? Slot::null() : value(heap, type->dict_value(), depth - 1));
        }
        return Slot::of(made);
      }
      case Kind::struct_: {
        FieldsObject* fields = heap.new_fields(type->arity());
        for (uint32_t i = 0; i < type->arity(); i++) {
          fields->fields()[i] = value(heap, type->child(i), depth);
        }
        return Slot::of(fields);
      }
      case Kind::variant: {
        auto index = static_cast<uint32_t>(depth == 0 ? type->arity() - 1 : next(type->arity()));
        if (type->child(index)->is(Kind::null)) return Slot::bare_case(index);
        return Slot::of(heap.new_tagged(index, value(heap, type->child(index), depth - 1)));
      }
      case Kind::ref:
        return Slot::of(heap.new_cell(value(heap, type->element(), depth)));
      default:
        return Slot::null();
    }
  }
};

TEST_F(PatchLaws, hold_for_random_values) {
  const Type* record = types_.structure({{"list", A},
                                         {"names", types_.set(S)},
                                         {"state", V},
                                         {"cell", types_.ref(types_.dict(S, A))}});
  const Type* tree = types_.structure({{"n", I}, {"kids", types_.array(types_.recursive(2))}});
  std::vector<const Type*> kinds = {A,
                                    T,
                                    D,
                                    P,
                                    V,
                                    R,
                                    L,
                                    types_.dict(I, types_.array(T)),
                                    record,
                                    types_.array(P),
                                    types_.array(record),
                                    tree};
  for (const Type* type : kinds) {
    SCOPED_TRACE(type_to_text(type));
    const Type* patches = patch(type);
    auto program = [&](auto make, std::initializer_list<const Type*> inputs) {
      return compiled(b_.program(inputs, make));
    };
    auto diff_of =
        program([&](Parameters p) { return call(Id::Diff, {type}, {read(p[0]), read(p[1])}); },
                {type, type});
    auto applied = program(
        [&](Parameters p) { return call(Id::ApplyPatch, {type}, {read(p[0]), read(p[1])}); },
        {type, patches});
    auto inverse = program(
        [&](Parameters p) { return call(Id::InvertPatch, {type}, {read(p[0])}); }, {patches});
    auto composed = program(
        [&](Parameters p) { return call(Id::ComposePatch, {type}, {read(p[0]), read(p[1])}); },
        {patches, patches});
    for (int round = 0; round < 60; round++) {
      Heap heap;
      auto result = [&](const std::shared_ptr<CompiledProgram>& code, std::vector<Slot> arguments) {
        Ran ran = run(heap, code, arguments);
        EXPECT_TRUE(ran.ok) << ran.error.message;
        return ran.value;
      };
      Slot a = value(heap, type, 4);
      Slot b = value(heap, type, 4);
      Slot c = value(heap, type, 4);
      Slot ab = result(diff_of, {a, b});
      Slot bc = result(diff_of, {b, c});
      ASSERT_TRUE(equal(type, result(applied, {a, ab}), b));
      ASSERT_TRUE(equal(type, result(applied, {b, result(inverse, {ab})}), a));
      ASSERT_TRUE(equal(patches, result(inverse, {result(inverse, {ab})}), ab));
      // Two patches of a variant may be for different cases; such values are not chained.
      Ran both = run(heap, composed, std::vector<Slot>{ab, bc});
      if (!both.ok) {
        ASSERT_EQ(both.error.message, "Cannot compose patches for different variant cases");
        continue;
      }
      ASSERT_TRUE(equal(type, result(applied, {a, both.value}), c));
    }
  }
}

}  // namespace
}  // namespace samara::eval
