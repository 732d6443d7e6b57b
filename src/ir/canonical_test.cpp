#include "ir/canonical.hpp"

#include <gtest/gtest.h>

#include "ir/builder.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/encode.hpp"

namespace samara::ir {
namespace {

struct Style {
  std::string_view file = "a.east";
  int64_t line = 1;
  bool swap_captures = false;
  bool extra_capture = false;
  std::string prefix = "v";
};

// One program, written down in different ways.
std::unique_ptr<Program> sample(TypeTable& types, const Style& style) {
  Builder b(types);
  b.at(style.file, style.line, 1);
  const Type* i = types.integer();
  auto program = b.program({i, types.array(i)}, [&](auto p) {
    return b.block([&](Statements& s) {
      Var sum = s.mutable_(b.integer(0));
      Var limit = s.let(b.add(b(p[0]), b.integer(10)));
      Var step = s.let(b.lambda({i}, [&](auto q) {
        return b.block([&](Statements& t) {
          if (style.extra_capture) static_cast<void>(b(p[1]));
          Expr first = b(limit);
          Expr less = b.builtin(BuiltinId::Less, {i}, {b(q[0]), first});
          t(b.if_(less, b.assign(sum, b.add(b(sum), b(q[0])))));
        });
      }));
      s(b.for_array(b(p[1]), [&](Var value, Var, Label loop) {
        return b.block([&](Statements& t) {
          t(b.call(b(step), {b(value)}));
          t(b.if_(b.boolean(false), b.break_(loop)));
        });
      }));
      return b.structure({{"sum", b(sum)}, {"text", b.string("ok")}});
    });
  });
  // Other names, and captures in another order.
  for (Node* node = program->mutable_root(); node != nullptr; node = nullptr) {
    auto rename = [&](auto& self, Node& at) -> void {
      if (at.op == Op::variable) {
        at.name = program->intern(style.prefix + std::string(program->name(at.name)));
      }
      if (at.op == Op::function && at.count_a == 2 && style.swap_captures) {
        std::swap(at.kids[0], at.kids[1]);
      }
      for (Node* kid : at.kids) self(self, *kid);
    };
    rename(rename, *node);
  }
  return program;
}

CanonicalCode code_of(const Program& program) {
  auto code = canonical_code(program);
  EXPECT_TRUE(code.has_value()) << code.error().message();
  return code ? std::move(*code) : CanonicalCode{};
}

TEST(Canonical, names_locations_and_capture_order_do_not_matter) {
  TypeTable types;
  CanonicalCode code = code_of(*sample(types, {}));
  EXPECT_EQ(code_of(*sample(types, {.prefix = "x"})).bytes, code.bytes);
  EXPECT_EQ(code_of(*sample(types, {.file = "other/b.east", .line = 99})).bytes, code.bytes);
  EXPECT_EQ(code_of(*sample(types, {.swap_captures = true})).bytes, code.bytes);
  EXPECT_EQ(code_of(*sample(types, {.extra_capture = true})).bytes, code.bytes);
  EXPECT_EQ(code_of(*sample(types, {.prefix = "x"})).hash, code.hash);
}

TEST(Canonical, dialect_container_and_sharing_do_not_matter) {
  TypeTable types;
  auto program = sample(types, {});
  CanonicalCode code = code_of(*program);
  for (Dialect dialect : {Dialect::a, Dialect::b}) {
    for (bool share : {false, true}) {
      TypeTable fresh;
      auto bytes = to_beast2(*program, dialect, {.share_types = share});
      ASSERT_TRUE(bytes.has_value());
      auto read = from_bytes(fresh, *bytes);
      ASSERT_TRUE(read.has_value());
      EXPECT_EQ(code_of(**read).bytes, code.bytes);
      EXPECT_EQ(code_of(**read).debug, code.debug);
    }
    TypeTable fresh;
    auto json = to_json(*program, dialect);
    ASSERT_TRUE(json.has_value());
    auto read = from_bytes(fresh, as_bytes(*json));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(code_of(**read).bytes, code.bytes);
  }
}

TEST(Canonical, the_hash_of_a_program_is_fixed) {
  // Recorded from this implementation: a change of the canonical form orphans every stored result.
  TypeTable types;
  EXPECT_EQ(code_of(*sample(types, {})).hash.hex(),
            "571dbc48ddf86db1955208177d6b94f7968c420ff262831902251d822524f0a1");
}

TEST(Canonical, other_programs_have_other_hashes) {
  TypeTable types;
  Builder b(types);
  const Type* i = types.integer();
  auto first = b.program({i, i}, [&](auto p) { return b(p[0]); });
  auto second = b.program({i, i}, [&](auto p) { return b(p[1]); });
  auto literal = b.program({i, i}, [&](auto) { return b.integer(0); });
  EXPECT_NE(code_of(*first).hash, code_of(*second).hash);
  EXPECT_NE(code_of(*first).hash, code_of(*literal).hash);
}

TEST(Canonical, the_order_of_definitions_follows_the_program_not_its_names) {
  // Two locals with swapped names: the same program.
  TypeTable types;
  auto make = [&](std::string_view first, std::string_view second) {
    Builder b(types);
    auto program = b.program({}, [&](auto) {
      return b.block([&](Statements& s) {
        Var x = s.let(b.integer(1));
        Var y = s.let(b.integer(2));
        return b.builtin(BuiltinId::IntegerSubtract, {}, {b(x), b(y)});
      });
    });
    Node* block = program->mutable_root()->kids[0];
    block->kids[0]->kids[0]->name = block->kids[2]->kids[0]->name = program->intern(first);
    block->kids[1]->kids[0]->name = block->kids[2]->kids[1]->name = program->intern(second);
    return program;
  };
  EXPECT_EQ(code_of(*make("a", "b")).hash, code_of(*make("b", "a")).hash);
}

TEST(Canonical, a_name_used_twice_in_nested_scopes_is_two_variables) {
  TypeTable types;
  auto make = [&](bool same_name) {
    Builder b(types);
    auto program = b.program({}, [&](auto) {
      return b.block([&](Statements& s) {
        Var outer = s.let(b.integer(1));
        s(b.block([&](Statements& t) {
          Var inner = t.let(b(outer));
          return b(inner);
        }));
        return b(outer);
      });
    });
    if (same_name) {
      Node* inner = program->mutable_root()->kids[0]->kids[1];
      NameId name = inner->kids[0]->kids[1]->name;
      inner->kids[0]->kids[0]->name = name;
      inner->kids[1]->name = name;
    }
    EXPECT_TRUE(diagnose(*program, PlatformList()).empty());
    return program;
  };
  EXPECT_EQ(code_of(*make(true)).hash, code_of(*make(false)).hash);
}

TEST(Canonical, code_decodes_to_a_program_that_passes_and_is_its_own_canonical_form) {
  TypeTable types;
  CanonicalCode code = code_of(*sample(types, {}));
  TypeTable fresh;
  auto read = from_bytes(fresh, code.bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(diagnose(**read, PlatformList()).empty());
  EXPECT_EQ(code_of(**read).bytes, code.bytes);
  EXPECT_EQ(location_text((*read)->location((*read)->root()->location)), "<unknown> 0:0");
}

TEST(Canonical, a_program_that_writes_headers_of_dialect_a_keeps_its_dialect) {
  TypeTable types;
  auto make = [&](const Type* type, Expr (*value)(Builder&)) {
    Builder b(types);
    return b.program(
        {}, [&](auto) { return b.builtin(BuiltinId::BlobEncodeBeast2, {type}, {value(b)}); });
  };
  auto hashes_differ = [&](const Program& program) {
    Hash hashes[2];
    for (Dialect dialect : {Dialect::a, Dialect::b}) {
      TypeTable fresh;
      auto read = from_bytes(fresh, *to_beast2(program, dialect));
      EXPECT_TRUE(read.has_value());
      CanonicalCode code = code_of(**read);
      auto again = from_bytes(fresh, code.bytes);
      EXPECT_TRUE(again.has_value());
      EXPECT_EQ(code_of(**again).hash, code.hash);
      hashes[dialect == Dialect::a ? 0 : 1] = code.hash;
    }
    return hashes[0] != hashes[1];
  };
  // The tag of String differs between the dialects, that of Integer does not.
  EXPECT_TRUE(hashes_differ(*make(types.string(), [](Builder& b) { return b.string("a"); })));
  EXPECT_FALSE(hashes_differ(*make(types.integer(), [](Builder& b) { return b.integer(1); })));
}

TEST(Canonical, programs_that_break_the_rules_are_errors) {
  TypeTable types;
  auto failure = [&](auto body) {
    Builder b(types);
    auto program = b.program({}, [&](auto) { return body(b); });
    auto code = canonical_code(*program);
    EXPECT_FALSE(code.has_value());
    return code ? std::string() : std::string(code.error().message());
  };
  EXPECT_EQ(failure([&](Builder& b) { return b.mention(b.new_variable(types.integer())); }),
            "Variable _0 not in scope at <unknown> 0:0");
  EXPECT_EQ(
      failure([&](Builder& b) { return b.break_(Label{b.under_construction().intern("x")}); }),
      "break failed to find label x at <unknown> 0:0");
}

TEST(Canonical, programs_as_deep_as_the_limit_have_code) {
  TypeTable types;
  Builder b(types);
  auto program = b.program({}, [&](auto) {
    Expr inner = b.integer(1);
    for (uint32_t depth = 3; depth < k_ir_depth_max; depth++) {
      inner = b.block([&](Statements& s) { s(inner); });
    }
    return inner;
  });
  ASSERT_TRUE(diagnose(*program, PlatformList()).empty());
  CanonicalCode code = code_of(*program);
  TypeTable fresh;
  auto read = from_bytes(fresh, code.bytes);
  ASSERT_TRUE(read.has_value()) << read.error().message();
  EXPECT_EQ(code_of(**read).hash, code.hash);
}

// --- the debug companion
// ---------------------------------------------------------------------------

TEST(DebugInfo, gives_a_canonical_program_its_locations_and_names_back) {
  TypeTable types;
  auto original = sample(types, {.file = "src/a.east", .line = 12, .prefix = "name"});
  CanonicalCode code = code_of(*original);
  auto encoded = encode_debug_info(code.debug);
  ASSERT_TRUE(encoded.has_value());
  auto debug = decode_debug_info(*encoded);
  ASSERT_TRUE(debug.has_value());
  EXPECT_EQ(*debug, code.debug);

  TypeTable fresh;
  auto read = from_bytes(fresh, code.bytes);
  ASSERT_TRUE(read.has_value());
  ASSERT_TRUE(attach(**read, *debug).has_value());
  const Node* root = (*read)->root();
  EXPECT_EQ(location_text((*read)->location(root->location)), "src/a.east 12:1");
  EXPECT_EQ((*read)->name(root->kids[0]->name), "name_0");
  EXPECT_TRUE(diagnose(**read, PlatformList()).empty());
  EXPECT_EQ(code_of(**read).hash, code.hash);
  EXPECT_EQ(code_of(**read).debug, code.debug);
}

TEST(DebugInfo, of_another_program_is_refused) {
  TypeTable types;
  CanonicalCode code = code_of(*sample(types, {}));
  Builder b(types);
  auto other = b.program({}, [&](auto) { return b.null(); });
  auto attached = attach(*other, code.debug);
  ASSERT_FALSE(attached.has_value());
  EXPECT_EQ(attached.error().code, Code::type_mismatch);
}

TEST(DebugInfo, indices_out_of_range_are_errors) {
  TypeTable types;
  CanonicalCode code = code_of(*sample(types, {}));
  DebugInfo bad = code.debug;
  bad.nodes[0] = 1000;
  auto decoded = decode_debug_info(*encode_debug_info(bad));
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().code, Code::corrupt);
  TypeTable fresh;
  auto read = from_bytes(fresh, code.bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(attach(**read, bad).has_value());
}

}  // namespace
}  // namespace samara::ir
