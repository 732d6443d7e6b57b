#include "ir/decode.hpp"

#include <gtest/gtest.h>

#include "core/sha256.hpp"
#include "ir/builder.hpp"
#include "ir/encode.hpp"
#include "ir/ir_type.hpp"
#include "ir/node_fields.hpp"
#include "value/beast2.hpp"

namespace samara::ir {
namespace {

// A program with every node kind dialect A has, or with all of them.
std::unique_ptr<Program> all_kinds(TypeTable& types, Dialect dialect) {
  Builder b(types);
  b.at("all.east", 3, 9);
  const Type* i = types.integer();
  const Type* async = types.async_function(std::span<const Type* const>{}, types.null());
  return b.async_program({async}, [&](auto p) {
    return b.block([&](Statements& s) {
      Var sum = s.mutable_(b.integer(0));
      Var text = s.let(b.string("häß"));
      s.let(
          b.structure({{"t", b.datetime(1)}, {"f", b.float_(-0.0)}, {"b", b.blob(as_bytes("x"))}}));
      Var option = s.let(
          b.as(types.option(i), b.variant(types.variant({{"some", i}}), "some", b.integer(1))));
      Var items = s.let(b.array(i, {b.integer(1)}));
      Var keys = s.let(b.set(i, {b.integer(1)}));
      Var map = s.let(b.dict(i, types.string(), {{b.integer(1), b(text)}}));
      s.let(b.ref(b.boolean(true)));
      Var add = s.let(b.lambda(
          {i},
          [&](auto q) {
            return b.block([&](Statements& t) {
              t(b.assign(sum, b.add(b(sum), b(q[0]))));
              t(b.return_(b(sum)));
            });
          },
          i));
      s(b.for_array(b(items), [&](Var v, Var, Label l) {
        return b.block([&](Statements& t) {
          t(b.call(b(add), {b(v)}));
          t(b.continue_(l));
        });
      }));
      s(b.for_set(b(keys), [&](Var, Label l) { return b.break_(l); }));
      s(b.for_dict(b(map), [&](Var v, Var, Label) { return b(v); }));
      s(b.while_(b.boolean(false), [&](Label) { return b.null(); }));
      s(b.match(b(option))
            .on("none", [&](Var v) { return b(v); })
            .on("some", [&](Var) { return b.null(); })
            .done());
      s(b.try_(b.error(b(text)), [&](Var, Var) { return b.null(); }));
      s(b.platform("log", {b.print(b(sum))}, types.null(), true));
      const Type* nested = types.array(types.recursive(1));
      s(b.unwrap(nested, b.wrap(nested, b.array(nested, {}))));
      s(b.if_(b.boolean(true), b.call(b(p[0]), {})));
      s(b.field(b.structure({{"a", b.integer(1)}}), "a"));
      if (dialect == Dialect::b) {
        s(b.vector(i, {b.integer(1)}));
        s(b.matrix(i, 1, 2, {b.integer(1), b.integer(2)}));
        Expr generic = b.platform("pick", {}, i);
        const Type* parameters[] = {i, types.vector(i)};
        generic.node->type_parameters = b.under_construction().new_types(parameters);
        generic.node->optional = true;
        s(generic);
      }
      return b.null();
    });
  });
}

// Programs are equal when their encodings are; bytes hold everything a Node does.
Bytes bytes_of_program(const Program& program) {
  auto bytes = to_beast2(program, Dialect::b);
  EXPECT_TRUE(bytes.has_value());
  return bytes ? *bytes : Bytes{};
}

TEST(IrType, has_the_cases_of_its_dialect_in_order) {
  TypeTable types;
  for (Dialect dialect : {Dialect::a, Dialect::b}) {
    const Type* ir = ir_type(types, dialect);
    ASSERT_EQ(ir->arity(), op_tag_count(dialect));
    EXPECT_TRUE(ir->closed() && ir->recursive_body());
    for (uint32_t tag = 0; tag < ir->arity(); tag++) {
      EXPECT_EQ(ir->name(tag), op_name(op_of_tag(tag, dialect)));
      EXPECT_EQ(op_tag(op_of_tag(tag, dialect), dialect), static_cast<int32_t>(tag));
      EXPECT_EQ(ir->child(tag)->name(0), "type");
      EXPECT_EQ(ir->child(tag)->name(1), "location");
    }
  }
}

TEST(IrType, header_bytes_are_those_of_both_references) {
  // Digests of the schema headers found in programs written by the two reference implementations.
  TypeTable types;
  auto a = encode_type(ir_type(types, Dialect::a), Dialect::a);
  auto b = encode_type(ir_type(types, Dialect::b), Dialect::b);
  ASSERT_TRUE(a.has_value() && b.has_value());
  EXPECT_EQ(a->size(), 10399U);
  EXPECT_EQ(sha256(*a).hex(), "fe1e557bb0bdb4f2d799be8daf8529adc9be8a7d1a9ae477df1b62c23249b21e");
  EXPECT_EQ(b->size(), 11956U);
  EXPECT_EQ(sha256(*b).hex(), "9d503bfb2c94ac4443805b79607ddd77c180cd1dad0586190ee045fbb95d178b");
}

TEST(ReadProgram, every_node_kind_survives_beast2_and_json_in_both_dialects) {
  TypeTable types;
  for (Dialect dialect : {Dialect::a, Dialect::b}) {
    auto program = all_kinds(types, dialect);
    auto bytes = to_beast2(*program, dialect);
    ASSERT_TRUE(bytes.has_value()) << bytes.error().message();
    auto from_beast2 = from_bytes(types, *bytes);
    ASSERT_TRUE(from_beast2.has_value()) << from_beast2.error().message();
    EXPECT_EQ((*from_beast2)->dialect(), dialect);
    EXPECT_EQ((*from_beast2)->node_count(), program->node_count());
    EXPECT_EQ(bytes_of_program(**from_beast2), bytes_of_program(*program));

    auto json = to_json(*program, dialect);
    ASSERT_TRUE(json.has_value()) << json.error().message();
    auto from_json = from_bytes(types, as_bytes(*json));
    ASSERT_TRUE(from_json.has_value()) << from_json.error().message();
    EXPECT_EQ((*from_json)->dialect(), dialect);
    EXPECT_EQ(bytes_of_program(**from_json), bytes_of_program(*program));
  }
}

TEST(ReadProgram, unshared_types_mean_the_same) {
  TypeTable types;
  auto program = all_kinds(types, Dialect::b);
  auto unshared = to_beast2(*program, Dialect::b, {.share_types = false});
  ASSERT_TRUE(unshared.has_value());
  EXPECT_GT(unshared->size(), bytes_of_program(*program).size());
  auto read = from_bytes(types, *unshared);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(bytes_of_program(**read), bytes_of_program(*program));
}

TEST(ReadProgram, location_lists_survive_in_dialect_b) {
  TypeTable types;
  auto program = all_kinds(types, Dialect::b);
  LocationList stack = {{"inner.east", 1, 2}, {"outer.east", 3, 4}};
  program->mutable_root()->location = program->intern(stack);
  program->mutable_root()->kids.back()->location = program->intern(LocationList{});
  auto read = from_bytes(types, bytes_of_program(*program));
  ASSERT_TRUE(read.has_value());
  const Node* root = (*read)->root();
  EXPECT_EQ((*read)->location(root->location), stack);
  EXPECT_TRUE((*read)->location(root->kids.back()->location).empty());
}

TEST(ReadProgram, dialect_a_refuses_what_it_cannot_say) {
  TypeTable types;
  const Type* i = types.integer();
  auto refused = [&](auto body) {
    Builder b(types);
    auto program = b.program({}, [&](auto) { return body(b); });
    auto bytes = to_beast2(*program, Dialect::a);
    EXPECT_FALSE(bytes.has_value());
    if (bytes) return std::string();
    EXPECT_EQ(bytes.error().code, Code::unsupported);
    return std::string(bytes.error().message());
  };
  EXPECT_EQ(refused([&](Builder& b) {
              return b.block([&](Statements& s) {
                s(b.vector(i, {}));
                return b.null();
              });
            }),
            "dialect A cannot express NewVector");
  EXPECT_EQ(refused([&](Builder& b) { return b.array(types.vector(i), {}); }),
            "dialect A cannot express the types Vector and Matrix");
  EXPECT_EQ(refused([&](Builder& b) {
              Expr call = b.platform("x", {}, i);
              call.node->optional = true;
              return call;
            }),
            "dialect A cannot express an optional platform function");
  EXPECT_EQ(refused([&](Builder& b) {
              Expr call = b.platform("x", {}, i);
              call.node->type_parameters = b.under_construction().new_types(std::span(&i, 1));
              return call;
            }),
            "dialect A cannot express type parameters of a platform function");
}

// --- foreign input
// ---------------------------------------------------------------------------------

std::string read_error(TypeTable& types, ByteView bytes, Code code) {
  auto read = from_bytes(types, bytes);
  EXPECT_FALSE(read.has_value());
  if (read) return "";
  EXPECT_EQ(read.error().code, code) << read.error().message();
  return std::string(read.error().message());
}

TEST(ReadProgram, other_files_are_told_apart) {
  TypeTable types;
  EXPECT_EQ(read_error(types, as_bytes(""), Code::corrupt),
            "not a program: neither beast2 nor JSON");
  EXPECT_EQ(read_error(types, as_bytes("(module)"), Code::corrupt),
            "not a program: neither beast2 nor JSON");
  EXPECT_EQ(read_error(types, as_bytes("{\"a\":1}"), Code::corrupt),
            "not a program: JSON without the location of a node");
  auto value = encode_beast2(types.integer(), Slot::of(int64_t{1}));
  EXPECT_EQ(read_error(types, *value, Code::type_mismatch), "not a program: the value is not IR");
}

TEST(ReadProgram, errors_of_json_name_the_place) {
  TypeTable types;
  auto json = to_json(*all_kinds(types, Dialect::a), Dialect::a);
  ASSERT_TRUE(json.has_value());
  std::string text = *json;
  size_t at = text.find("\"mutable\":true");
  ASSERT_NE(at, text.npos);
  text.replace(at, 14, "\"mutable\":1234");
  std::string message = read_error(types, as_bytes(text), Code::corrupt);
  EXPECT_NE(message.find("expected boolean, got 1234"), std::string::npos) << message;
  EXPECT_NE(message.find("(line 1, col "), std::string::npos) << message;
}

TEST(ReadProgram, truncated_files_are_errors_at_every_length) {
  TypeTable types;
  Bytes bytes = bytes_of_program(*all_kinds(types, Dialect::b));
  ProgramReader reader(types);
  for (size_t size = 0; size < bytes.size(); size += 1 + size / 50) {
    EXPECT_FALSE(reader.read(std::span(bytes).first(size)).has_value()) << size;
  }
}

// Changes the value of a program before it is read as one.
template <typename F>
std::string value_error(F&& change, Code code = Code::corrupt, size_t nodes_max = k_ir_nodes_max) {
  TypeTable types;
  Heap heap;
  Builder b(types);
  auto program = b.program({types.integer()}, [&](auto p) {
    return b.block([&](Statements& s) {
      s.let(b.array(types.integer(), {b(p[0]), b.integer(2)}));
      return b.null();
    });
  });
  auto value = to_value(heap, *program, Dialect::b);
  EXPECT_TRUE(value.has_value());
  Slot root = *value;
  change(root, heap);
  auto read = from_value(types, root, Dialect::b, nodes_max);
  EXPECT_FALSE(read.has_value());
  if (read) return "";
  EXPECT_EQ(read.error().code, code);
  return std::string(read.error().message());
}

Slot* fields_of(Slot node) { return as<FieldsObject>(payload_of(node))->fields(); }
// The body is a Block; its first statement a Let of a NewArray.
Slot body_of(Slot root) { return fields_of(root)[4]; }
Slot let_of(Slot root) { return as<ArrayObject>(fields_of(body_of(root))[2])->slots()[0]; }

TEST(ReadProgram, the_root_must_be_a_function) {
  EXPECT_EQ(value_error([](Slot& root, Heap&) { root = body_of(root); }),
            "Expected function expression, got a Block");
}

TEST(ReadProgram, places_of_variables_must_hold_variables) {
  EXPECT_EQ(value_error(
                [](Slot& root, Heap&) { fields_of(let_of(root))[2] = fields_of(let_of(root))[3]; }),
            "IR node body/statements/0/variable: expected a Variable node, got NewArray");
  EXPECT_EQ(value_error([](Slot& root, Heap&) {
              as<ArrayObject>(fields_of(root)[3])->slots()[0] = body_of(root);
            }),
            "IR node parameters/0: expected a Variable node, got Block");
}

TEST(ReadProgram, bad_types_are_reported_with_the_path_of_the_node) {
  std::string message = value_error([](Slot& root, Heap& heap) {
    // The type `.Recursive 3` alone refers to nothing.
    auto tag = static_cast<uint32_t>(12);
    fields_of(fields_of(let_of(root))[3])[0] = Slot::of(heap.new_tagged(tag, Slot::of(int64_t{3})));
  });
  EXPECT_TRUE(message.starts_with("IR node body/statements/0/value: ")) << message;
}

TEST(ReadProgram, a_program_that_contains_itself_is_refused) {
  std::string message = value_error([](Slot& root, Heap& heap) {
    Slot array = fields_of(fields_of(let_of(root))[3])[2];
    heap.push(as<ArrayObject>(array), fields_of(let_of(root))[3]);
  });
  EXPECT_EQ(message, "Circular IR reference detected at <unknown> 0:0");
}

TEST(ReadProgram, shared_parts_cannot_blow_up_a_program) {
  // Each array holds the one before twice: 2^64 nodes when written out.
  std::string message = value_error(
      [](Slot& root, Heap& heap) {
        Slot inner = fields_of(let_of(root))[3];
        for (int level = 0; level < 64; level++) {
          ArrayObject* twice = heap.new_array();
          heap.push(twice, inner);
          heap.push(twice, inner);
          FieldsObject* fields = heap.new_fields(3);
          fields->fields()[0] = fields_of(inner)[0];
          fields->fields()[1] = fields_of(inner)[1];
          fields->fields()[2] = Slot::of(twice);
          inner = Slot::of(heap.new_tagged(case_of(inner), Slot::of(fields)));
        }
        fields_of(let_of(root))[3] = inner;
      },
      Code::exhausted, 1000);
  EXPECT_EQ(message, "IR has too many nodes (limit 1000)");
}

TEST(ReadProgram, a_program_that_nests_too_deep_is_refused) {
  std::string message = value_error(
      [](Slot& root, Heap& heap) {
        Slot inner = fields_of(let_of(root))[3];
        for (uint32_t level = 0; level < 2 * k_ir_depth_max; level++) {
          ArrayObject* once = heap.new_array();
          heap.push(once, inner);
          FieldsObject* fields = heap.new_fields(3);
          fields->fields()[0] = fields_of(inner)[0];
          fields->fields()[1] = fields_of(inner)[1];
          fields->fields()[2] = Slot::of(once);
          inner = Slot::of(heap.new_tagged(case_of(inner), Slot::of(fields)));
        }
        fields_of(let_of(root))[3] = inner;
      },
      Code::exhausted);
  EXPECT_EQ(message, "IR nests too deep (limit " + std::to_string(k_ir_depth_max) + ")");
}

TEST(CapturedVariables, are_read_in_order_without_reading_the_body) {
  TypeTable types;
  Heap heap;
  Builder b(types);
  auto program = b.program({}, [&](auto) {
    return b.block([&](Statements& s) {
      Var x = s.let(b.integer(1));
      Var y = s.let(b.string("a"));
      return b.lambda({}, [&](auto) {
        return b.block([&](Statements& t) {
          t(b(y));
          return b(x);
        });
      });
    });
  });
  auto value = to_value(heap, *program, Dialect::a);
  ASSERT_TRUE(value.has_value());
  Slot statements = fields_of(body_of(*value))[2];
  Slot lambda = as<ArrayObject>(statements)->slots().back();
  auto captured = captured_variables(types, lambda, Dialect::a);
  ASSERT_TRUE(captured.has_value());
  EXPECT_EQ(captured->names, (std::vector<std::string>{"_1", "_0"}));
  EXPECT_EQ(captured->types, (std::vector<const Type*>{types.string(), types.integer()}));
  auto wrong = captured_variables(types, body_of(*value), Dialect::a);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().message(), "Expected Function IR, got Block");
}

}  // namespace
}  // namespace samara::ir
