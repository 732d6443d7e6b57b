// East values to JavaScript values.

#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>

#include "bindings/common/stack_guard.hpp"
#include "common.hpp"

namespace samara::node {
namespace {

/// Numbers side by side, and what keeps their memory.
struct NumberBlock {
  std::shared_ptr<void> owner;
  uint8_t* data = nullptr;
  int32_t element = 0;  // SAMARA_KIND_ FLOAT, INTEGER or BOOLEAN
  bool matrix = false;
  uint64_t rows = 1;
  uint64_t columns = 0;
  bool writable = true;
};

size_t bytes_of(const NumberBlock& block) {
  return static_cast<size_t>(block.rows * block.columns) *
         (block.element == SAMARA_KIND_BOOLEAN ? 1 : 8);
}

void free_owner(napi_env /*env*/, void* /*data*/, void* hint) {
  delete static_cast<std::shared_ptr<void>*>(hint);
}

// A few numbers must not keep the memory of the whole value.
constexpr size_t k_kept_bytes_min = 16 * 1024;

// Numbers in a file begin at any byte. V8 reads and writes doubles wherever they are, as its own
// small arrays are not aligned to 8 bytes either; integers could meet Atomics, which need it.
bool may_lie_there(const NumberBlock& block) {
#if defined(__x86_64__) || defined(__aarch64__)
  if (block.element == SAMARA_KIND_FLOAT) return true;
#endif
  return reinterpret_cast<uintptr_t>(block.data) % 8 == 0;
}

// The numbers where they are, if JavaScript can take them there; else a copy.
napi_value array_buffer(State& state, const NumberBlock& block) {
  const size_t bytes = bytes_of(block);
  napi_value out = nullptr;
  if (bytes >= k_kept_bytes_min && block.writable && may_lie_there(block)) {
    auto kept = std::make_unique<std::shared_ptr<void>>(block.owner);
    if (napi_create_external_arraybuffer(state.env, block.data, bytes, free_owner, kept.get(),
                                         &out) == napi_ok) {
      kept.release();
      return out;
    }
  }
  void* memory = nullptr;
  if (napi_create_arraybuffer(state.env, bytes, &memory, &out) != napi_ok) return nullptr;
  if (bytes > 0) std::memcpy(memory, block.data, bytes);
  return out;
}

napi_value numbers(State& state, const NumberBlock& block) {
  napi_value buffer = array_buffer(state, block);
  if (buffer == nullptr) return nullptr;
  const napi_typedarray_type kind = block.element == SAMARA_KIND_FLOAT     ? napi_float64_array
                                    : block.element == SAMARA_KIND_INTEGER ? napi_bigint64_array
                                                                           : napi_uint8_array;
  napi_value out = nullptr;
  if (napi_create_typedarray(state.env, kind, static_cast<size_t>(block.rows * block.columns),
                             buffer, 0, &out) != napi_ok) {
    return nullptr;
  }
  if (!block.matrix) return out;
  napi_value arguments[] = {number_value(state, static_cast<double>(block.rows)),
                            number_value(state, static_cast<double>(block.columns)), out};
  napi_value matrix = nullptr;
  napi_new_instance(state.env, given(state, Given::matrix), 3, arguments, &matrix);
  return matrix;
}

class Decoder {
 public:
  Decoder(State& state, std::shared_ptr<samara_tree> tree, bool identity)
      : state_(state), env_(state.env), tree_(std::move(tree)), identity_(identity) {
    if (identity_) napi_create_array(env_, &met_);
  }
  napi_value value(samara_slot slot, Info* type);

 private:
  [[gnu::noinline]] napi_value array(samara_slot slot, Info* type);
  [[gnu::noinline]] napi_value sorted(samara_slot slot, Info* type);
  [[gnu::noinline]] napi_value structure(samara_slot slot, Info* type);
  [[gnu::noinline]] napi_value variant(samara_slot slot, Info* type);
  [[gnu::noinline]] napi_value ref(samara_slot slot, Info* type);
  [[gnu::noinline]] napi_value packed(samara_slot slot, Info* type);
  napi_value inner(samara_slot slot, Info* type);
  bool set_element(napi_value array, size_t index, samara_slot slot, Info* type, bool scoped);

  napi_value seen(samara_slot slot) {
    if (!identity_) return nullptr;
    auto found = met_index_.find(slot);
    if (found == met_index_.end()) return nullptr;
    napi_value out = nullptr;
    napi_get_element(env_, met_, found->second, &out);
    return out;
  }
  napi_value meet(samara_slot slot, napi_value object) {
    if (!identity_ || object == nullptr) return object;
    const auto index = static_cast<uint32_t>(met_index_.size());
    met_index_.emplace(slot, index);
    napi_set_element(env_, met_, index, object);
    return object;
  }
  napi_value class_instance(Given cls, napi_value argument) {
    napi_value out = nullptr;
    napi_new_instance(env_, given(state_, cls), 1, &argument, &out);
    return out;
  }

  State& state_;
  napi_env env_;
  std::shared_ptr<samara_tree> tree_;
  bool identity_;
  napi_value met_ = nullptr;
  std::unordered_map<samara_slot, uint32_t> met_index_;
  bindings::StackGuard stack_;
  int depth_ = 0;
};

constexpr size_t k_scope_from = 64;

bool Decoder::set_element(napi_value array, size_t index, samara_slot slot, Info* type,
                          bool scoped) {
  napi_handle_scope scope = nullptr;
  if (scoped) napi_open_handle_scope(env_, &scope);
  napi_value item = value(slot, type);
  const bool good = item != nullptr &&
                    napi_set_element(env_, array, static_cast<uint32_t>(index), item) == napi_ok;
  if (scope != nullptr) napi_close_handle_scope(env_, scope);
  return good;
}

napi_value Decoder::array(samara_slot slot, Info* type) {
  if (napi_value found = seen(slot)) return found;
  Info* element = part_of(state_, type, 0);
  const size_t count = samara_slot_count(type->type, slot);
  const samara_slot* elements = samara_slot_elements(slot);
  if (element->kind == SAMARA_KIND_FLOAT || element->kind == SAMARA_KIND_INTEGER) {
    NumberBlock block;
    block.owner = tree_;
    block.data = reinterpret_cast<uint8_t*>(const_cast<samara_slot*>(elements));
    block.element = element->kind;
    block.columns = count;
    return meet(slot, numbers(state_, block));
  }
  napi_value out = nullptr;
  napi_create_array_with_length(env_, count, &out);
  meet(slot, out);
  for (size_t i = 0; i < count; i++) {
    if (!set_element(out, i, elements[i], element, count >= k_scope_from)) return nullptr;
  }
  return out;
}

// Two keys of East can be one of JavaScript: -0 and 0. JavaScript decides whether a Set or Map will
// do, or a KeyList; a set or dictionary that holds itself has to be met before that, which no type
// of East allows for keys, and for values is done by filling the Map afterwards.
napi_value Decoder::sorted(samara_slot slot, Info* type) {
  if (napi_value found = seen(slot)) return found;
  const bool set = type->kind == SAMARA_KIND_SET;
  const size_t count = samara_slot_count(type->type, slot);
  std::vector<samara_slot> keys(count);
  std::vector<samara_slot> values(count);
  samara_slot_entries(slot, keys.data(), values.data());
  napi_value list = nullptr;
  napi_create_array_with_length(env_, count, &list);
  for (size_t i = 0; i < count; i++) {
    if (!set_element(list, i, keys[i], part_of(state_, type, 0), count >= k_scope_from)) {
      return nullptr;
    }
  }
  if (set) return meet(slot, call_given(state_, Given::new_set, {list}));
  napi_value items = nullptr;
  napi_create_array_with_length(env_, count, &items);
  // Made in two steps: [container, fill].
  napi_value made = call_given(state_, Given::new_map, {list});
  napi_value out = nullptr;
  napi_value fill = nullptr;
  if (made == nullptr || napi_get_element(env_, made, 0, &out) != napi_ok) return nullptr;
  napi_get_element(env_, made, 1, &fill);
  meet(slot, out);
  for (size_t i = 0; i < count; i++) {
    if (!set_element(items, i, values[i], part_of(state_, type, 1), count >= k_scope_from)) {
      return nullptr;
    }
  }
  napi_value nothing = null_value(state_);
  napi_value ignored = nullptr;
  if (napi_call_function(env_, nothing, fill, 1, &items, &ignored) != napi_ok) return nullptr;
  return out;
}

napi_value Decoder::structure(samara_slot slot, Info* type) {
  napi_value out = nullptr;
  napi_create_object(env_, &out);
  for (uint32_t i = 0; i < type->count; i++) {
    napi_value item = value(samara_slot_field(slot, i), part_of(state_, type, i));
    if (item == nullptr) return nullptr;
    if (type->names[i] == "__proto__") {  // to be set, it must be defined
      napi_property_descriptor field{};
      field.name = type->keys[i];
      field.value = item;
      field.attributes = napi_default_jsproperty;
      napi_define_properties(env_, out, 1, &field);
    } else {
      napi_set_property(env_, out, type->keys[i], item);
    }
  }
  return out;
}

napi_value Decoder::variant(samara_slot slot, Info* type) {
  const uint32_t index = samara_slot_case(slot);
  if (type->option && index == 0) return null_value(state_);
  napi_value payload = value(samara_slot_payload(slot), part_of(state_, type, index));
  if (payload == nullptr) return nullptr;
  if (type->option) {
    return type->option_plain ? payload : class_instance(Given::some, payload);
  }
  napi_value out = nullptr;
  napi_create_object(env_, &out);
  napi_set_named_property(env_, out, "type", type->keys[index]);
  napi_set_named_property(env_, out, "value", payload);
  return out;
}

napi_value Decoder::ref(samara_slot slot, Info* type) {
  if (napi_value found = seen(slot)) return found;
  napi_value out = class_instance(Given::ref, null_value(state_));
  if (out == nullptr) return nullptr;
  meet(slot, out);
  napi_value content = value(samara_slot_content(slot), part_of(state_, type, 0));
  if (content == nullptr) return nullptr;
  napi_set_named_property(env_, out, "value", content);
  return out;
}

napi_value Decoder::packed(samara_slot slot, Info* type) {
  samara_packed found = samara_slot_packed(type->type, slot);
  NumberBlock block;
  block.owner = tree_;
  block.data = const_cast<uint8_t*>(found.data);
  block.element = part_of(state_, type, 0)->kind;
  block.matrix = type->kind == SAMARA_KIND_MATRIX;
  block.rows = found.rows;
  block.columns = found.columns;
  return numbers(state_, block);
}

napi_value Decoder::value(samara_slot slot, Info* type) {
  napi_value out = nullptr;
  switch (type->kind) {
    case SAMARA_KIND_NULL:
      return null_value(state_);
    case SAMARA_KIND_BOOLEAN:
      return bool_value(state_, slot != 0);
    case SAMARA_KIND_INTEGER:
      napi_create_bigint_int64(env_, static_cast<int64_t>(slot), &out);
      return out;
    case SAMARA_KIND_FLOAT: {
      double number = 0;
      std::memcpy(&number, &slot, 8);
      return number_value(state_, number);
    }
    case SAMARA_KIND_STRING: {
      samara_view view = samara_slot_bytes(slot);
      napi_create_string_utf8(env_, reinterpret_cast<const char*>(view.data), view.size, &out);
      if (out == nullptr && !exception_pending(state_)) {
        mismatch(state_, "a String is longer than the strings of JavaScript can be");
      }
      return out;
    }
    case SAMARA_KIND_BLOB: {
      samara_view view = samara_slot_bytes(slot);
      napi_value buffer = nullptr;
      void* memory = nullptr;
      if (napi_create_arraybuffer(env_, view.size, &memory, &buffer) != napi_ok) return nullptr;
      if (view.size > 0) std::memcpy(memory, view.data, view.size);
      napi_create_typedarray(env_, napi_uint8_array, view.size, buffer, 0, &out);
      return out;
    }
    case SAMARA_KIND_DATETIME:
      napi_create_date(env_, static_cast<double>(static_cast<int64_t>(slot)), &out);
      return out;
    default:
      return inner(slot, type);
  }
}

napi_value Decoder::inner(samara_slot slot, Info* type) {
  if (!stack_.room(depth_)) {
    mismatch(state_, "the value is nested deeper than the stack of this thread allows");
    return nullptr;
  }
  depth_++;
  napi_value out = nullptr;
  switch (type->kind) {
    case SAMARA_KIND_ARRAY:
      out = array(slot, type);
      break;
    case SAMARA_KIND_SET:
    case SAMARA_KIND_DICT:
      out = sorted(slot, type);
      break;
    case SAMARA_KIND_STRUCT:
      out = structure(slot, type);
      break;
    case SAMARA_KIND_VARIANT:
      out = variant(slot, type);
      break;
    case SAMARA_KIND_REF:
      out = ref(slot, type);
      break;
    case SAMARA_KIND_VECTOR:
    case SAMARA_KIND_MATRIX:
      out = packed(slot, type);
      break;
    default:
      mismatch(state_, "values of type " + type_words(type) + " have no form in JavaScript");
  }
  depth_--;
  return out;
}

/// encode(value, type id) → Uint8Array
napi_value encode_value(Call& call) {
  Info* type = info_argument(call, 1);
  LibraryBytes bytes;
  if (type == nullptr || !encode_bytes(call.state, call[0], type, bytes)) return nullptr;
  napi_value buffer = nullptr;
  napi_value out = nullptr;
  void* memory = nullptr;
  napi_create_arraybuffer(call.state.env, bytes.raw.size, &memory, &buffer);
  if (bytes.raw.size > 0) std::memcpy(memory, bytes.raw.data, bytes.raw.size);
  napi_create_typedarray(call.state.env, napi_uint8_array, bytes.raw.size, buffer, 0, &out);
  return out;
}

/// decode(bytes) → value
napi_value decode_value(Call& call) {
  samara_view bytes{};
  if (!read_bytes(call.state, call[0], bytes)) {
    mismatch(call.state, "expected the bytes of a value");
    return nullptr;
  }
  return decode_bytes(call.state, bytes, nullptr);
}

/// typeOfBytes(bytes) → type id
napi_value type_of_bytes(Call& call) {
  samara_view bytes{};
  samara_tree* read = nullptr;
  if (!read_bytes(call.state, call[0], bytes)) return nullptr;
  const int32_t code = samara_tree_read(call.state.values, SAMARA_BEAST2, bytes, nullptr, &read);
  if (code != SAMARA_OK) return values_error(call.state, code);
  Info* type = info_of(call.state, samara_tree_type(read));
  samara_tree_free(read);
  return number_value(call.state, type->id);
}

// A private mapping may be written to without the file taking notice: the pages that are touched
// become the process's own. JavaScript knows no arrays that are read-only.
bool make_writable(const uint8_t* data, size_t size) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const uintptr_t from = reinterpret_cast<uintptr_t>(data) / page * page;
  const uintptr_t to = reinterpret_cast<uintptr_t>(data) + size;
  return mprotect(reinterpret_cast<void*>(from), to - from, PROT_READ | PROT_WRITE) == 0;
}

}  // namespace

napi_value decode_bytes(State& state, samara_view bytes, Info* expected) {
  samara_tree* read = nullptr;
  const int32_t code = samara_tree_read(state.values, SAMARA_BEAST2, bytes,
                                        expected == nullptr ? nullptr : expected->type, &read);
  if (code != SAMARA_OK) return values_error(state, code);
  std::shared_ptr<samara_tree> tree(
      read, [holder = state.holder](samara_tree* old) { samara_tree_free(old); });
  Info* type = info_of(state, samara_tree_type(read));
  Keys keys(state, type);
  Decoder decoder(state, std::move(tree), type->identity);
  return decoder.value(samara_tree_root(read), type);
}

napi_value decode_mapped(State& state, const std::shared_ptr<samara_mapped>& mapped,
                         Info* expected) {
  samara_view bytes = samara_mapped_bytes(mapped.get());
  const samara_type* type = nullptr;
  samara_packed found{};
  if (samara_packed_find(state.values, bytes, &type, &found) != SAMARA_OK) {
    return decode_bytes(state, bytes, expected);
  }
  NumberBlock block;
  block.data = const_cast<uint8_t*>(found.data);
  block.element = samara_type_kind(samara_type_part(type, 0));
  block.matrix = samara_type_kind(type) == SAMARA_KIND_MATRIX;
  block.rows = found.rows;
  block.columns = found.columns;
  block.writable = may_lie_there(block) && bytes_of(block) >= k_kept_bytes_min &&
                   make_writable(block.data, bytes_of(block));
  if (block.writable) block.owner = mapped;
  return numbers(state, block);
}

void add_values(napi_env env, napi_value exports) {
  static constexpr Entry k_entries[] = {
      {"encode", encode_value}, {"decode", decode_value}, {"typeOfBytes", type_of_bytes}};
  add_functions(env, exports, k_entries, std::size(k_entries));
}

}  // namespace samara::node
