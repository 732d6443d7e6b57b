#include "runtime/wasm/scan.hpp"

#include <gtest/gtest.h>

#include <string>

#include "runtime/wasm/module_builder.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;

Bytes empty_module() { return ModuleBuilder().bytes(); }

// What is said of a module that is refused.
struct Refusal {
  Code code{};
  uint32_t offset = 0;
  std::string message;
};

Refusal refusal(ByteView bytes, const ScanLimits& limits = {}) {
  auto module = scan(bytes, limits);
  EXPECT_FALSE(module);
  if (module) return {};
  return {module.error().code, module.error().detail, std::string(module.error().message())};
}

// A module with one section of this content.
Bytes with_section(uint8_t section, Bytes content) {
  Bytes out = empty_module();
  append_section(out, section, content);
  return out;
}

Bytes with_body(Bytes body) {
  ModuleBuilder builder;
  builder.function(builder.type({}, {}), std::move(body));
  return builder.bytes();
}

TEST(WasmScan, module_without_sections_has_nothing) {
  auto module = scan(empty_module());
  ASSERT_TRUE(module);
  EXPECT_TRUE(module->types.empty());
  EXPECT_TRUE(module->exports.empty());
  EXPECT_FALSE(module->start);
}

TEST(WasmScan, everything_a_module_has_is_reported) {
  ModuleBuilder builder;
  uint32_t nothing = builder.type({}, {});
  uint32_t add = builder.type({i64, f32}, {i32, f64});
  builder.import_function("env", "log", add);
  builder.function(nothing, {});
  uint32_t second = builder.function(add, code({op::unreachable}), {{3, i32}});
  builder.table(10, 20);
  builder.memory(1);
  builder.global(-1);
  builder.export_function("add", second);
  builder.export_item("memory", ExternalKind::memory, 0);
  builder.start(1);
  builder.custom("note", as_bytes("text"));
  Bytes bytes = builder.bytes();

  auto module = scan(bytes);
  ASSERT_TRUE(module) << module.error().message();
  ASSERT_EQ(module->types.size(), 2U);
  EXPECT_EQ(function_type_text(module->types[1]), "(i64, f32) -> (i32, f64)");
  ASSERT_EQ(module->imports.size(), 1U);
  EXPECT_EQ(module->imports[0].module, "env");
  EXPECT_EQ(module->imports[0].name, "log");
  EXPECT_EQ(module->functions, (std::vector<uint32_t>{add, nothing, add}));
  EXPECT_EQ(module->functions_imported, 1U);
  ASSERT_EQ(module->tables.size(), 1U);
  EXPECT_EQ(module->tables[0].size, (SizeRange{10, 20}));
  ASSERT_EQ(module->memories.size(), 1U);
  EXPECT_EQ(module->memories[0], (SizeRange{1, {}}));
  ASSERT_EQ(module->globals.size(), 1U);
  EXPECT_EQ(module->globals[0], (GlobalType{i64, true}));
  const Export* item = module->find_export("add");
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->index, 2U);
  EXPECT_EQ(as_text(ByteView(bytes).subspan(item->name_offset, 3)), "add");
  EXPECT_EQ(module->find_export("subtract"), nullptr);
  EXPECT_EQ(module->start, 1U);
  EXPECT_EQ(bytes[module->start_section.offset], 8);
  ASSERT_EQ(module->custom.size(), 1U);
  EXPECT_EQ(module->custom[0].name, "note");
  EXPECT_EQ(as_text(ByteView(bytes).subspan(module->custom[0].data, 4)), "text");
  EXPECT_EQ(module->code_bytes, 2U + 5U);
}

TEST(WasmScan, native_code_posing_as_a_module_is_refused) {
  Refusal said = refusal(code({0x00, 0x61, 0x6F, 0x74, 6, 0, 0, 0}));
  EXPECT_EQ(said.code, Code::unsupported);
  EXPECT_EQ(said.message,
            "byte 0: this is native code compiled from a module, which could do anything: give the "
            "module itself");
}

TEST(WasmScan, other_bytes_are_no_module) {
  EXPECT_EQ(refusal({}).code, Code::corrupt);
  EXPECT_EQ(refusal(as_bytes("(module)")).code, Code::corrupt);
  EXPECT_EQ(refusal(code({0, 0x61, 0x73, 0x6D, 2, 0, 0, 0})).code, Code::unsupported);
  EXPECT_EQ(refusal(code({0, 0x61, 0x73, 0x6D, 0x0D, 0, 1, 0})).message,
            "byte 4: this is a component: give the core module inside it");
}

TEST(WasmScan, no_prefix_of_a_module_is_accepted_but_between_sections) {
  ModuleBuilder builder;
  uint32_t function = builder.function(builder.type({i32}, {i32}), code({op::local_get, 0}));
  builder.export_function("f", function);
  Bytes bytes = builder.bytes();
  unsigned accepted = 0;
  for (size_t size = 0; size < bytes.size(); size++) {
    if (scan(ByteView(bytes).first(size))) accepted++;
  }
  // The head alone, and the types.
  EXPECT_EQ(accepted, 2U);
}

TEST(WasmScan, memory_above_the_limit_is_refused) {
  ModuleBuilder builder;
  builder.memory(17);
  Bytes bytes = builder.bytes();
  EXPECT_TRUE(scan(bytes, {.memory_pages_max = 17}));
  Refusal said = refusal(bytes, {.memory_pages_max = 16});
  EXPECT_EQ(said.code, Code::exhausted);
  EXPECT_EQ(said.offset, 11U);
  EXPECT_EQ(said.message,
            "byte 11: 17 pages of memory at the start, at most 16 are taken: let the memory begin "
            "smaller, or allow more");
}

TEST(WasmScan, memory_beyond_the_format_is_refused) {
  ModuleBuilder builder;
  builder.memory(65'537);
  EXPECT_EQ(refusal(builder.bytes()).code, Code::corrupt);
  ModuleBuilder reversed;
  reversed.memory(2, 1);
  EXPECT_EQ(refusal(reversed.bytes()).message,
            "byte 11: a memory with a maximum of 1 begins with 2");
}

TEST(WasmScan, tables_are_limited_together) {
  ModuleBuilder builder;
  builder.table(600'000);
  EXPECT_TRUE(scan(builder.bytes()));
  builder.table(400'001);
  EXPECT_EQ(refusal(builder.bytes()).code, Code::exhausted);
}

TEST(WasmScan, counts_that_the_bytes_cannot_hold_are_refused_before_memory_is_taken) {
  for (uint8_t section : code({1, 2, 3, 4, 5, 6, 7, 9, 10, 11})) {
    Refusal said = refusal(with_section(section, code({0xFF, 0xFF, 0xFF, 0xFF, 0x0F})));
    EXPECT_EQ(said.code, Code::corrupt) << unsigned{section};
    EXPECT_EQ(said.offset, 10U);
  }
}

TEST(WasmScan, local_variables_are_limited) {
  ModuleBuilder builder;
  builder.function(builder.type({}, {}), {}, {{0xFFFFFFFF, i64}, {0xFFFFFFFF, i64}});
  EXPECT_EQ(refusal(builder.bytes()).code, Code::exhausted);
}

TEST(WasmScan, nesting_is_limited) {
  auto nested = [](unsigned depth) {
    Bytes body;
    for (unsigned i = 0; i < depth; i++) append_bytes(body, code({op::block, op::none}));
    body.insert(body.end(), depth, op::end);
    return with_body(std::move(body));
  };
  EXPECT_TRUE(scan(nested(999)));
  Refusal said = refusal(nested(1'000));
  EXPECT_EQ(said.code, Code::exhausted);
  EXPECT_NE(said.message.find("nest deeper than 1000"), std::string::npos);
  EXPECT_EQ(refusal(nested(1'000'000)).code, Code::exhausted);
}

TEST(WasmScan, large_functions_and_modules_are_limited) {
  Bytes bytes = with_body(Bytes(100, 0x01));
  EXPECT_TRUE(scan(bytes));
  EXPECT_EQ(refusal(bytes, {.body_bytes_max = 100}).code, Code::exhausted);
  EXPECT_EQ(refusal(bytes, {.module_bytes_max = 100}).code, Code::exhausted);
}

TEST(WasmScan, instructions_that_the_engine_lacks_are_named) {
  auto message = [](std::initializer_list<int> body) {
    return refusal(with_body(code(body))).message;
  };
  EXPECT_EQ(message({0xFD, 0x0C}),
            "byte 23: an instruction of SIMD, which the engine does not have: compile the module "
            "without it");
  EXPECT_NE(message({0xFE, 0x00}).find("threads"), std::string::npos);
  EXPECT_NE(message({0xFB, 0x00}).find("garbage collection"), std::string::npos);
  EXPECT_NE(message({0x06, 0x40}).find("exception handling"), std::string::npos);
  EXPECT_EQ(message({0xC7}), "byte 23: there is no instruction 0xc7");
}

TEST(WasmScan, code_must_end_where_its_function_ends) {
  EXPECT_EQ(refusal(with_body(code({op::block, op::none}))).code, Code::corrupt);
  EXPECT_EQ(refusal(with_body(code({op::end}))).code, Code::corrupt);
}

TEST(WasmScan, start_function_takes_and_gives_nothing) {
  ModuleBuilder builder;
  uint32_t function = builder.function(builder.type({i32}, {}), {});
  builder.start(function);
  EXPECT_EQ(refusal(builder.bytes()).message,
            "byte 21: the start function is (i32) -> (), it must be () -> ()");
  ModuleBuilder missing;
  missing.start(0);
  EXPECT_EQ(refusal(missing.bytes()).message, "byte 10: there is no function 0");
}

TEST(WasmScan, exports_have_different_names_and_name_what_exists) {
  ModuleBuilder builder;
  uint32_t function = builder.function(builder.type({}, {}), {});
  builder.export_function("f", function);
  builder.export_function("f", function);
  EXPECT_NE(refusal(builder.bytes()).message.find("a second export has the name 'f'"),
            std::string::npos);
  ModuleBuilder missing;
  missing.export_item("m", ExternalKind::memory, 0);
  EXPECT_NE(refusal(missing.bytes()).message.find("there is no memory 0"), std::string::npos);
}

TEST(WasmScan, sections_stand_once_and_in_order) {
  Bytes bytes = with_section(5, code({0}));
  append_section(bytes, 4, code({0}));
  EXPECT_EQ(refusal(bytes).message, "byte 11: section 4 stands twice or out of order");
  EXPECT_EQ(refusal(with_section(14, {})).message, "byte 8: there is no section 14");
}

TEST(WasmScan, functions_and_bodies_are_equally_many) {
  Bytes bytes = with_section(1, code({1, 0x60, 0, 0}));
  append_section(bytes, 3, code({1, 0}));
  EXPECT_NE(refusal(bytes).message.find("0 bodies for 1 functions"), std::string::npos);
}

TEST(WasmScan, numbers_longer_than_their_bits_are_refused) {
  EXPECT_TRUE(scan(with_section(1, code({0x80, 0x80, 0x80, 0x80, 0x00}))));
  EXPECT_FALSE(scan(with_section(1, code({0x80, 0x80, 0x80, 0x80, 0x10}))));
  EXPECT_FALSE(scan(with_section(1, code({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}))));
  auto constant = [](std::initializer_list<int> number) {
    Bytes body = code({op::i32_const});
    append_bytes(body, code(number));
    body.push_back(op::drop);
    return scan(with_body(std::move(body))).has_value();
  };
  EXPECT_TRUE(constant({0xFF, 0xFF, 0xFF, 0xFF, 0x7F}));
  EXPECT_TRUE(constant({0x80, 0x80, 0x80, 0x80, 0x78}));
  EXPECT_FALSE(constant({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}));
  EXPECT_FALSE(constant({0x80, 0x80, 0x80, 0x80, 0x70}));
}

TEST(WasmScan, names_are_text) {
  EXPECT_EQ(refusal(with_section(0, code({1, 0xFF}))).message, "byte 11: a name is not UTF-8");
}

}  // namespace
}  // namespace samara::runtime::wasm
