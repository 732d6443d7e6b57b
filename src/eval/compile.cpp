#include "eval/compile.hpp"

#include <unordered_map>
#include <unordered_set>

#include "eval/construct.hpp"
#include "eval/convert.hpp"
#include "eval/inline_ops.hpp"

namespace samara::eval {

namespace {

using ir::NameId;
using ir::Node;
using ir::Op;

constexpr int k_discard = -1;
constexpr uint32_t k_register_max = 60'000;

// What is known for the whole program.
struct ProgramContext {
  std::shared_ptr<const ir::Program> program;
  const PlatformRegistry* registry = nullptr;
  CompiledProgram* out = nullptr;
  std::unordered_set<NameId> captured;      // variables that some nested function captures
  std::unordered_set<const Node*> inlined;  // function nodes compiled in line where they are used
  std::unordered_map<const Node*, bool> assigns;
};

// A pending jump is a list of instructions whose target is filled in later.
using Patches = std::vector<uint32_t>;

enum class Exit : uint8_t { break_loop, continue_loop, return_value };

struct PendingExit {
  Exit kind;
  NameId label;
  uint32_t number;  // value of the pending-exit register
};

// What encloses the code being compiled, within one function.
struct Control {
  enum class Kind : uint8_t { loop, finally, inlined } kind{};
  NameId label = 0;
  int lock_register = -1;  // loop over a collection
  Patches breaks = {};
  Patches continues = {};
  uint16_t pending_register = 0;  // finally
  uint16_t value_register = 0;    // finally, inlined: a returned value
  std::vector<PendingExit> exits = {};
  Patches to_finally = {};
};

struct Local {
  uint16_t reg = 0;
  bool cell = false;
};

class FunctionCompiler {
 public:
  FunctionCompiler(ProgramContext& context, const Node* node)
      : context_(context), program_(*context.program), node_(node) {}

  Result<const FunctionCode*> run();
  /// A function that calls its one capture, converting arguments and result (see As on functions).
  Result<const FunctionCode*> run_adapter(const Type* from, const Type* to);

 private:
  // --- emitting
  // -------------------------------------------------------------------------------------
  uint32_t here() const { return static_cast<uint32_t>(code_->code.size()); }
  uint32_t emit(Opcode op, uint32_t a = 0, uint32_t b = 0, uint32_t c = 0) {
    Instruction instruction;
    instruction.op = static_cast<uint16_t>(op);
    instruction.a = static_cast<uint16_t>(a);
    instruction.b = static_cast<uint16_t>(b);
    instruction.c = static_cast<uint16_t>(c);
    code_->code.push_back(instruction);
    code_->locations.push_back(location_);
    return here() - 1;
  }
  uint32_t emit_wide(Opcode op, uint32_t a, int32_t bc) {
    uint32_t at = emit(op, a);
    code_->code[at].set_bc(bc);
    return at;
  }
  // The word behind a fused jump or a for_*_next holds its target.
  uint32_t emit_target() { return emit_wide(Opcode::unreachable, 0, 0); }
  void patch(uint32_t at, uint32_t target) { code_->code[at].set_bc(static_cast<int32_t>(target)); }
  void patch_all(const Patches& patches, uint32_t target) {
    for (uint32_t at : patches) patch(at, target);
  }

  // --- registers
  // ------------------------------------------------------------------------------------
  uint16_t take(uint32_t count = 1) {
    uint32_t first = next_register_;
    next_register_ += count;
    if (next_register_ > k_register_max) too_large_ = true;
    if (next_register_ > code_->register_count) code_->register_count = next_register_;
    return static_cast<uint16_t>(first);
  }
  // Temporaries are given back in stack order, but never below a live local.
  void give_back(uint32_t mark) { next_register_ = mark > local_floor_ ? mark : local_floor_; }

  struct Scope {
    size_t undo = 0;
    uint32_t floor = 0;
    uint32_t next = 0;
  };
  Scope open_scope() { return {undo_.size(), local_floor_, next_register_}; }
  void close_scope(const Scope& scope) {
    while (undo_.size() > scope.undo) {
      auto& [name, old] = undo_.back();
      if (old.has_value()) {
        locals_[name] = *old;
      } else {
        locals_.erase(name);
      }
      undo_.pop_back();
    }
    local_floor_ = scope.floor;
    next_register_ = scope.next;
  }
  void bind(NameId name, uint16_t reg, bool cell) {
    auto at = locals_.find(name);
    undo_.emplace_back(name, at == locals_.end() ? std::nullopt : std::optional<Local>(at->second));
    locals_[name] = Local{reg, cell};
    if (reg + 1U > local_floor_) local_floor_ = reg + 1U;
  }
  uint16_t bind_new(const Node* variable) {
    uint16_t reg = take();
    bind(variable->name, reg, false);
    return reg;
  }
  bool is_cell(const Node* variable) const {
    return variable->is_mutable && context_.captured.contains(variable->name);
  }

  // --- expressions
  // ------------------------------------------------------------------------------------ Each
  // compile_* leaves the value in register dst, or nowhere when dst is k_discard.
  void compile(const Node* node, int dst);
  void compile_node(const Node* node, int dst);
  uint16_t compile_any(const Node* node, bool stable);
  uint16_t compile_temp(const Node* node) {
    uint16_t reg = take();
    compile(node, reg);
    return reg;
  }
  void null_result(int dst) {
    if (dst != k_discard) emit(Opcode::load_null, static_cast<uint32_t>(dst));
  }
  uint16_t result_register(int dst) {
    return dst == k_discard ? take() : static_cast<uint16_t>(dst);
  }
  bool may_assign(const Node* node);
  bool any_may_assign(std::span<Node* const> nodes) {
    for (const Node* node : nodes) {
      if (may_assign(node)) return true;
    }
    return false;
  }

  void compile_variable(const Node* node, int dst);
  void compile_value(const Node* node, int dst);
  void compile_let(const Node* node);
  void compile_assign(const Node* node);
  void compile_block(const Node* node, int dst);
  void compile_if(const Node* node, int dst);
  void compile_match(const Node* node, int dst);
  void compile_while(const Node* node);
  void compile_for_array(const Node* node);
  void compile_for_sorted(const Node* node);
  void compile_try(const Node* node, int dst);
  void compile_function(const Node* node, int dst);
  void compile_call(const Node* node, int dst);
  void compile_builtin(const Node* node, int dst);
  bool compile_inline(const Node* node, const InlineOp& op, int dst);
  void compile_platform(const Node* node, int dst);
  void compile_inlined_body(const Node* function, uint16_t result);
  void compile_inlined_call(const Node* node, int dst);
  void compile_inlined_loop(const Node* node, int dst);
  void compile_struct(const Node* node, int dst);
  void compile_variant(const Node* node, int dst);
  void compile_as(const Node* node, int dst);
  void compile_site(Opcode op, const Node* node, std::span<Node* const> arguments, BuiltinFn fn,
                    PrepareFn prepare, std::span<const Type* const> type_parameters, int dst);
  void compile_arguments(std::span<Node* const> nodes, uint16_t base);
  // Jumps when the condition has the given truth; the jumps are added to `patches`.
  void compile_branch(const Node* condition, bool when, Patches& patches);
  void emit_exit(Exit kind, NameId label, uint16_t value, size_t depth);
  void add_handler(Handler handler) { code_->handlers.push_back(handler); }
  void fail(Code code, std::string text) {
    if (!error_.has_value()) error_.emplace(code, text);
  }
  bool failed() const { return error_.has_value() || too_large_; }
  Result<const FunctionCode*> finish();

  ProgramContext& context_;
  const ir::Program& program_;
  const Node* node_;
  FunctionCode* code_ = nullptr;
  std::unordered_map<NameId, Local> locals_;
  std::unordered_map<NameId, Local> captures_;  // reg = index among the captures
  std::vector<std::pair<NameId, std::optional<Local>>> undo_;
  std::vector<Control> controls_;
  uint32_t next_register_ = 0;
  uint32_t local_floor_ = 0;
  uint32_t depth_ = 0;
  ir::LocationId location_ = 0;
  bool too_large_ = false;
  std::optional<Error> error_;
};

Result<const FunctionCode*> FunctionCompiler::finish() {
  if (error_.has_value()) return std::move(*error_);
  if (too_large_) {
    return Error(Code::exhausted, "function at " +
                                      ir::location_text(program_.location(node_->location)) +
                                      " needs more registers than the evaluator has (limit 60000)");
  }
  return static_cast<const FunctionCode*>(code_);
}

Result<const FunctionCode*> FunctionCompiler::run() {
  context_.out->functions.push_back(std::make_unique<FunctionCode>());
  code_ = context_.out->functions.back().get();
  code_->program = &program_;
  code_->node = node_;
  code_->parameter_count = node_->count_b;
  location_ = node_->location;
  uint16_t index = 0;
  for (const Node* variable : node_->kids.subspan(0, node_->count_a)) {
    captures_[variable->name] = Local{index++, is_cell(variable)};
    code_->capture_is_cell.push_back(is_cell(variable));
  }
  for (const Node* variable : node_->kids.subspan(node_->count_a, node_->count_b)) {
    bind_new(variable);
  }
  const Node* body = node_->kids.back();
  uint16_t result = take();
  compile(body, result);
  location_ = node_->location;
  emit(Opcode::return_, result);
  return finish();
}

Result<const FunctionCode*> FunctionCompiler::run_adapter(const Type* from, const Type* to) {
  context_.out->functions.push_back(std::make_unique<FunctionCode>());
  code_ = context_.out->functions.back().get();
  code_->program = &program_;
  code_->node = nullptr;  // not serialisable
  code_->parameter_count = to->input_count();
  location_ = node_->location;
  take(to->input_count());
  uint16_t callee = take();
  emit(Opcode::get_capture, callee, 0);
  uint16_t result = take();
  uint16_t base = take(from->input_count() + 1);
  auto convert_into = [&](const Type* a, const Type* b, uint16_t source, uint16_t target) {
    emit(Opcode::move, target, source);
    if (!needs_conversion(a, b)) return;
    auto site = make_convert_site(program_, node_, a, b);
    site->argument_base = target;
    site->argument_count = 1;
    code_->sites.push_back(std::move(site));
    emit_wide(Opcode::builtin, target, static_cast<int32_t>(code_->sites.size() - 1));
  };
  for (uint32_t i = 0; i < to->input_count(); i++) {
    convert_into(to->child(i), from->child(i), static_cast<uint16_t>(i),
                 static_cast<uint16_t>(base + i));
  }
  emit(Opcode::call, result, callee, base);
  convert_into(from->output(), to->output(), result, result);
  emit(Opcode::return_, result);
  return finish();
}

void FunctionCompiler::compile(const Node* node, int dst) {
  if (failed()) return;
  if (++depth_ > ir::k_ir_depth_max) {
    fail(Code::exhausted, "IR nests too deep");
    depth_--;
    return;
  }
  ir::LocationId outer = location_;
  location_ = node->location;
  uint32_t mark = next_register_;
  compile_node(node, dst);
  if (node->op != Op::let) give_back(mark);
  location_ = outer;
  depth_--;
}

void FunctionCompiler::compile_node(const Node* node, int dst) {
  switch (node->op) {
    case Op::value:
      return compile_value(node, dst);
    case Op::variable:
      return compile_variable(node, dst);
    case Op::let:
      compile_let(node);
      return null_result(dst);
    case Op::assign:
      compile_assign(node);
      return null_result(dst);
    case Op::block:
      return compile_block(node, dst);
    case Op::as:
      return compile_as(node, dst);
    case Op::wrap_recursive:
    case Op::unwrap_recursive:
      return compile(node->kids[0], dst);
    case Op::function:
    case Op::async_function:
      return compile_function(node, dst);
    case Op::call:
    case Op::call_async:
      return compile_call(node, dst);
    case Op::builtin:
      return compile_builtin(node, dst);
    case Op::platform:
      return compile_platform(node, dst);
    case Op::struct_:
      return compile_struct(node, dst);
    case Op::variant:
      return compile_variant(node, dst);
    case Op::get_field: {
      uint16_t object = compile_any(node->kids[0], true);
      int32_t field = node->kids[0]->type->index_of(program_.name(node->name));
      if (field < 0) {
        if (node->kids[0]->type->is(Kind::never)) return;
        return fail(Code::check_failed, "struct has no such field");
      }
      emit(Opcode::get_field, result_register(dst), object, static_cast<uint32_t>(field));
      return;
    }
    case Op::new_ref: {
      uint16_t content = compile_any(node->kids[0], true);
      emit(Opcode::new_ref, result_register(dst), content);
      return;
    }
    case Op::new_array: {
      size_t count = node->kids.size();
      if (count > 0xFFFF) {
        // More elements than an instruction counts: build by pushing.
        uint16_t array = take();
        emit(Opcode::new_array, array, 0, 0);
        for (const Node* kid : node->kids) {
          uint32_t mark = next_register_;
          uint16_t element = compile_temp(kid);
          emit(Opcode::array_push, array, element);
          give_back(mark);
        }
        if (dst != k_discard) emit(Opcode::move, static_cast<uint32_t>(dst), array);
        return;
      }
      uint16_t base = take(static_cast<uint32_t>(count));
      compile_arguments(node->kids, base);
      emit(Opcode::new_array, result_register(dst), base, static_cast<uint32_t>(count));
      return;
    }
    case Op::new_set: {
      const Type* parameters[] = {node->type->is(Kind::set) ? node->type->key() : nullptr};
      return compile_site(Opcode::builtin, node, node->kids, construct_set, nullptr, parameters,
                          dst);
    }
    case Op::new_dict: {
      const Type* parameters[] = {node->type->is(Kind::dict) ? node->type->key() : nullptr};
      return compile_site(Opcode::builtin, node, node->kids, construct_dict, nullptr, parameters,
                          dst);
    }
    case Op::new_vector:
      return compile_site(Opcode::builtin, node, node->kids, construct_vector, nullptr, {}, dst);
    case Op::new_matrix:
      return compile_site(Opcode::builtin, node, node->kids, construct_matrix, nullptr, {}, dst);
    case Op::if_else:
      return compile_if(node, dst);
    case Op::match:
      return compile_match(node, dst);
    case Op::while_:
      compile_while(node);
      return null_result(dst);
    case Op::for_array:
      compile_for_array(node);
      return null_result(dst);
    case Op::for_set:
    case Op::for_dict:
      compile_for_sorted(node);
      return null_result(dst);
    case Op::error: {
      uint16_t message = compile_any(node->kids[0], true);
      emit(Opcode::error, message);
      return;
    }
    case Op::return_: {
      uint16_t value = compile_any(node->kids[0], true);
      emit_exit(Exit::return_value, 0, value, controls_.size());
      return;
    }
    case Op::break_:
      return emit_exit(Exit::break_loop, node->name, 0, controls_.size());
    case Op::continue_:
      return emit_exit(Exit::continue_loop, node->name, 0, controls_.size());
    case Op::try_catch:
      return compile_try(node, dst);
  }
}

// Whether evaluating the node could change a local variable.
bool FunctionCompiler::may_assign(const Node* node) {
  if (node->op == Op::value || node->op == Op::variable) return false;
  if ((node->op == Op::function || node->op == Op::async_function) &&
      !context_.inlined.contains(node)) {
    return false;
  }
  if (node->op == Op::assign || node->op == Op::let) return true;
  auto at = context_.assigns.find(node);
  if (at != context_.assigns.end()) return at->second;
  bool result = any_may_assign(node->kids);
  context_.assigns.emplace(node, result);
  return result;
}

// The register of a plain local is used in place when nothing evaluated before its use can change
// it
// (`stable`); everything else goes to a temporary.
uint16_t FunctionCompiler::compile_any(const Node* node, bool stable) {
  if (node->op == Op::variable && (stable || !node->is_mutable)) {
    auto at = locals_.find(node->name);
    if (at != locals_.end() && !at->second.cell) return at->second.reg;
  }
  if ((node->op == Op::wrap_recursive || node->op == Op::unwrap_recursive) && !node->kids.empty()) {
    return compile_any(node->kids[0], stable);
  }
  return compile_temp(node);
}

void FunctionCompiler::compile_variable(const Node* node, int dst) {
  if (dst == k_discard) return;
  auto target = static_cast<uint32_t>(dst);
  auto local = locals_.find(node->name);
  if (local != locals_.end()) {
    if (local->second.cell) {
      emit(Opcode::cell_get, target, local->second.reg);
    } else if (local->second.reg != target) {
      emit(Opcode::move, target, local->second.reg);
    }
    return;
  }
  auto capture = captures_.find(node->name);
  if (capture == captures_.end()) {
    return fail(Code::check_failed,
                "Variable " + std::string(program_.name(node->name)) + " not in scope");
  }
  emit(capture->second.cell ? Opcode::capture_cell_get : Opcode::get_capture, target,
       capture->second.reg);
}

void FunctionCompiler::compile_value(const Node* node, int dst) {
  if (dst == k_discard) return;
  auto target = static_cast<uint32_t>(dst);
  if (node->type->is(Kind::null)) {
    emit(Opcode::load_null, target);
    return;
  }
  if ((node->type->is(Kind::integer) || node->type->is(Kind::boolean)) &&
      node->literal.integer() >= INT32_MIN && node->literal.integer() <= INT32_MAX) {
    emit_wide(Opcode::load_int, target, static_cast<int32_t>(node->literal.integer()));
    return;
  }
  code_->constants.push_back(node->literal);
  emit_wide(Opcode::load_k, target, static_cast<int32_t>(code_->constants.size() - 1));
}

void FunctionCompiler::compile_let(const Node* node) {
  const Node* variable = node->kids[0];
  if (is_cell(variable)) {
    uint16_t reg = take();
    uint32_t mark = next_register_;
    uint16_t value = compile_any(node->kids[1], true);
    emit(Opcode::cell_new, reg, value);
    bind(variable->name, reg, true);
    give_back(mark);
    return;
  }
  uint16_t reg = take();
  uint32_t mark = next_register_;
  compile(node->kids[1], reg);
  bind(variable->name, reg, false);
  give_back(mark);
}

void FunctionCompiler::compile_assign(const Node* node) {
  const Node* variable = node->kids[0];
  const Node* value = node->kids[1];
  auto local = locals_.find(variable->name);
  if (local != locals_.end() && !local->second.cell) {
    // Written in place when the value node writes its result as its last act.
    bool atomic = value->op == Op::builtin || value->op == Op::value || value->op == Op::variable ||
                  value->op == Op::call || value->op == Op::struct_ || value->op == Op::get_field ||
                  value->op == Op::new_array || value->op == Op::new_ref;
    if (atomic) return compile(value, local->second.reg);
    uint16_t temp = compile_temp(value);
    emit(Opcode::move, local->second.reg, temp);
    return;
  }
  uint16_t reg = compile_any(value, true);
  if (local != locals_.end()) {
    emit(Opcode::cell_set, local->second.reg, reg);
    return;
  }
  auto capture = captures_.find(variable->name);
  if (capture == captures_.end() || !capture->second.cell) {
    return fail(Code::check_failed, "Cannot assign to variable " +
                                        std::string(program_.name(variable->name)) +
                                        " which is not in scope");
  }
  emit(Opcode::capture_cell_set, capture->second.reg, reg);
}

void FunctionCompiler::compile_block(const Node* node, int dst) {
  if (node->kids.empty()) return null_result(dst);
  Scope scope = open_scope();
  for (size_t i = 0; i + 1 < node->kids.size(); i++) compile(node->kids[i], k_discard);
  compile(node->kids.back(), dst);
  close_scope(scope);
}

void FunctionCompiler::compile_branch(const Node* condition, bool when, Patches& patches) {
  if (condition->op == Op::value && condition->type->is(Kind::boolean)) {
    if (condition->literal.boolean() == when) patches.push_back(emit_wide(Opcode::jump, 0, 0));
    return;
  }
  if (condition->op == Op::builtin) {
    std::string_view name = program_.name(condition->name);
    if (name == "BooleanNot") return compile_branch(condition->kids[0], !when, patches);
    const Type* parameter =
        condition->type_parameters.empty() ? nullptr : condition->type_parameters[0];
    InlineOp op = inline_op(name, parameter);
    if (op.form == InlineForm::compare && !(op.on_float && op.relation >= 5)) {
      uint32_t mark = next_register_;
      const Node* left = condition->kids[0];
      const Node* right = condition->kids[1];
      // Relation numbers: 1 <, 2 <=, 3 >, 4 >=, 5 ==, 6 !=; the opposite when jumping on false.
      static constexpr int8_t k_opposite[] = {0, 4, 3, 2, 1, 6, 5};
      int8_t relation = when ? op.relation : k_opposite[op.relation];
      static constexpr Opcode k_int[] = {
          Opcode::unreachable, Opcode::jump_int_lt, Opcode::jump_int_le, Opcode::jump_int_gt,
          Opcode::jump_int_ge, Opcode::jump_int_eq, Opcode::jump_int_ne};
      static constexpr Opcode k_int_i[] = {Opcode::unreachable,   Opcode::jump_int_lt_i,
                                           Opcode::jump_int_le_i, Opcode::jump_int_gt_i,
                                           Opcode::jump_int_ge_i, Opcode::jump_int_eq_i,
                                           Opcode::jump_int_ne_i};
      static constexpr Opcode k_float[] = {Opcode::unreachable, Opcode::jump_float_lt,
                                           Opcode::jump_float_le, Opcode::jump_float_gt,
                                           Opcode::jump_float_ge};
      uint16_t a = compile_any(left, !may_assign(right));
      ir::LocationId outer = location_;
      location_ = condition->location;
      if (!op.on_float && right->op == Op::value && right->literal.integer() >= INT16_MIN &&
          right->literal.integer() <= INT16_MAX) {
        emit(k_int_i[relation], a, static_cast<uint16_t>(right->literal.integer()));
      } else {
        uint16_t b = compile_any(right, true);
        emit(op.on_float ? k_float[relation] : k_int[relation], a, b);
      }
      patches.push_back(emit_target());
      location_ = outer;
      give_back(mark);
      return;
    }
  }
  uint32_t mark = next_register_;
  uint16_t reg = compile_any(condition, true);
  patches.push_back(emit_wide(when ? Opcode::jump_if : Opcode::jump_unless, reg, 0));
  give_back(mark);
}

void FunctionCompiler::compile_if(const Node* node, int dst) {
  Patches to_end;
  size_t pairs = node->kids.size() / 2;
  for (size_t i = 0; i < pairs; i++) {
    Patches to_next;
    compile_branch(node->kids[i * 2], false, to_next);
    Scope scope = open_scope();
    compile(node->kids[i * 2 + 1], dst);
    close_scope(scope);
    to_end.push_back(emit_wide(Opcode::jump, 0, 0));
    patch_all(to_next, here());
  }
  Scope scope = open_scope();
  compile(node->kids.back(), dst);
  close_scope(scope);
  patch_all(to_end, here());
}

void FunctionCompiler::compile_match(const Node* node, int dst) {
  const Node* operand = node->kids[0];
  if (operand->type->is(Kind::never)) return compile(operand, k_discard);
  uint16_t value = compile_any(operand, true);
  auto table = static_cast<uint32_t>(code_->tables.size());
  code_->tables.push_back(JumpTable{std::vector<uint32_t>(operand->type->arity(), 0)});
  emit_wide(Opcode::switch_case, value, static_cast<int32_t>(table));
  Patches to_end;
  std::vector<bool> covered(operand->type->arity(), false);
  for (size_t i = 0; i < node->names.size(); i++) {
    int32_t index = operand->type->index_of(program_.name(node->names[i]));
    if (index < 0) return fail(Code::check_failed, "match names a case the variant does not have");
    covered[static_cast<size_t>(index)] = true;
    code_->tables[table].targets[static_cast<size_t>(index)] = here();
    Scope scope = open_scope();
    uint16_t reg = bind_new(node->kids[1 + i * 2]);
    emit(Opcode::payload, reg, value);
    compile(node->kids[2 + i * 2], dst);
    close_scope(scope);
    to_end.push_back(emit_wide(Opcode::jump, 0, 0));
  }
  for (size_t i = 0; i < covered.size(); i++) {
    if (!covered[i]) return fail(Code::check_failed, "match does not cover every case");
  }
  patch_all(to_end, here());
}

void FunctionCompiler::compile_while(const Node* node) {
  uint32_t top = here();
  Patches to_end;
  compile_branch(node->kids[0], false, to_end);
  controls_.push_back(Control{.kind = Control::Kind::loop, .label = node->name});
  Scope scope = open_scope();
  compile(node->kids[1], k_discard);
  close_scope(scope);
  patch_all(controls_.back().continues, here());
  emit_wide(Opcode::jump_back, 0, static_cast<int32_t>(top));
  patch_all(to_end, here());
  patch_all(controls_.back().breaks, here());
  controls_.pop_back();
}

void FunctionCompiler::compile_for_array(const Node* node) {
  Scope outer = open_scope();
  uint16_t array = take();
  compile(node->kids[0], array);
  uint16_t key = bind_new(node->kids[1]);
  uint16_t value = bind_new(node->kids[2]);
  emit(Opcode::for_array_begin, array, key);
  uint32_t begin = here();
  uint32_t top = emit(Opcode::for_array_next, key, array, value);
  uint32_t exit = emit_target();
  controls_.push_back(
      Control{.kind = Control::Kind::loop, .label = node->name, .lock_register = array});
  Scope scope = open_scope();
  compile(node->kids[3], k_discard);
  close_scope(scope);
  patch_all(controls_.back().continues, here());
  emit_wide(Opcode::jump_back, 0, static_cast<int32_t>(top));
  uint32_t end = here();
  patch(exit, end);
  patch_all(controls_.back().breaks, end);
  emit(Opcode::unlock, array);
  add_handler({.kind = Handler::Kind::unlock, .begin = begin, .end = end, .reg_a = array});
  controls_.pop_back();
  close_scope(outer);
}

void FunctionCompiler::compile_for_sorted(const Node* node) {
  bool dict = node->op == Op::for_dict;
  Scope outer = open_scope();
  uint16_t sorted = take();
  compile(node->kids[0], sorted);
  uint16_t place = take();
  uint16_t key = bind_new(node->kids[1]);
  uint16_t value = dict ? bind_new(node->kids[2]) : 0;
  emit(Opcode::for_sorted_begin, sorted, place);
  uint32_t begin = here();
  uint32_t top = emit(Opcode::for_sorted_next, sorted, place, key);
  uint32_t exit = emit_target();
  if (dict) emit(Opcode::sorted_value, value, place, sorted);
  controls_.push_back(
      Control{.kind = Control::Kind::loop, .label = node->name, .lock_register = sorted});
  Scope scope = open_scope();
  compile(node->kids.back(), k_discard);
  close_scope(scope);
  patch_all(controls_.back().continues, here());
  emit_wide(Opcode::jump_back, 0, static_cast<int32_t>(top));
  uint32_t end = here();
  patch(exit, end);
  patch_all(controls_.back().breaks, end);
  emit(Opcode::unlock, sorted);
  add_handler({.kind = Handler::Kind::unlock, .begin = begin, .end = end, .reg_a = sorted});
  controls_.pop_back();
  close_scope(outer);
}

// Leaves the constructs inside the target one by one: iteration locks are released in line; at a
// finally the exit is noted in its pending register and goes on behind the finally body.
void FunctionCompiler::emit_exit(Exit kind, NameId label, uint16_t value, size_t depth) {
  while (depth > 0) {
    Control& control = controls_[depth - 1];
    if (control.kind == Control::Kind::finally) {
      uint32_t number = static_cast<uint32_t>(control.exits.size()) + 2;
      if (number > 30'000) return fail(Code::exhausted, "too many exits through one finally");
      if (kind == Exit::return_value) emit(Opcode::move, control.value_register, value);
      control.exits.push_back({kind, label, number});
      emit_wide(Opcode::load_int, control.pending_register, static_cast<int32_t>(number));
      control.to_finally.push_back(emit_wide(Opcode::jump, 0, 0));
      return;
    }
    if (control.kind == Control::Kind::inlined) {
      if (kind != Exit::return_value) break;
      emit(Opcode::move, control.value_register, value);
      control.breaks.push_back(emit_wide(Opcode::jump, 0, 0));
      return;
    }
    if (kind != Exit::return_value && control.label == label) {
      (kind == Exit::break_loop ? control.breaks : control.continues)
          .push_back(emit_wide(Opcode::jump, 0, 0));
      return;
    }
    if (control.lock_register >= 0)
      emit(Opcode::unlock, static_cast<uint32_t>(control.lock_register));
    depth--;
  }
  if (kind != Exit::return_value) {
    return fail(Code::check_failed, std::string(kind == Exit::break_loop ? "break" : "continue") +
                                        " failed to find label " +
                                        std::string(program_.name(label)) + " at " +
                                        ir::location_text(program_.location(location_)));
  }
  emit(Opcode::return_, value);
}

void FunctionCompiler::compile_try(const Node* node, int dst) {
  const Node* finally_body = node->kids[4];
  bool has_finally = finally_body->op != Op::value;
  Scope outer = open_scope();
  // A value half computed when an error strikes must not be seen in the target.
  uint16_t result = dst == k_discard ? 0 : take();
  int inner_dst = dst == k_discard ? k_discard : result;
  uint16_t pending = has_finally ? take() : uint16_t{0};
  uint16_t saved = has_finally ? take() : uint16_t{0};
  if (has_finally) {
    controls_.push_back(Control{
        .kind = Control::Kind::finally, .pending_register = pending, .value_register = saved});
  }
  uint32_t begin = here();
  Scope try_scope = open_scope();
  compile(node->kids[0], inner_dst);
  close_scope(try_scope);
  uint32_t try_end = here();
  uint32_t over_catch = emit_wide(Opcode::jump, 0, 0);

  Scope catch_scope = open_scope();
  uint16_t message = bind_new(node->kids[2]);
  uint16_t stack = bind_new(node->kids[3]);
  add_handler({.kind = Handler::Kind::catch_error,
               .begin = begin,
               .end = try_end,
               .target = here(),
               .reg_a = message,
               .reg_b = stack});
  compile(node->kids[1], inner_dst);
  close_scope(catch_scope);
  patch(over_catch, here());
  uint32_t catch_end = here();

  if (has_finally) {
    Control control = std::move(controls_.back());
    controls_.pop_back();
    emit_wide(Opcode::load_int, pending, 0);
    patch_all(control.to_finally, here());
    // Failures enter at the same place: the handler sets pending to 1 and saves the failure.
    add_handler({.kind = Handler::Kind::finally,
                 .begin = begin,
                 .end = catch_end,
                 .target = here(),
                 .reg_a = saved,
                 .reg_b = pending});
    Scope finally_scope = open_scope();
    compile(finally_body, k_discard);
    close_scope(finally_scope);
    // Go on as if the finally had not been there.
    emit(Opcode::jump_int_ne_i, pending, 1);
    uint32_t no_failure = emit_target();
    emit(Opcode::reraise, saved);
    patch(no_failure, here());
    for (const PendingExit& exit : control.exits) {
      emit(Opcode::jump_int_ne_i, pending, exit.number);
      uint32_t skip = emit_target();
      emit_exit(exit.kind, exit.label, saved, controls_.size());
      patch(skip, here());
    }
  }
  if (dst != k_discard) emit(Opcode::move, static_cast<uint32_t>(dst), result);
  close_scope(outer);
}

void FunctionCompiler::compile_function(const Node* node, int dst) {
  InnerFunction inner;
  for (const Node* variable : node->kids.subspan(0, node->count_a)) {
    auto local = locals_.find(variable->name);
    if (local != locals_.end()) {
      inner.captures.push_back({false, local->second.reg});
      continue;
    }
    auto capture = captures_.find(variable->name);
    if (capture == captures_.end()) {
      return fail(
          Code::check_failed,
          "Captured variable " + std::string(program_.name(variable->name)) + " not in scope");
    }
    inner.captures.push_back({true, capture->second.reg});
  }
  FunctionCompiler compiler(context_, node);
  compiler.depth_ = depth_;
  auto made = compiler.run();
  if (!made) {
    if (!error_.has_value()) error_.emplace(std::move(made).error());
    return;
  }
  if (dst == k_discard) return;
  inner.code = *made;
  code_->inner.push_back(std::move(inner));
  emit_wide(Opcode::closure, static_cast<uint32_t>(dst),
            static_cast<int32_t>(code_->inner.size() - 1));
}

void FunctionCompiler::compile_arguments(std::span<Node* const> nodes, uint16_t base) {
  for (size_t i = 0; i < nodes.size(); i++) compile(nodes[i], static_cast<int>(base + i));
}

// The body of a function whose parameters are bound already. A return inside ends the body only.
void FunctionCompiler::compile_inlined_body(const Node* function, uint16_t result) {
  controls_.push_back(Control{.kind = Control::Kind::inlined, .value_register = result});
  Scope scope = open_scope();
  compile(function->kids.back(), result);
  close_scope(scope);
  patch_all(controls_.back().breaks, here());
  controls_.pop_back();
}

// A call of a function literal: its parameters become locals.
void FunctionCompiler::compile_inlined_call(const Node* node, int dst) {
  const Node* function = node->kids[0];
  Scope scope = open_scope();
  auto parameters = function->kids.subspan(function->count_a, function->count_b);
  uint16_t result = take();
  uint16_t base = take(function->count_b);
  compile_arguments(node->kids.subspan(1), base);
  for (uint32_t i = 0; i < function->count_b; i++) {
    bind(parameters[i]->name, static_cast<uint16_t>(base + i), false);
  }
  uint32_t begin = here();
  compile_inlined_body(function, result);
  add_handler(
      {.kind = Handler::Kind::location, .begin = begin, .end = here(), .location = node->location});
  if (dst != k_discard) emit(Opcode::move, static_cast<uint32_t>(dst), result);
  close_scope(scope);
}

// ArrayMap, ArrayFilter, ArrayFold and ArrayForEach with a function literal, as a loop.
void FunctionCompiler::compile_inlined_loop(const Node* node, int dst) {
  std::string_view name = program_.name(node->name);
  bool fold = name == "ArrayFold";
  bool map = name == "ArrayMap";
  bool filter = name == "ArrayFilter";
  const Node* function = node->kids.back();
  auto parameters = function->kids.subspan(function->count_a, function->count_b);
  Scope outer = open_scope();
  uint16_t array = take();
  compile(node->kids[0], array);
  uint16_t out = take();  // the new array, or the accumulator
  if (fold) compile(node->kids[1], out);
  if (map) emit(Opcode::new_array_like, out, array);
  if (filter) emit(Opcode::new_array, out, 0, 0);
  uint16_t result = take();
  if (fold) bind(parameters[0]->name, out, false);
  uint16_t value = bind_new(parameters[fold ? 1 : 0]);
  uint16_t key = bind_new(parameters[fold ? 2 : 1]);
  emit(Opcode::for_array_begin, array, key);
  uint32_t begin = here();
  uint32_t top = emit(Opcode::for_array_next, key, array, value);
  uint32_t exit = emit_target();
  // Locks are released by the handler when a failure leaves the loop; nothing else can leave it.
  compile_inlined_body(function, result);
  uint32_t body_end = here();
  if (fold) emit(Opcode::move, out, result);
  if (map) emit(Opcode::array_push, out, result);
  if (filter) {
    uint32_t skip = emit_wide(Opcode::jump_unless, result, 0);
    emit(Opcode::array_push, out, value);
    patch(skip, here());
  }
  emit_wide(Opcode::jump_back, 0, static_cast<int32_t>(top));
  uint32_t end = here();
  patch(exit, end);
  emit(Opcode::unlock, array);
  add_handler({.kind = Handler::Kind::location,
               .begin = begin,
               .end = body_end,
               .location = node->location});
  add_handler({.kind = Handler::Kind::unlock, .begin = begin, .end = end, .reg_a = array});
  if (fold || map || filter) {
    if (dst != k_discard) emit(Opcode::move, static_cast<uint32_t>(dst), out);
  } else {
    null_result(dst);
  }
  close_scope(outer);
}

void FunctionCompiler::compile_call(const Node* node, int dst) {
  if (context_.inlined.contains(node->kids[0])) return compile_inlined_call(node, dst);
  auto arguments = node->kids.subspan(1);
  uint16_t callee = compile_any(node->kids[0], !any_may_assign(arguments));
  // The callee's frame begins at its arguments, which are therefore the topmost registers.
  uint16_t base = take(static_cast<uint32_t>(arguments.size()));
  compile_arguments(arguments, base);
  if (local_floor_ > base + arguments.size()) {
    // An argument defined a local, which the callee's frame must not cover.
    uint16_t moved = take(static_cast<uint32_t>(arguments.size()));
    for (uint32_t i = 0; i < arguments.size(); i++) emit(Opcode::move, moved + i, base + i);
    base = moved;
  }
  uint32_t result = dst == k_discard ? base : static_cast<uint32_t>(dst);
  if (dst == k_discard && arguments.empty()) result = take();
  emit(Opcode::call, result, callee, base);
}

void FunctionCompiler::compile_site(Opcode op, const Node* node, std::span<Node* const> arguments,
                                    BuiltinFn fn, PrepareFn prepare,
                                    std::span<const Type* const> type_parameters, int dst) {
  auto site = std::make_unique<BuiltinSite>();
  site->program = &program_;
  site->node = node;
  site->types = &program_.types();
  site->fn = fn;
  if (arguments.size() > 0xFFFF)
    return fail(Code::exhausted, "more than 65535 elements in one literal");
  site->argument_base = take(static_cast<uint32_t>(arguments.size()));
  site->argument_count = static_cast<uint16_t>(arguments.size());
  site->type_parameters.assign(type_parameters.begin(), type_parameters.end());
  for (const Type* type : type_parameters) {
    if (type == nullptr) return fail(Code::check_failed, "node does not have a type of its kind");
    site->orders.emplace_back(type);
  }
  compile_arguments(arguments, site->argument_base);
  if (failed()) return;
  if (prepare != nullptr) site->prepared = prepare(program_.types(), *site);
  code_->sites.push_back(std::move(site));
  emit_wide(op, result_register(dst), static_cast<int32_t>(code_->sites.size() - 1));
}

bool FunctionCompiler::compile_inline(const Node* node, const InlineOp& op, int dst) {
  auto kids = node->kids;
  switch (op.form) {
    case InlineForm::none:
      return false;
    case InlineForm::unary: {
      if (kids.size() != 1) return false;
      uint16_t a = compile_any(kids[0], true);
      emit(op.op, result_register(dst), a);
      return true;
    }
    case InlineForm::binary:
    case InlineForm::compare: {
      if (kids.size() != 2) return false;
      auto small = [](const Node* n, bool negated) {
        if (n->op != Op::value || !n->type->is(Kind::integer)) return false;
        int64_t v = n->literal.integer();
        return negated ? (v > INT16_MIN && v <= INT16_MAX) : (v >= INT16_MIN && v <= INT16_MAX);
      };
      if ((op.op == Opcode::int_add || op.op == Opcode::int_sub || op.op == Opcode::int_mul) &&
          small(kids[1], op.op == Opcode::int_sub)) {
        uint16_t a = compile_any(kids[0], true);
        int64_t v = kids[1]->literal.integer();
        if (op.op == Opcode::int_sub) v = -v;
        emit(op.op == Opcode::int_mul ? Opcode::int_mul_i : Opcode::int_add_i, result_register(dst),
             a, static_cast<uint16_t>(v));
        return true;
      }
      if (op.commutes && small(kids[0], false)) {
        uint16_t b = compile_any(kids[1], true);
        emit(op.op == Opcode::int_mul ? Opcode::int_mul_i : Opcode::int_add_i, result_register(dst),
             b, static_cast<uint16_t>(kids[0]->literal.integer()));
        return true;
      }
      uint16_t a = compile_any(kids[0], !may_assign(kids[1]));
      uint16_t b = compile_any(kids[1], true);
      if (op.swap) std::swap(a, b);
      emit(op.op, result_register(dst), a, b);
      return true;
    }
    case InlineForm::array_push:
    case InlineForm::ref_set: {
      if (kids.size() != 2) return false;
      uint16_t a = compile_any(kids[0], !may_assign(kids[1]));
      uint16_t b = compile_any(kids[1], true);
      emit(op.op, a, b);
      null_result(dst);
      return true;
    }
    case InlineForm::array_set: {
      if (kids.size() != 3) return false;
      uint16_t a = compile_any(kids[0], !may_assign(kids[1]) && !may_assign(kids[2]));
      uint16_t b = compile_any(kids[1], !may_assign(kids[2]));
      uint16_t c = compile_any(kids[2], true);
      emit(op.op, a, b, c);
      null_result(dst);
      return true;
    }
  }
  return false;
}

void FunctionCompiler::compile_builtin(const Node* node, int dst) {
  std::string_view name = program_.name(node->name);
  const Type* parameter = node->type_parameters.empty() ? nullptr : node->type_parameters[0];
  if (compile_inline(node, inline_op(name, parameter), dst)) return;
  if (!node->kids.empty() && context_.inlined.contains(node->kids.back()))
    return compile_inlined_loop(node, dst);
  const BuiltinEntry* entry = find_builtin(name);
  if (entry == nullptr) {
    return fail(Code::check_failed, "Unknown builtin function '" + std::string(name) + "' at " +
                                        ir::location_text(program_.location(node->location)));
  }
  compile_site(Opcode::builtin, node, node->kids, entry->fn, entry->prepare, node->type_parameters,
               dst);
}

void FunctionCompiler::compile_platform(const Node* node, int dst) {
  PlatformSite site;
  site.name = node->name;
  site.function =
      context_.registry->find(program_.types(), program_.name(node->name), node->type_parameters);
  if (site.function == nullptr && !node->optional) {
    return fail(Code::not_found, "Platform function '" + std::string(program_.name(node->name)) +
                                     "' not found at " +
                                     ir::location_text(program_.location(node->location)));
  }
  if (node->kids.size() > 0xFFFF) return fail(Code::exhausted, "too many arguments");
  site.argument_base = take(static_cast<uint32_t>(node->kids.size()));
  site.argument_count = static_cast<uint16_t>(node->kids.size());
  compile_arguments(node->kids, site.argument_base);
  code_->platform_sites.push_back(site);
  emit_wide(Opcode::platform, result_register(dst),
            static_cast<int32_t>(code_->platform_sites.size() - 1));
}

void FunctionCompiler::compile_struct(const Node* node, int dst) {
  auto count = static_cast<uint32_t>(node->kids.size());
  uint16_t base = take(count);
  compile_arguments(node->kids, base);
  emit(Opcode::new_struct, result_register(dst), base, count);
}

void FunctionCompiler::compile_variant(const Node* node, int dst) {
  int32_t index = node->type->index_of(program_.name(node->name));
  if (index < 0) return fail(Code::check_failed, "variant has no such case");
  auto number = static_cast<uint32_t>(index);
  if (number > 0xFFFF) return fail(Code::exhausted, "more than 65536 cases");
  if (node->type->child(number)->is(Kind::null)) {
    compile(node->kids[0], k_discard);
    if (dst == k_discard) return;
    code_->constants.push_back(Slot::bare_case(number));
    emit_wide(Opcode::load_k, static_cast<uint32_t>(dst),
              static_cast<int32_t>(code_->constants.size() - 1));
    return;
  }
  uint16_t payload = compile_any(node->kids[0], true);
  emit(Opcode::new_tagged, result_register(dst), payload, number);
}

void FunctionCompiler::compile_as(const Node* node, int dst) {
  const Type* from = node->kids[0]->type;
  const Type* to = node->type;
  if (!needs_conversion(from, to)) return compile(node->kids[0], dst);
  if (from->is_function()) {
    uint16_t original = compile_temp(node->kids[0]);
    FunctionCompiler compiler(context_, node);
    auto made = compiler.run_adapter(from, to);
    if (!made) {
      if (!error_.has_value()) error_.emplace(std::move(made).error());
      return;
    }
    InnerFunction inner;
    inner.code = *made;
    inner.captures.push_back({false, original});
    code_->inner.push_back(std::move(inner));
    if (dst == k_discard) return;
    emit_wide(Opcode::closure, static_cast<uint32_t>(dst),
              static_cast<int32_t>(code_->inner.size() - 1));
    return;
  }
  auto site = make_convert_site(program_, node, from, to);
  site->argument_base = take();
  site->argument_count = 1;
  compile(node->kids[0], site->argument_base);
  code_->sites.push_back(std::move(site));
  emit_wide(Opcode::builtin, result_register(dst), static_cast<int32_t>(code_->sites.size() - 1));
}

// The function literal that a node applies on the spot, or nullptr.
const Node* inlined_function(const ir::Program& program, const Node* node) {
  auto literal = [](const Node* candidate, size_t parameters) {
    return candidate->op == Op::function && candidate->count_b == parameters ? candidate : nullptr;
  };
  if (node->op == Op::call) return literal(node->kids[0], node->kids.size() - 1);
  if (node->op != Op::builtin) return nullptr;
  std::string_view name = program.name(node->name);
  if (name == "ArrayMap" || name == "ArrayFilter" || name == "ArrayForEach") {
    return node->kids.size() == 2 ? literal(node->kids[1], 2) : nullptr;
  }
  if (name == "ArrayFold") return node->kids.size() == 3 ? literal(node->kids[2], 3) : nullptr;
  return nullptr;
}

// Every variable that some function captures, by name (names are unique in a program; a name used
// twice only makes a cell where a slot would do). Functions compiled in line share their variables
// with the function around them and capture nothing.
void collect_captured(const Node* root, ProgramContext& context) {
  std::vector<const Node*> work{root};
  while (!work.empty()) {
    const Node* node = work.back();
    work.pop_back();
    if (const Node* function = inlined_function(*context.program, node))
      context.inlined.insert(function);
    if (!context.inlined.contains(node)) {
      for (uint32_t i = 0; i < node->count_a; i++) context.captured.insert(node->kids[i]->name);
    }
    for (const Node* kid : node->kids) work.push_back(kid);
  }
}

}  // namespace

Result<std::shared_ptr<CompiledProgram>> compile(std::shared_ptr<const ir::Program> program,
                                                 const PlatformRegistry& registry) {
  const Node* root = program->root();
  if (root == nullptr || (root->op != Op::function && root->op != Op::async_function)) {
    return Error(Code::check_failed, "Expected function expression");
  }
  auto out = std::make_shared<CompiledProgram>();
  ProgramContext context;
  context.program = program;
  context.registry = &registry;
  context.out = out.get();
  collect_captured(root, context);
  FunctionCompiler compiler(context, root);
  SAMARA_TRY(out->root, compiler.run());
  out->program = std::move(program);
  out->type = root->type;
  return out;
}

}  // namespace samara::eval
