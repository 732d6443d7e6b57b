#include "lang/method_table.hpp"

#include <gtest/gtest.h>

#include <set>

#include "lang/compile_test_support.hpp"
#include "lang/type_print.hpp"
#include "value/text_type.hpp"

namespace samara::lang {
namespace {

using ir::BuiltinId;

TEST(MethodTable, names_follow_from_the_names_of_builtins) {
  struct Case {
    BuiltinId id;
    const char* owner;
    const char* name;
    bool receiver;
  };
  for (const Case& each : std::initializer_list<Case>{
           {BuiltinId::ArrayFlattenToSet, "Array", "flatten_to_set", true},
           {BuiltinId::RegexContains, "String", "regex_contains", true},
           {BuiltinId::BlobDecodeBeast2, "Blob", "decode_beast2", true},
           {BuiltinId::BlobEncodeBeast2, "Blob", "encode_beast2", false},
           {BuiltinId::StringParseJSON, "String", "parse_json", true},
           {BuiltinId::StringPrintJSON, "String", "print_json", false},
           {BuiltinId::ArrayGenerate, "Array", "generate", false},
           {BuiltinId::BlobGetUint8, "Blob", "get_uint8", true},
           {BuiltinId::StringEncodeUtf16, "String", "encode_utf16", true},
           {BuiltinId::DateTimeFromEpochMilliseconds, "DateTime", "from_epoch_milliseconds", false},
           {BuiltinId::Print, "", "print", false},
           {BuiltinId::ApplyPatch, "", "apply_patch", false},
           {BuiltinId::MatrixFromRows, "Matrix", "from_rows", false}}) {
    const Method& method = method_of(each.id);
    EXPECT_EQ(method.owner, each.owner) << each.name;
    EXPECT_EQ(method.name, each.name);
    EXPECT_EQ(method.takes_receiver, each.receiver) << each.name;
  }
}

TEST(MethodTable, no_two_builtins_have_one_name) {
  std::set<std::string> names;
  for (const Method& method : all_methods()) {
    EXPECT_TRUE(names.insert(std::string(method.owner) + "." + method.name).second) << method.name;
    EXPECT_EQ(find_method(method.owner, method.name), &method);
  }
  EXPECT_EQ(names.size(), size_t{ir::k_builtin_count});
}

// Types that fit the parameters of every builtin.
std::string argument_for(BuiltinId id, std::string_view parameter) {
  if (id == BuiltinId::BlobDecodeCsv || id == BuiltinId::ArrayEncodeCsv) return "(a: Integer)";
  return parameter.starts_with("E") ? "Float" : "Integer";
}

class EachBuiltin : public CompileTest {
 protected:
  struct Parts {
    std::string parameters;  // of the function, with types
    std::string arguments;
    std::string first;
    std::string rest;
    std::string type_arguments;
    std::string result;
  };
  Parts parts(BuiltinId id) {
    const ir::BuiltinInfo& info = ir::builtin_info(id);
    std::vector<const Type*> types;
    Parts out;
    for (std::string_view name : pattern_of(id).type_parameters) {
      std::string text = argument_for(id, name);
      types.push_back(*parse_type_text(types_, text));
      out.type_arguments += (out.type_arguments.empty() ? "" : ", ") + text;
    }
    if (!out.type_arguments.empty()) out.type_arguments = "<" + out.type_arguments + ">";
    auto signature = ir::instantiate(types_, id, types);
    EXPECT_TRUE(signature) << info.name;
    for (size_t i = 0; i < signature->arguments.size(); i++) {
      std::string name = "p" + std::to_string(i);
      out.parameters += (i == 0 ? "" : ", ") + name + ": " + type_text(signature->arguments[i]);
      out.arguments += (i == 0 ? "" : ", ") + name;
      if (i == 0) {
        out.first = name;
      } else {
        out.rest += (i == 1 ? "" : ", ") + name;
      }
    }
    out.result = type_text(signature->result);
    return out;
  }
  std::string builtin_of(std::string_view source) {
    Compilation done = compile(source);
    if (done.functions[0].program == nullptr) return "no program";
    const ir::Program& program = *done.functions[0].program;
    const ir::Node& body = *program.root()->kids.back();
    return body.op == ir::Op::builtin ? std::string(program.name(body.name)) : "no builtin";
  }
};

TEST_F(EachBuiltin, is_reached_by_its_name_with_the_type_in_front) {
  for (const Method& method : all_methods()) {
    Parts p = parts(method.builtin);
    std::string callee = method.owner.empty() ? name_text(method.name)
                                              : std::string(method.owner) + "." + method.name;
    std::string source = "fn f(" + p.parameters + ") -> " + p.result + " { " + callee +
                         p.type_arguments + "(" + p.arguments + ") }";
    EXPECT_EQ(builtin_of(source), ir::builtin_info(method.builtin).name) << source;
  }
}

TEST_F(EachBuiltin, is_reached_without_type_arguments_where_the_result_is_written) {
  for (const Method& method : all_methods()) {
    // Nothing but the type argument tells what a patch is of.
    if (method.name == "compose_patch" || method.name == "invert_patch") continue;
    Parts p = parts(method.builtin);
    std::string call = method.takes_receiver  ? p.first + "." + method.name + "(" + p.rest + ")"
                       : method.owner.empty() ? name_text(method.name) + "(" + p.arguments + ")"
                                              : std::string(method.owner) + "." + method.name +
                                                    "(" + p.arguments + ")";
    std::string source = "fn f(" + p.parameters + ") -> " + p.result + " { " + call + " }";
    EXPECT_EQ(builtin_of(source), ir::builtin_info(method.builtin).name) << source;
  }
}

}  // namespace
}  // namespace samara::lang
