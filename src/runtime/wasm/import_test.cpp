#include "runtime/wasm/import.hpp"

#include <gtest/gtest.h>

#include <string>

#include "core/sha256.hpp"
#include "runtime/wasm/module_builder.hpp"

namespace samara::runtime::wasm {
namespace {

using enum ValueType;

class WasmImport : public testing::Test {
 protected:
  std::string refusal(const Bytes& module, const ImportOptions& options = {}) {
    auto imported = import_module(types_, module, options);
    EXPECT_FALSE(imported);
    return imported ? "" : std::string(imported.error().message());
  }

  // Exports less and more.
  static Bytes two_functions() {
    ModuleBuilder builder;
    uint32_t type = builder.type({i32, f64}, {i32});
    builder.export_function("less", builder.function(type, code({op::local_get, 0})));
    builder.export_function("more", builder.function(type, code({op::i32_const, 1})));
    return builder.bytes();
  }

  TypeTable table_;
  RecordTypes types_{table_};
};

TEST_F(WasmImport, export_becomes_a_function_of_its_types) {
  auto imported =
      import_module(types_, two_functions(), {.export_name = "more", .source = "m.wasm"});
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(imported->record.kind, "wasm");
  EXPECT_EQ(signature_text(imported->record), "(Integer, Float) -> Integer");
  EXPECT_EQ(imported->record.code, sha256(imported->code));
  EXPECT_EQ(imported->id, sha256(imported->object));
  auto record = decode_function(imported->object, types_);
  ASSERT_TRUE(record) << record.error().message();
  EXPECT_EQ(*record, imported->record);
  auto companion = decode_companion(imported->companion, types_);
  ASSERT_TRUE(companion);
  EXPECT_EQ(companion->source, "m.wasm");
  EXPECT_EQ(companion->function, imported->id);
}

TEST_F(WasmImport, types_can_be_given) {
  const Type* type = table_.function({table_.boolean(), table_.float_()}, table_.boolean());
  auto imported = import_module(types_, two_functions(), {.export_name = "less", .type = type});
  ASSERT_TRUE(imported) << imported.error().message();
  EXPECT_EQ(signature_text(imported->record), "(Boolean, Float) -> Boolean");
  const Type* other = table_.function({table_.string(), table_.float_()}, table_.boolean());
  EXPECT_EQ(refusal(two_functions(), {.export_name = "less", .type = other}),
            "export 'less' is (i32, f64) -> i32, which does not fit (String, Float) -> Boolean");
  EXPECT_EQ(refusal(two_functions(), {.export_name = "less", .type = table_.string()}),
            "the type of a function must be one of functions");
}

TEST_F(WasmImport, another_export_is_another_function) {
  auto less = import_module(types_, two_functions(), {.export_name = "less"});
  auto more = import_module(types_, two_functions(), {.export_name = "more"});
  ASSERT_TRUE(less);
  ASSERT_TRUE(more);
  EXPECT_NE(less->id, more->id);
  // Chosen anew, the later choice holds.
  auto again = import_module(types_, less->code, {.export_name = "more"});
  ASSERT_TRUE(again);
  auto kept = import_module(types_, again->code, {});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->id, again->id);
}

TEST_F(WasmImport, refusals_say_what_to_choose_from) {
  EXPECT_EQ(refusal(two_functions()),
            "the module exports 2 functions, 'less', 'more': name one of them");
  EXPECT_EQ(refusal(two_functions(), {.export_name = "equal"}),
            "the module exports no function 'equal', which it names as its own");
  EXPECT_EQ(refusal(ModuleBuilder().bytes()), "the module exports no function");
}

TEST_F(WasmImport, several_results_do_not_pass) {
  ModuleBuilder builder;
  builder.export_function("pair", builder.function(builder.type({}, {i32, i32}),
                                                   code({op::i32_const, 1, op::i32_const, 2})));
  EXPECT_EQ(refusal(builder.bytes()),
            "export 'pair' is () -> (i32, i32): only numbers pass, and one result at most");
}

TEST_F(WasmImport, what_is_not_offered_is_refused) {
  ModuleBuilder builder;
  uint32_t type = builder.type({}, {});
  builder.import_function("wasi_snapshot_preview1", "fd_fly", type);
  builder.export_function("f", builder.function(type, {}));
  EXPECT_NE(refusal(builder.bytes())
                .find("'wasi_snapshot_preview1.fd_fly' is imported, which is "
                      "not offered"),
            std::string::npos);
}

}  // namespace
}  // namespace samara::runtime::wasm
