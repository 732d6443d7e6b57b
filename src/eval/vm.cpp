#include "eval/vm.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "eval/arithmetic.hpp"
#include "eval/function_hooks.hpp"
#include "value/compare.hpp"
#include "value/sorted.hpp"

namespace samara::eval {

namespace {
// Steps between looks at the clock, the cancel flag and the heap.
constexpr int64_t k_slice = 4096;
// After a limit has struck, finally bodies may still run this many steps.
constexpr int64_t k_grace = 100'000;

constexpr size_t k_pointer_bytes = sizeof(void*);

const ir::LocationList k_no_location{ir::Location{"<unknown>", 0, 0}};

int float_order(Slot a, Slot b) { return compare_float(a.number(), b.number()); }

// An East Float has one NaN, also where bits are compared (packed vectors): the processor's own
// differs.
Slot number(double value) {
  return SAMARA_LIKELY(value == value) ? Slot::of(value) : Slot{k_nan_bits};
}
}  // namespace

Vm::Vm(Heap& heap, TypeTable& types, const PlatformRegistry& registry, VmOptions options)
    : heap_(heap), types_(types), registry_(registry), options_(std::move(options)) {
  stack_ = static_cast<Slot*>(std::malloc(options_.stack_slots * sizeof(Slot)));
  SAMARA_ASSERT(stack_ != nullptr);
  stack_end_ = stack_ + options_.stack_slots;
  top_ = stack_;
  roots_ = {stack_, stack_};
  message_roots_ = {&message_, &message_ + 1};
  heap_.add_roots(&roots_);
  heap_.add_roots(&message_roots_);
  heap_.set_pressure_hook(
      [](void* context) {
        auto* vm = static_cast<Vm*>(context);
        vm->forgone_ += vm->budget_;
        vm->budget_ = 0;
      },
      this);
  hooks_ = make_function_hooks(*this);
  frames_.reserve(64);
}

Vm::~Vm() {
  heap_.set_pressure_hook(nullptr, nullptr);
  heap_.remove_roots(&roots_);
  heap_.remove_roots(&message_roots_);
  std::free(stack_);
}

FunctionHooks& Vm::function_hooks() { return *hooks_; }

void Vm::keep(std::shared_ptr<const CompiledProgram> program) {
  if (std::find(programs_.begin(), programs_.end(), program) == programs_.end()) {
    programs_.push_back(std::move(program));
  }
}

bool Vm::run(std::shared_ptr<const CompiledProgram> program, std::span<const Slot> args,
             Slot& out) {
  const FunctionCode* code = program->root;
  SAMARA_ASSERT(args.size() == code->parameter_count);
  keep(std::move(program));
  native_base_ = __builtin_frame_address(0);
  auto here = reinterpret_cast<uintptr_t>(native_base_);
  native_limit_ = here > options_.native_stack_bytes ? here - options_.native_stack_bytes : 0;
  heap_.expect_live();
  Slot root = Slot::of(heap_.new_closure(code, 0));
  return call(root, args, out);
}

bool Vm::call(Slot function, std::span<const Slot> args, Slot& out) {
  const auto* closure = as<ClosureObject>(function);
  Slot* base = top_;
  const auto* code = static_cast<const FunctionCode*>(closure->code);
  if (SAMARA_UNLIKELY(base + std::max<size_t>(code->register_count, args.size()) > stack_end_)) {
    return fail(FailureKind::depth, "recursion limit reached");
  }
  for (size_t i = 0; i < args.size(); i++) base[i] = args[i];
  return enter(closure, base, out);
}

bool Vm::enter(const ClosureObject* closure, Slot* base, Slot& out) {
  const auto* code = static_cast<const FunctionCode*>(closure->code);
  if (SAMARA_UNLIKELY(frames_.size() >= options_.depth_max ||
                      reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) < native_limit_)) {
    return fail(FailureKind::depth, "recursion limit reached");
  }
  frames_.push_back({code, code->code.data(), base, closure, true});
  Slot* outer_top = top_;
  bool ok = execute(frames_.size(), out);
  top_ = outer_top;
  return ok;
}

bool Vm::safepoint() {
  if (failure_ != FailureKind::none && failure_ != FailureKind::error) return false;
  if (heap_.wants_collection() || heap_.exhausted()) {
    roots_.end = top_;
    heap_.collect(native_base_);
    if (heap_.exhausted()) return fail_memory();
  }
  if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) {
    return fail(FailureKind::cancelled, "cancelled");
  }
  if (options_.deadline_passed && options_.deadline_passed()) {
    return fail(FailureKind::timeout, "deadline passed");
  }
  uint64_t done = steps();
  if (done >= options_.steps_max) return fail(FailureKind::steps, "step limit reached");
  uint64_t left = options_.steps_max - done;
  forgone_ += budget_ < 0 ? 0 : budget_;
  budget_ = static_cast<int64_t>(std::min<uint64_t>(left, static_cast<uint64_t>(k_slice)));
  granted_ += budget_;
  return true;
}

// --- failures
// ---------------------------------------------------------------------------------------

bool Vm::fail(std::string_view message) {
  BytesObject* text = heap_.new_text(message);
  if (text == nullptr) return fail_memory();
  failure_ = FailureKind::error;
  message_ = Slot::of(text);
  locations_.clear();
  locations_given_ = false;
  return false;
}

bool Vm::fail_at(std::string_view message, const ir::LocationList& location) {
  if (!fail(message) && failure_ == FailureKind::error) {
    locations_.push_back(&location);
    locations_given_ = true;
  }
  return false;
}

bool Vm::fail_platform(std::string_view function, std::string_view message) {
  auto at = own_locations_.find(function);
  if (at == own_locations_.end()) {
    at = own_locations_
             .emplace(std::string(function),
                      ir::LocationList{ir::Location{std::string(function), 0, 0}})
             .first;
  }
  return fail_at(message, at->second);
}

bool Vm::fail_callee(std::string_view message, ir::LocationList locations) {
  if (fail(message) || failure_ != FailureKind::error) return false;
  if (!locations.empty()) {
    // A program that catches errors in a loop gets the same ones again.
    auto at = std::find(callee_locations_.begin(), callee_locations_.end(), locations);
    if (at == callee_locations_.end()) {
      at = callee_locations_.insert(callee_locations_.end(), std::move(locations));
    }
    locations_.push_back(&*at);
  }
  append_location(frames_.back().code, frames_.back().ip);
  locations_given_ = true;
  return false;
}

bool Vm::fail(FailureKind kind, std::string_view text) {
  failure_ = kind;
  failure_text_ = text;
  message_ = Slot::null();
  locations_.clear();
  locations_given_ = false;
  return false;
}

bool Vm::fail(const Error& error, std::string_view prefix) {
  if (heap_.exhausted() && error.code == Code::exhausted) return fail_memory();
  std::string text(prefix);
  text += error.message();
  return fail(text);
}

EastError Vm::error() const {
  EastError out;
  out.message = failure_ == FailureKind::error ? std::string(text_of(message_)) : failure_text_;
  for (const ir::LocationList* list : locations_) {
    out.stack.insert(out.stack.end(), list->begin(), list->end());
  }
  return out;
}

void Vm::clear_failure() {
  failure_ = FailureKind::none;
  message_ = Slot::null();
  locations_.clear();
  locations_given_ = false;
}

bool Vm::text(std::string_view text, Slot& out) {
  BytesObject* object = heap_.new_text(text);
  if (object == nullptr) return fail_memory();
  out = Slot::of(object);
  return true;
}

// The pending failure as an object, so that a finally body can run and it can be raised again.
// fields: message, then a blob with the kind and the location pointers, then the other text.
Slot Vm::box_failure() {
  FieldsObject* box = heap_.new_fields(3);
  box->fields()[0] = message_;
  size_t bytes = 2 + locations_.size() * k_pointer_bytes;
  BytesObject* lists = heap_.new_bytes(bytes);
  BytesObject* text = heap_.new_text(failure_text_);
  if (lists == nullptr || text == nullptr) {
    // No room even for this: the finally body runs, then the memory failure goes on.
    box->fields()[0] = Slot::null();
    return Slot::of(box);
  }
  lists->data()[0] = static_cast<uint8_t>(failure_);
  lists->data()[1] = 0;
  if (!locations_.empty()) std::memcpy(lists->data() + 2, locations_.data(), bytes - 2);
  box->fields()[1] = Slot::of(lists);
  box->fields()[2] = Slot::of(text);
  return Slot::of(box);
}

void Vm::unbox_failure(Slot slot) {
  Slot lists = field_of(slot, 1);
  if (lists.object() == nullptr) {
    fail_memory();
    return;
  }
  failure_ = static_cast<FailureKind>(bytes_of(lists)[0]);
  message_ = field_of(slot, 0);
  failure_text_ = text_of(field_of(slot, 2));
  locations_.resize((bytes_of(lists).size() - 2) / k_pointer_bytes);
  if (!locations_.empty()) {
    std::memcpy(locations_.data(), bytes_of(lists).data() + 2, bytes_of(lists).size() - 2);
  }
  locations_given_ = false;
}

Slot Vm::stack_value() {
  ArrayObject* array = heap_.new_array();
  for (const ir::LocationList* list : locations_) {
    for (const ir::Location& at : *list) {
      BytesObject* name = heap_.new_text(at.filename);
      FieldsObject* entry = heap_.new_fields(3);
      if (name == nullptr || !heap_.push(array, Slot::of(entry))) return Slot::of(array);
      entry->fields()[0] = Slot::of(name);
      entry->fields()[1] = Slot::of(at.line);
      entry->fields()[2] = Slot::of(at.column);
    }
  }
  return Slot::of(array);
}

void Vm::append_location(const FunctionCode* code, const Instruction* ip) {
  auto index = static_cast<size_t>(ip - code->code.data());
  const ir::LocationList& list = code->program->location(code->locations[index]);
  locations_.push_back(list.empty() ? &k_no_location : &list);
}

// Finds who goes on after a failure at the top frame's instruction. Returns false when the failure
// leaves the entry frame, which is gone then.
bool Vm::unwind(size_t entry_depth) {
  bool raising = true;
  while (true) {
    Frame& frame = frames_.back();
    const FunctionCode* code = frame.code;
    auto at = static_cast<uint32_t>(frame.ip - code->code.data());
    if (failure_ == FailureKind::error) {
      auto op = static_cast<Opcode>(frame.ip->op);
      if (op == Opcode::platform) {
        if (raising && locations_.empty()) {
          std::string name(
              code->program->name(code->platform_sites[static_cast<size_t>(frame.ip->bc())].name));
          auto own = own_locations_.find(name);
          if (own == own_locations_.end()) {
            own = own_locations_.emplace(name, ir::LocationList{ir::Location{name, 0, 0}}).first;
          }
          locations_.push_back(&own->second);
        }
      } else if (!locations_given_ && op != Opcode::reraise) {
        append_location(code, frame.ip);
      }
      locations_given_ = false;
    }
    raising = false;
    for (const Handler& handler : code->handlers) {
      if (at < handler.begin || at >= handler.end) continue;
      switch (handler.kind) {
        case Handler::Kind::unlock:
          frame.base[handler.reg_a].object()->locks--;
          continue;
        case Handler::Kind::location: {
          // The boundary of a callback that was compiled in line.
          if (failure_ != FailureKind::error) continue;
          const ir::LocationList& list = code->program->location(handler.location);
          locations_.push_back(list.empty() ? &k_no_location : &list);
          continue;
        }
        case Handler::Kind::catch_error: {
          if (failure_ != FailureKind::error) continue;
          frame.base[handler.reg_b] = stack_value();
          frame.base[handler.reg_a] = message_;
          clear_failure();
          break;
        }
        case Handler::Kind::finally:
          if (failure_ != FailureKind::error && !grace_given_) {
            grace_given_ = true;
            budget_ = k_grace;
            granted_ += k_grace;
          }
          frame.base[handler.reg_a] = box_failure();
          frame.base[handler.reg_b] = Slot::of(int64_t{1});
          clear_failure();
          break;
      }
      frame.ip = code->code.data() + handler.target;
      return true;
    }
    if (frames_.size() == entry_depth) {
      frames_.pop_back();
      return false;
    }
    frames_.pop_back();
  }
}

// --- the interpreter loop
// -----------------------------------------------------------------------------

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"

bool Vm::execute(size_t entry_depth, Slot& out) {
  static const void* const k_labels[] = {
#define SAMARA_OPCODE(name) &&op_##name,
#include "eval/opcodes.def"
#undef SAMARA_OPCODE
  };
  const FunctionCode* code;
  const Instruction* ip;
  Slot* base;
  const ClosureObject* closure;

#define LOAD_FRAME()                      \
  do {                                    \
    const Frame& frame_ = frames_.back(); \
    code = frame_.code;                   \
    ip = frame_.ip;                       \
    base = frame_.base;                   \
    closure = frame_.closure;             \
    top_ = base + code->register_count;   \
  } while (false)
#define DISPATCH() goto* k_labels[ip->op]
#define NEXT()  \
  do {          \
    ++ip;       \
    DISPATCH(); \
  } while (false)
#define GO_TO(target)                  \
  do {                                 \
    ip = code->code.data() + (target); \
    DISPATCH();                        \
  } while (false)
#define A base[ip->a]
#define B base[ip->b]
#define C base[ip->c]
#define FAIL()   \
  do {           \
    goto failed; \
  } while (false)

  LOAD_FRAME();
  if (SAMARA_UNLIKELY(--budget_ <= 0) && !safepoint()) FAIL();
  DISPATCH();

failed:
  frames_.back().ip = ip;
  if (!unwind(entry_depth)) return false;
  LOAD_FRAME();
  DISPATCH();

op_move:
  A = B;
  NEXT();
op_load_k:
  A = code->constants[static_cast<size_t>(ip->bc())];
  NEXT();
op_load_null:
  A = Slot::null();
  NEXT();
op_load_int:
  A = Slot::of(int64_t{ip->bc()});
  NEXT();
op_get_capture:
  A = closure->captures()[ip->b];
  NEXT();
op_cell_new:
  A = Slot::of(heap_.new_cell(B));
  NEXT();
op_cell_get:
  A = as<CellObject>(B)->content;
  NEXT();
op_cell_set:
  as<CellObject>(A)->content = B;
  NEXT();
op_capture_cell_get:
  A = as<CellObject>(closure->captures()[ip->b])->content;
  NEXT();
op_capture_cell_set:
  as<CellObject>(closure->captures()[ip->a])->content = B;
  NEXT();
op_jump:
  GO_TO(ip->bc());
op_jump_back:
  if (SAMARA_UNLIKELY(--budget_ <= 0) && !safepoint()) FAIL();
  GO_TO(ip->bc());
op_jump_if:
  if (A.boolean()) GO_TO(ip->bc());
  NEXT();
op_jump_unless:
  if (!A.boolean()) GO_TO(ip->bc());
  NEXT();

#define FUSED(name, condition)                      \
  op_##name : if (condition) { GO_TO(ip[1].bc()); } \
  ip += 2;                                          \
  DISPATCH()
#define IMMEDIATE static_cast<int64_t>(static_cast<int16_t>(ip->b))
  FUSED(jump_int_lt, A.integer() < B.integer());
  FUSED(jump_int_ge, A.integer() >= B.integer());
  FUSED(jump_int_le, A.integer() <= B.integer());
  FUSED(jump_int_gt, A.integer() > B.integer());
  FUSED(jump_int_eq, A.integer() == B.integer());
  FUSED(jump_int_ne, A.integer() != B.integer());
  FUSED(jump_int_lt_i, A.integer() < IMMEDIATE);
  FUSED(jump_int_ge_i, A.integer() >= IMMEDIATE);
  FUSED(jump_int_le_i, A.integer() <= IMMEDIATE);
  FUSED(jump_int_gt_i, A.integer() > IMMEDIATE);
  FUSED(jump_int_eq_i, A.integer() == IMMEDIATE);
  FUSED(jump_int_ne_i, A.integer() != IMMEDIATE);
  FUSED(jump_float_lt, float_order(A, B) < 0);
  FUSED(jump_float_ge, float_order(A, B) >= 0);
  FUSED(jump_float_le, float_order(A, B) <= 0);
  FUSED(jump_float_gt, float_order(A, B) > 0);
op_switch_case:
  GO_TO(code->tables[static_cast<size_t>(ip->bc())].targets[case_of(A)]);
op_not_:
  A = Slot::of(!B.boolean());
  NEXT();

#define INTEGER_OP(name, expression) \
  op_##name : {                      \
    uint64_t x = B.bits, y = C.bits; \
    A.bits = (expression);           \
  }                                  \
  NEXT()
  INTEGER_OP(int_add, x + y);
  INTEGER_OP(int_sub, x - y);
  INTEGER_OP(int_mul, x * y);
op_int_div:
  A = Slot::of(integer_divide(B.integer(), C.integer()));
  NEXT();
op_int_rem:
  A = Slot::of(integer_remainder(B.integer(), C.integer()));
  NEXT();
op_int_neg:
  A.bits = 0 - B.bits;
  NEXT();
op_int_add_i:
  A.bits = B.bits + static_cast<uint64_t>(static_cast<int64_t>(static_cast<int16_t>(ip->c)));
  NEXT();
op_int_mul_i:
  A.bits = B.bits * static_cast<uint64_t>(static_cast<int64_t>(static_cast<int16_t>(ip->c)));
  NEXT();
op_int_lt:
  A = Slot::of(B.integer() < C.integer());
  NEXT();
op_int_le:
  A = Slot::of(B.integer() <= C.integer());
  NEXT();
op_int_eq:
  A = Slot::of(B.bits == C.bits);
  NEXT();
op_int_ne:
  A = Slot::of(B.bits != C.bits);
  NEXT();
op_float_add:
  A = number(B.number() + C.number());
  NEXT();
op_float_sub:
  A = number(B.number() - C.number());
  NEXT();
op_float_mul:
  A = number(B.number() * C.number());
  NEXT();
op_float_div:
  A = number(B.number() / C.number());
  NEXT();
op_float_neg:
  A = number(-B.number());
  NEXT();
op_float_lt:
  A = Slot::of(float_order(B, C) < 0);
  NEXT();
op_float_le:
  A = Slot::of(float_order(B, C) <= 0);
  NEXT();
op_float_eq:
  A = Slot::of(float_order(B, C) == 0);
  NEXT();
op_float_ne:
  A = Slot::of(float_order(B, C) != 0);
  NEXT();
op_int_to_float:
  A = Slot::of(static_cast<double>(B.integer()));
  NEXT();
op_string_eq: {
  const auto* x = as<BytesObject>(B);
  const auto* y = as<BytesObject>(C);
  A = Slot::of(x->aux == y->aux && std::memcmp(x->data(), y->data(), x->aux) == 0);
}
  NEXT();
op_string_ne: {
  const auto* x = as<BytesObject>(B);
  const auto* y = as<BytesObject>(C);
  A = Slot::of(x->aux != y->aux || std::memcmp(x->data(), y->data(), x->aux) != 0);
}
  NEXT();
op_get_field:
  A = as<FieldsObject>(B)->fields()[ip->c];
  NEXT();
op_new_struct: {
  uint32_t count = ip->c;
  auto* object = static_cast<FieldsObject*>(
      heap_.alloc(sizeof(Object) + count * sizeof(Slot), ObjectKind::fields));
  object->aux = count;
  const Slot* from = &B;
  Slot* to = object->fields();
  for (uint32_t i = 0; i < count; i++) to[i] = from[i];
  A = Slot::of(object);
}
  NEXT();
op_new_tagged:
  A = Slot::of(heap_.new_tagged(ip->c, B));
  NEXT();
op_payload:
  A = payload_of(B);
  NEXT();
op_new_array: {
  ArrayObject* array = heap_.new_array();
  uint32_t count = ip->c;
  if (count != 0) {
    if (!heap_.reserve(array, count)) {
      fail_memory();
      FAIL();
    }
    const Slot* from = &B;
    for (uint32_t i = 0; i < count; i++) array->data[i] = from[i];
    array->size = count;
  }
  A = Slot::of(array);
}
  NEXT();
op_new_array_like: {
  ArrayObject* array = heap_.new_array();
  if (!heap_.reserve(array, as<ArrayObject>(B)->size)) {
    fail_memory();
    FAIL();
  }
  A = Slot::of(array);
}
  NEXT();
op_new_ref:
  A = Slot::of(heap_.new_cell(B));
  NEXT();
op_ref_get:
  A = as<CellObject>(B)->content;
  NEXT();
op_ref_set: {
  auto* cell = as<CellObject>(A);
  if (SAMARA_UNLIKELY(cell->frozen())) {
    fail("Cannot modify frozen Ref");
    FAIL();
  }
  cell->content = B;
}
  NEXT();
op_array_get: {
  const auto* array = as<ArrayObject>(B);
  auto index = static_cast<uint64_t>(C.integer());
  if (SAMARA_UNLIKELY(index >= array->size)) {
    fail("Array index " + std::to_string(C.integer()) + " out of bounds");
    FAIL();
  }
  A = array->data[index];
}
  NEXT();
op_array_size:
  A = Slot::of(static_cast<int64_t>(as<ArrayObject>(B)->size));
  NEXT();
op_array_push: {
  auto* array = as<ArrayObject>(A);
  if (SAMARA_UNLIKELY(array->frozen() || array->locks != 0)) {
    fail(array->frozen() ? "Cannot modify frozen Array" : "Cannot modify Array during iteration");
    FAIL();
  }
  if (SAMARA_UNLIKELY(!heap_.push(array, B))) {
    fail_memory();
    FAIL();
  }
}
  NEXT();
op_array_set: {
  auto* array = as<ArrayObject>(A);
  if (SAMARA_UNLIKELY(array->frozen())) {
    fail("Cannot modify frozen Array");
    FAIL();
  }
  auto index = static_cast<uint64_t>(B.integer());
  if (SAMARA_UNLIKELY(index >= array->size)) {
    fail("Array index " + std::to_string(B.integer()) + " out of bounds");
    FAIL();
  }
  array->data[index] = C;
}
  NEXT();
op_for_array_begin:
op_for_sorted_begin: {
  Object* object = A.object();
  if (SAMARA_UNLIKELY(object->locks == UINT16_MAX)) {
    fail(FailureKind::depth, "too many nested iterations over one collection");
    FAIL();
  }
  object->locks++;
  B = Slot::of(int64_t{-1});
}
  NEXT();
op_for_array_next: {
  const auto* array = as<ArrayObject>(B);
  uint64_t index = A.bits + 1;
  if (index >= array->size) GO_TO(ip[1].bc());
  A.bits = index;
  C = array->data[index];
}
  ip += 2;
  DISPATCH();
op_for_sorted_next: {
  const auto* sorted = as<SortedObject>(A);
  uint64_t place = B.bits;
  auto chunk = static_cast<uint32_t>(place >> 32);
  auto entry = static_cast<uint32_t>(place);
  if (place == UINT64_MAX) {
    chunk = 0;
    entry = 0;
  } else if (++entry >= sorted->chunks[chunk]->count) {
    chunk++;
    entry = 0;
  }
  if (chunk >= sorted->chunk_count) GO_TO(ip[1].bc());
  B.bits = static_cast<uint64_t>(chunk) << 32 | entry;
  C = sorted->chunks[chunk]->keys()[entry];
}
  ip += 2;
  DISPATCH();
op_sorted_value: {
  uint64_t place = B.bits;
  A = as<SortedObject>(C)->chunks[place >> 32]->values()[static_cast<uint32_t>(place)];
}
  NEXT();
op_unlock:
  A.object()->locks--;
  NEXT();
op_closure: {
  const InnerFunction& inner = code->inner[static_cast<size_t>(ip->bc())];
  auto count = static_cast<uint32_t>(inner.captures.size());
  ClosureObject* made = heap_.new_closure(inner.code, count);
  for (uint32_t i = 0; i < count; i++) {
    const CaptureSource& source = inner.captures[i];
    made->captures()[i] =
        source.from_capture ? closure->captures()[source.index] : base[source.index];
  }
  A = Slot::of(made);
}
  NEXT();
op_call: {
  const auto* callee = as<ClosureObject>(B);
  const auto* target = static_cast<const FunctionCode*>(callee->code);
  Slot* new_base = base + ip->c;
  if (SAMARA_UNLIKELY(new_base + target->register_count > stack_end_ ||
                      frames_.size() >= options_.depth_max)) {
    fail(FailureKind::depth, "recursion limit reached");
    FAIL();
  }
  frames_.back().ip = ip;
  frames_.push_back({target, target->code.data(), new_base, callee, false});
  code = target;
  ip = target->code.data();
  base = new_base;
  closure = callee;
  top_ = base + target->register_count;
  if (SAMARA_UNLIKELY(--budget_ <= 0) && !safepoint()) FAIL();
}
  DISPATCH();
op_return_: {
  Slot value = A;
  bool entry = frames_.back().entry;
  frames_.pop_back();
  if (entry) {
    out = value;
    return true;
  }
  LOAD_FRAME();
  A = value;
}
  NEXT();
op_builtin: {
  const BuiltinSite& site = *code->sites[static_cast<size_t>(ip->bc())];
  frames_.back().ip = ip;
  if (SAMARA_UNLIKELY(!site.fn(*this, site, base + site.argument_base, A))) FAIL();
}
  NEXT();
op_platform: {
  const PlatformSite& site = code->platform_sites[static_cast<size_t>(ip->bc())];
  frames_.back().ip = ip;
  if (SAMARA_UNLIKELY(site.function == nullptr)) {
    fail_at(
        "Platform function '" + std::string(code->program->name(site.name)) + "' is not available",
        code->program->location(code->locations[static_cast<size_t>(ip - code->code.data())]));
    FAIL();
  }
  Slot result;
  if (!site.function->call(*this, {base + site.argument_base, site.argument_count}, result)) FAIL();
  A = site.function->output->is(Kind::null) ? Slot::null() : result;
}
  NEXT();
op_error: {
  failure_ = FailureKind::error;
  message_ = A;
  locations_.clear();
  locations_given_ = false;
}
  FAIL();
op_reraise:
  unbox_failure(A);
  FAIL();
op_unreachable:
  SAMARA_ASSERT(false && "instruction that is never executed");
  return false;

#undef LOAD_FRAME
#undef DISPATCH
#undef NEXT
#undef GO_TO
#undef A
#undef B
#undef C
#undef FAIL
#undef FUSED
#undef IMMEDIATE
#undef INTEGER_OP
}

#pragma GCC diagnostic pop

}  // namespace samara::eval
