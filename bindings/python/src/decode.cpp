// East values to Python values.

#include <cstring>
#include <unordered_map>

#include "bindings/common/stack_guard.hpp"
#include "buffer.hpp"
#include "common.hpp"

namespace samara::python {
namespace {

class Decoder {
 public:
  Decoder(std::shared_ptr<samara_tree> tree, Arrays arrays)
      : tree_(std::move(tree)), arrays_(arrays) {}
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  PyObject* value(samara_slot slot, TypeObject* type);

 private:
  PyObject* instant(int64_t ms);
  PyObject* text(samara_slot slot);
  [[gnu::noinline]] PyObject* array(samara_slot slot, TypeObject* type);
  [[gnu::noinline]] PyObject* set(samara_slot slot, TypeObject* type);
  [[gnu::noinline]] PyObject* dict(samara_slot slot, TypeObject* type);
  PyObject* keys_of(samara_slot slot, TypeObject* type, std::vector<samara_slot>& values);
  [[gnu::noinline]] PyObject* structure(samara_slot slot, TypeObject* type);
  [[gnu::noinline]] PyObject* variant(samara_slot slot, TypeObject* type);
  [[gnu::noinline]] PyObject* ref(samara_slot slot, TypeObject* type);
  [[gnu::noinline]] PyObject* packed(samara_slot slot, TypeObject* type);
  PyObject* inner(samara_slot slot, TypeObject* type);

  PyObject* meet(samara_slot slot, PyObject* object) {
    if (object != nullptr) met_.emplace(slot, object);
    return object;
  }

  std::shared_ptr<samara_tree> tree_;
  Arrays arrays_;
  std::unordered_map<samara_slot, PyObject*> met_;  // borrowed: they are parts of the result
  bindings::StackGuard stack_;
  int depth_ = 0;
};

PyObject* numpy_function(const char* name) {
  static PyObject* module = nullptr;
  if (module == nullptr) module = PyImport_ImportModule("numpy");
  return module == nullptr ? nullptr : PyObject_GetAttrString(module, name);
}

PyObject* list_of(const NumberBlock& block, uint64_t row) {
  Ref out(PyList_New(static_cast<Py_ssize_t>(block.columns)));
  if (!out) return nullptr;
  const size_t size = block.element == SAMARA_KIND_BOOLEAN ? 1 : 8;
  for (uint64_t i = 0; i < block.columns; i++) {
    const uint8_t* at = block.data + (row * block.columns + i) * size;
    PyObject* item = nullptr;
    if (block.element == SAMARA_KIND_BOOLEAN) {
      item = PyBool_FromLong(*at);
    } else if (block.element == SAMARA_KIND_FLOAT) {
      double number = 0;
      std::memcpy(&number, at, 8);
      item = PyFloat_FromDouble(number);
    } else {
      int64_t number = 0;
      std::memcpy(&number, at, 8);
      item = PyLong_FromLongLong(number);
    }
    if (item == nullptr) return nullptr;
    PyList_SetItem(out.get(), static_cast<Py_ssize_t>(i), item);
  }
  return out.release();
}

// Numbers in the form the user wants: they stay where they are, except for lists.
PyObject* numbers(const NumberBlock& block, Arrays arrays) {
  if (arrays == Arrays::list) {
    if (!block.matrix) return list_of(block, 0);
    Ref rows(PyList_New(0));
    for (uint64_t i = 0; rows && i < block.rows; i++) {
      Ref row(list_of(block, i));
      if (!row || PyList_Append(rows.get(), row.get()) != 0) return nullptr;
    }
    return rows.release();
  }
  Ref buffer(new_buffer(block));
  if (!buffer) return nullptr;
  if (arrays == Arrays::memoryview) return PyMemoryView_FromObject(buffer.get());
  static PyObject* as_array = nullptr;
  if (as_array == nullptr) as_array = numpy_function("asarray");
  if (as_array == nullptr) return nullptr;
  return PyObject_CallFunctionObjArgs(as_array, buffer.get(), nullptr);
}

// A few numbers must not keep the memory of the whole value.
constexpr size_t k_kept_bytes_min = 16 * 1024;

void detach(NumberBlock& block) {
  static uint8_t nothing[8];
  if (block.data == nullptr) block.data = nothing;
  const size_t size = block.element == SAMARA_KIND_BOOLEAN ? 1 : 8;
  const size_t bytes = static_cast<size_t>(block.rows * block.columns) * size;
  if (bytes >= k_kept_bytes_min) return;
  auto copy = std::make_shared<std::vector<uint64_t>>(bytes / 8 + 1);
  std::memcpy(copy->data(), block.data, bytes);
  block.data = reinterpret_cast<uint8_t*>(copy->data());
  block.owner = std::move(copy);
}

PyObject* Decoder::text(samara_slot slot) {
  samara_view view = samara_slot_bytes(slot);
  return PyUnicode_DecodeUTF8(reinterpret_cast<const char*>(view.data),
                              static_cast<Py_ssize_t>(view.size), "strict");
}

PyObject* Decoder::instant(int64_t ms) {
  Ref delta(PyObject_CallFunction(classes.timedelta, "iiiL", 0, 0, 0, static_cast<long long>(ms)));
  Ref out;
  if (delta) out = Ref(PyNumber_Add(classes.epoch, delta.get()));
  if (out || !PyErr_ExceptionMatches(PyExc_OverflowError)) return out.release();
  PyErr_Clear();  // before the year 1 or after 9999
  return PyObject_CallFunction(classes.instant, "L", static_cast<long long>(ms));
}

PyObject* Decoder::array(samara_slot slot, TypeObject* type) {
  if (auto found = met_.find(slot); found != met_.end()) return Py_NewRef(found->second);
  TypeObject* element = part_of(type, 0);
  if (element == nullptr) return nullptr;
  const size_t count = samara_slot_count(type->type, slot);
  const samara_slot* elements = samara_slot_elements(slot);
  if (element->kind == SAMARA_KIND_FLOAT || element->kind == SAMARA_KIND_INTEGER) {
    NumberBlock block;
    block.owner = tree_;
    block.data = reinterpret_cast<uint8_t*>(const_cast<samara_slot*>(elements));
    block.element = element->kind;
    block.columns = count;
    detach(block);
    return meet(slot, numbers(block, arrays_));
  }
  Ref out(PyList_New(static_cast<Py_ssize_t>(count)));
  if (!out) return nullptr;
  meet(slot, out.get());
  for (size_t i = 0; i < count; i++) {
    PyObject* item = value(elements[i], element);
    if (item == nullptr) return nullptr;
    PyList_SetItem(out.get(), static_cast<Py_ssize_t>(i), item);
  }
  return out.release();
}

PyObject* Decoder::keys_of(samara_slot slot, TypeObject* type, std::vector<samara_slot>& found) {
  const size_t count = samara_slot_count(type->type, slot);
  std::vector<samara_slot> keys(count);
  found.resize(count);
  samara_slot_entries(slot, keys.data(), found.data());
  Ref out(PyList_New(static_cast<Py_ssize_t>(count)));
  TypeObject* key_type = part_of(type, 0);
  if (!out || key_type == nullptr) return nullptr;
  for (size_t i = 0; i < count; i++) {
    PyObject* key = value(keys[i], key_type);
    if (key == nullptr) return nullptr;
    PyList_SetItem(out.get(), static_cast<Py_ssize_t>(i), key);
  }
  return out.release();
}

// Two keys of East can be one of Python: -0.0 and 0.0. Nothing is dropped then.
PyObject* Decoder::set(samara_slot slot, TypeObject* type) {
  if (auto found = met_.find(slot); found != met_.end()) return Py_NewRef(found->second);
  std::vector<samara_slot> none;
  Ref keys(keys_of(slot, type, none));
  if (!keys) return nullptr;
  Ref out(PySet_New(keys.get()));
  if (!out) return nullptr;
  if (PySet_Size(out.get()) != PyList_Size(keys.get())) {
    out = Ref(PyObject_CallFunctionObjArgs(classes.key_list, keys.get(), nullptr));
  }
  return meet(slot, out.release());
}

PyObject* Decoder::dict(samara_slot slot, TypeObject* type) {
  if (auto found = met_.find(slot); found != met_.end()) return Py_NewRef(found->second);
  std::vector<samara_slot> found;
  Ref keys(keys_of(slot, type, found));
  if (!keys) return nullptr;
  Ref unique(PySet_New(keys.get()));
  if (!unique) return nullptr;
  const bool plain = PySet_Size(unique.get()) == PyList_Size(keys.get());
  Ref out(plain ? PyDict_New() : PyObject_CallFunctionObjArgs(classes.key_list, nullptr));
  if (!out) return nullptr;
  meet(slot, out.get());
  TypeObject* value_type = part_of(type, 1);
  for (size_t i = 0; i < found.size(); i++) {
    Ref item(value(found[i], value_type));
    if (!item) return nullptr;
    PyObject* key = PyList_GetItem(keys.get(), static_cast<Py_ssize_t>(i));
    if (plain) {
      if (PyDict_SetItem(out.get(), key, item.get()) != 0) return nullptr;
    } else {
      Ref pair(Py_BuildValue("(OO)", key, item.get()));
      if (!pair || PyList_Append(out.get(), pair.get()) != 0) return nullptr;
    }
  }
  return out.release();
}

PyObject* Decoder::structure(samara_slot slot, TypeObject* type) {
  Ref fields(PyTuple_New(type->count));
  if (!fields) return nullptr;
  for (uint32_t i = 0; i < type->count; i++) {
    TypeObject* part = part_of(type, i);
    PyObject* item = part == nullptr ? nullptr : value(samara_slot_field(slot, i), part);
    if (item == nullptr) return nullptr;
    PyTuple_SetItem(fields.get(), i, item);
  }
  PyObject* self = PyType_GenericAlloc(reinterpret_cast<PyTypeObject*>(classes.structure), 0);
  if (self == nullptr) return nullptr;
  reinterpret_cast<RecordObject*>(self)->type = type;
  reinterpret_cast<RecordObject*>(self)->values = fields.release();
  return self;
}

PyObject* Decoder::variant(samara_slot slot, TypeObject* type) {
  const uint32_t index = samara_slot_case(slot);
  if (type->option && index == 0) return Py_NewRef(Py_None);
  TypeObject* part = part_of(type, index);
  if (part == nullptr) return nullptr;
  Ref payload(value(samara_slot_payload(slot), part));
  if (!payload) return nullptr;
  if (type->option) {
    if (type->option_is_plain) return payload.release();
    return PyObject_CallFunctionObjArgs(classes.some, payload.get(), nullptr);
  }
  return PyObject_CallFunctionObjArgs(classes.variant, PyTuple_GetItem(type->names, index),
                                      payload.get(), nullptr);
}

PyObject* Decoder::ref(samara_slot slot, TypeObject* type) {
  if (auto found = met_.find(slot); found != met_.end()) return Py_NewRef(found->second);
  Ref out(PyObject_CallFunctionObjArgs(classes.ref, Py_None, nullptr));
  if (!out) return nullptr;
  meet(slot, out.get());
  Ref content(value(samara_slot_content(slot), part_of(type, 0)));
  if (!content || PyObject_SetAttrString(out.get(), "value", content.get()) != 0) return nullptr;
  return out.release();
}

PyObject* Decoder::packed(samara_slot slot, TypeObject* type) {
  samara_packed found = samara_slot_packed(type->type, slot);
  NumberBlock block;
  block.owner = tree_;
  block.data = const_cast<uint8_t*>(found.data);
  block.element = part_of(type, 0)->kind;
  block.matrix = type->kind == SAMARA_KIND_MATRIX;
  block.rows = found.rows;
  block.columns = found.columns;
  detach(block);
  return numbers(block, arrays_);
}

PyObject* Decoder::value(samara_slot slot, TypeObject* type) {
  switch (type->kind) {
    case SAMARA_KIND_NULL:
      return Py_NewRef(Py_None);
    case SAMARA_KIND_BOOLEAN:
      return PyBool_FromLong(slot != 0 ? 1 : 0);
    case SAMARA_KIND_INTEGER:
      return PyLong_FromLongLong(static_cast<long long>(slot));
    case SAMARA_KIND_FLOAT: {
      double number = 0;
      std::memcpy(&number, &slot, 8);
      return PyFloat_FromDouble(number);
    }
    case SAMARA_KIND_STRING:
      return text(slot);
    case SAMARA_KIND_BLOB: {
      samara_view view = samara_slot_bytes(slot);
      return PyBytes_FromStringAndSize(reinterpret_cast<const char*>(view.data),
                                       static_cast<Py_ssize_t>(view.size));
    }
    case SAMARA_KIND_DATETIME:
      return instant(static_cast<int64_t>(slot));
    default:
      return inner(slot, type);
  }
}

PyObject* Decoder::inner(samara_slot slot, TypeObject* type) {
  if (!stack_.room(depth_)) {
    PyErr_SetString(classes.mismatch,
                    "the value is nested deeper than the stack of this thread allows");
    return nullptr;
  }
  depth_++;
  PyObject* out = nullptr;
  switch (type->kind) {
    case SAMARA_KIND_ARRAY:
      out = array(slot, type);
      break;
    case SAMARA_KIND_SET:
      out = set(slot, type);
      break;
    case SAMARA_KIND_DICT:
      out = dict(slot, type);
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
      PyErr_Format(classes.mismatch, "values of type %s have no form in Python",
                   type_words(type).c_str());
  }
  depth_--;
  return out;
}

}  // namespace

PyObject* decode_bytes(samara_view bytes, TypeObject* expected, Arrays arrays) {
  samara_tree* read = nullptr;
  const int32_t code = samara_tree_read(values, SAMARA_BEAST2, bytes,
                                        expected == nullptr ? nullptr : expected->type, &read);
  if (code != SAMARA_OK) return raise_values_error(code);
  std::shared_ptr<samara_tree> tree(read, samara_tree_free);
  TypeObject* type = type_object(samara_tree_type(read));
  if (type == nullptr) return nullptr;
  Decoder decoder(std::move(tree), arrays);
  return decoder.value(samara_tree_root(read), type);
}

PyObject* decode_mapped(const std::shared_ptr<samara_mapped>& mapped, Arrays arrays) {
  samara_view bytes = samara_mapped_bytes(mapped.get());
  const samara_type* type = nullptr;
  samara_packed found{};
  if (samara_packed_find(values, bytes, &type, &found) != SAMARA_OK) {
    return decode_bytes(bytes, nullptr, arrays);
  }
  NumberBlock block;
  block.owner = mapped;
  block.data = const_cast<uint8_t*>(found.data);
  block.readonly = true;
  block.element = samara_type_kind(samara_type_part(type, 0));
  block.matrix = samara_type_kind(type) == SAMARA_KIND_MATRIX;
  block.rows = found.rows;
  block.columns = found.columns;
  return numbers(block, arrays);
}

}  // namespace samara::python
