// language_programs FOLDER [SUITE…]: makes functions that every language can run out of what only
// tests can.
//
// A suite calls the platform functions `describe`, `test`, `testPass` and `testFail`, two of which
// take functions, so no other language can offer them. FOLDER/<Suite>.beast2 is the same program
// with a list instead, which it returns: what was tested, what passed, what failed. A failure that
// is noted there stays, whatever the program catches.
//
// FOLDER/<name>.beast2 are the functions of the conformance suite of Runtime, in East.

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "eval/platform_signatures.hpp"
#include "ir/builtin_table.hpp"
#include "ir/decode.hpp"
#include "ir/encode.hpp"
#include "lang/compile.hpp"
#include "platform/standard.hpp"
#include "ports/linux/clock.hpp"
#include "ports/linux/files.hpp"
#include "ports/linux/random.hpp"
#include "tests/e2e/conformance_functions.hpp"

namespace samara {
namespace {

using ir::Node;
using ir::Op;

class SuiteRewriter {
 public:
  explicit SuiteRewriter(ir::Program& program)
      : program_(program),
        types_(program.types()),
        texts_(types_.array(types_.string())),
        log_(program.intern("log of the suite")) {}

  /// Errors: unsupported (a platform function of another name).
  Result<void> run() {
    Node* root = program_.mutable_root();
    Node*& body = root->kids.back();
    SAMARA_CHECK(rewrite(body));
    Node* let = node(Op::let, types_.null(), {log(), node(Op::new_array, texts_, {})});
    body = node(Op::block, texts_, {let, body, log()});
    root->type = types_.async_function({}, texts_);
    return {};
  }

 private:
  Node* node(Op op, const Type* type, std::initializer_list<Node*> kids) {
    Node* made = program_.new_node(op, type, location_);
    made->kids = program_.new_kids({kids.begin(), kids.size()});
    return made;
  }
  Node* variable(ir::NameId name, const Type* type, bool captured) {
    Node* made = node(Op::variable, type, {});
    made->name = name;
    made->captured = captured;
    return made;
  }
  Node* log() { return variable(log_, texts_, true); }
  Node* null() {
    Node* made = node(Op::value, types_.null(), {});
    made->literal = Slot::null();
    made->literal_kind = Kind::null;
    return made;
  }
  Node* text(std::string_view value) {
    Node* made = node(Op::value, types_.string(), {});
    made->literal = Slot::of(program_.literals().new_text(value));
    made->literal_kind = Kind::string;
    return made;
  }
  Node* concat(std::string_view word, Node* value) {
    Node* made = node(Op::builtin, types_.string(), {text(word), value});
    made->name = program_.intern("StringConcat");
    return made;
  }
  Node* note(Node* what) {
    Node* made = node(Op::builtin, types_.null(), {log(), what});
    made->name = program_.intern("ArrayPushLast");
    const Type* element = types_.string();
    made->type_parameters = program_.new_types({&element, 1});
    return made;
  }
  Node* call(Node* body) { return node(Op::call_async, types_.null(), {body}); }

  Result<Node*> replaced(const Node& platform) {
    const std::string_view name = program_.name(platform.name);
    if (name == "testPass") return note(text("passed"));
    if (name == "testFail") return note(concat("failed: ", platform.kids[0]));
    if (name == "describe") return call(platform.kids[1]);
    if (name != "test") return Error(Code::unsupported, "platform function " + std::string(name));
    const std::string number = std::to_string(tests_++);
    Node* message = variable(program_.intern("message of test " + number), types_.string(), false);
    Node* stack = variable(program_.intern("stack of test " + number),
                           types_.array(ir::location_type(types_)), false);
    Node* said = variable(message->name, types_.string(), false);
    Node* attempt =
        node(Op::try_catch, types_.null(),
             {call(platform.kids[1]), note(concat("error: ", said)), message, stack, null()});
    return node(Op::block, types_.null(), {note(concat("test: ", platform.kids[0])), attempt});
  }

  /// Whether the list is used in the node.
  Result<bool> rewrite(Node*& at) {
    bool used = false;
    for (Node*& kid : at->kids) {
      SAMARA_TRY(bool inside, rewrite(kid));
      used = used || inside;
    }
    if (at->op == Op::platform) {
      location_ = at->location;
      SAMARA_TRY(at, replaced(*at));
      return true;
    }
    if (used && (at->op == Op::function || at->op == Op::async_function)) {
      std::vector<Node*> kids(at->kids.begin(), at->kids.end());
      kids.insert(kids.begin() + at->count_a, log());
      at->kids = program_.new_kids(kids);
      at->count_a++;
    }
    return used;
  }

  ir::Program& program_;
  TypeTable& types_;
  const Type* texts_;
  ir::NameId log_;
  ir::LocationId location_ = 0;
  int tests_ = 0;
};

Result<Bytes> suite(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Bytes bytes(text.begin(), text.end());
  TypeTable types;
  SAMARA_TRY(std::unique_ptr<ir::Program> program, ir::from_bytes(types, bytes));
  SAMARA_CHECK(SuiteRewriter(*program).run());
  return ir::to_beast2(*program, program->dialect());
}

Result<Bytes> conformance(const runtime::ConformanceFunction& function) {
  TypeTable types;
  port::LinuxClock clock;
  port::LinuxRandom random;
  port::LinuxFiles files;
  eval::PlatformRegistry platform;
  SAMARA_CHECK(platform::add_standard_platform(
      types, platform,
      {.clock = clock, .random = random, .files = files, .working_directory = "/"}));
  eval::RegistrySignatures signatures(platform);
  lang::CompileOptions options;
  options.platform = &signatures;
  const std::string source = runtime::east_source(function);
  lang::Compilation made = lang::compile_source(types, source, "f.east", options);
  for (const lang::Diagnostic& each : made.diagnostics) {
    return Error(Code::check_failed, lang::render(each, "f.east", source));
  }
  return ir::to_beast2(*made.functions[0].program, Dialect::b);
}

bool written(const std::string& path, const Result<Bytes>& bytes) {
  if (!bytes) {
    std::fprintf(stderr, "%s: %s\n", path.c_str(), std::string(bytes.error().message()).c_str());
    return false;
  }
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes->data()),
             static_cast<std::streamsize>(bytes->size()));
  return file.good();
}

}  // namespace
}  // namespace samara

int main(int count, char** words) {
  using namespace samara;
  if (count < 2) return 2;
  const std::string folder = words[1];
  bool good = true;
  for (int i = 2; i < count; i++) {
    const std::string path = words[i];
    good = written(folder + "/" + path.substr(path.rfind('/') + 1), suite(path)) && good;
  }
  for (const runtime::ConformanceFunction& function : runtime::conformance_functions()) {
    good = written(folder + "/" + function.name + ".beast2", conformance(function)) && good;
  }
  return good ? 0 : 1;
}
