#pragma once
// Compiled East: register code for one function each. Made by compile.hpp, run by vm.hpp.
// Threads: immutable once compiled; may be shared by evaluators that share the type table.

#include <memory>
#include <vector>

#include "eval/builtin.hpp"
#include "eval/platform.hpp"
#include "ir/ir.hpp"

namespace samara::eval {

enum class Opcode : uint16_t {
#define SAMARA_OPCODE(name) name,
#include "eval/opcodes.def"
#undef SAMARA_OPCODE
};

struct Instruction {
  uint16_t op = 0;
  uint16_t a = 0;
  uint16_t b = 0;
  uint16_t c = 0;
  int32_t bc() const { return static_cast<int32_t>(b | static_cast<uint32_t>(c) << 16); }
  void set_bc(int32_t value) {
    b = static_cast<uint16_t>(static_cast<uint32_t>(value));
    c = static_cast<uint16_t>(static_cast<uint32_t>(value) >> 16);
  }
};
static_assert(sizeof(Instruction) == 8);

struct FunctionCode;

/// Where a failure that passes an instruction goes. Tried innermost first.
struct Handler {
  enum class Kind : uint8_t { catch_error, finally, unlock, location };
  Kind kind{};
  uint32_t begin = 0;           // first covered instruction
  uint32_t end = 0;             // one past the last
  uint32_t target = 0;          // where to go on (catch_error, finally)
  ir::LocationId location = 0;  // location: appended to an East error's stack
  uint16_t reg_a = 0;  // catch: message; finally: the boxed failure; unlock: the collection
  uint16_t reg_b = 0;  // catch: stack; finally: the pending-exit register
};

/// Where a captured slot comes from in the defining function.
struct CaptureSource {
  bool from_capture = false;  // of the defining closure, else one of its registers
  uint16_t index = 0;
};

struct InnerFunction {
  const FunctionCode* code = nullptr;
  std::vector<CaptureSource> captures;
};

struct PlatformSite {
  uint16_t argument_base = 0;
  uint16_t argument_count = 0;
  const PlatformFunction* function = nullptr;  // nullptr: optional and not offered
  ir::NameId name = 0;
};

struct JumpTable {
  std::vector<uint32_t> targets;  // by case index
};

struct FunctionCode {
  const ir::Program* program = nullptr;
  const ir::Node* node = nullptr;
  uint32_t register_count = 0;
  uint32_t parameter_count = 0;
  std::vector<bool> capture_is_cell;  // of each capture: a mutable variable shared by reference
  std::vector<Instruction> code;
  std::vector<ir::LocationId> locations;  // of each instruction
  std::vector<Slot> constants;
  std::vector<std::unique_ptr<BuiltinSite>> sites;
  std::vector<PlatformSite> platform_sites;
  std::vector<InnerFunction> inner;
  std::vector<JumpTable> tables;
  std::vector<Handler> handlers;
};

/// A program with all its functions compiled.
struct CompiledProgram {
  std::shared_ptr<const ir::Program> program;
  std::vector<std::unique_ptr<FunctionCode>> functions;
  const FunctionCode* root = nullptr;
  const Type* type = nullptr;  // of the root
};

}  // namespace samara::eval
