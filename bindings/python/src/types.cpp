// Types, structs and number buffers as Python objects.

#include "buffer.hpp"
#include "common.hpp"
// Needs Python.h, which common.hpp sets up.
#include <structmember.h>

#include <cstring>
#include <unordered_map>

namespace samara::python {

PyTypeObject* type_type = nullptr;
PyTypeObject* record_type = nullptr;
PyTypeObject* buffer_type = nullptr;

namespace {

std::unordered_map<const samara_type*, TypeObject*>& known_types() {
  static auto* known =
      std::make_unique<std::unordered_map<const samara_type*, TypeObject*>>().release();
  return *known;
}

// Attributes which mean the same for every struct; fields of these names are reached as items.
bool reserved(std::string_view name) {
  return name == "keys" || name == "values" || name == "items" || name == "get" ||
         name == "replace" || name.starts_with("_");
}

bool may_be_none(TypeObject* type) {
  return type->kind == SAMARA_KIND_NULL || type->option || type->kind == SAMARA_KIND_NEVER;
}

bool fill_names(TypeObject* type) {
  const bool named = type->kind == SAMARA_KIND_STRUCT || type->kind == SAMARA_KIND_VARIANT;
  type->names = PyTuple_New(named ? type->count : 0);
  type->fields = PyDict_New();
  if (type->names == nullptr || type->fields == nullptr) return false;
  for (uint32_t i = 0; named && i < type->count; i++) {
    samara_view text = samara_type_name(type->type, i);
    const auto* bytes = reinterpret_cast<const char*>(text.data);
    PyObject* name = PyUnicode_DecodeUTF8(bytes, static_cast<Py_ssize_t>(text.size), "strict");
    if (name == nullptr) return false;
    PyUnicode_InternInPlace(&name);
    PyTuple_SetItem(type->names, i, name);
    if (reserved({bytes, text.size})) continue;
    Ref index(PyLong_FromUnsignedLong(i));
    if (!index || PyDict_SetItem(type->fields, name, index.get()) != 0) return false;
  }
  return true;
}

bool name_is(const samara_type* type, uint32_t index, std::string_view wanted) {
  samara_view name = samara_type_name(type, index);
  return std::string_view(reinterpret_cast<const char*>(name.data), name.size) == wanted;
}

bool is_option(const samara_type* type, int32_t kind, uint32_t count) {
  return kind == SAMARA_KIND_VARIANT && count == 2 && name_is(type, 0, "none") &&
         name_is(type, 1, "some") &&
         samara_type_kind(samara_type_part(type, 0)) == SAMARA_KIND_NULL;
}

// --- Type

PyObject* type_repr(PyObject* self) {
  return PyUnicode_FromFormat("samara.Type(%R)", reinterpret_cast<TypeObject*>(self)->text);
}
PyObject* type_str(PyObject* self) { return Py_NewRef(reinterpret_cast<TypeObject*>(self)->text); }
PyObject* type_parts(PyObject* self, void*) {
  auto* type = reinterpret_cast<TypeObject*>(self);
  Ref out(PyTuple_New(type->count));
  if (!out) return nullptr;
  for (uint32_t i = 0; i < type->count; i++) {
    TypeObject* part = part_of(type, i);
    if (part == nullptr) return nullptr;
    PyTuple_SetItem(out.get(), i, Py_NewRef(reinterpret_cast<PyObject*>(part)));
  }
  return out.release();
}
PyObject* type_kind(PyObject* self, void*) {
  static const char* const k_names[] = {
      "Array",    "AsyncFunction", "Blob",   "Boolean", "DateTime", "Dict",      "Float",
      "Function", "Integer",       "Matrix", "Never",   "Null",     "Recursive", "Ref",
      "Set",      "String",        "Struct", "Variant", "Vector"};
  return PyUnicode_FromString(k_names[reinterpret_cast<TypeObject*>(self)->kind]);
}
PyObject* type_reduce(PyObject* self, PyObject*) {
  Ref module(PyImport_ImportModule("samara._samara"));
  if (!module) return nullptr;
  Ref parse(PyObject_GetAttrString(module.get(), "parse_type"));
  if (!parse) return nullptr;
  return Py_BuildValue("O(O)", parse.get(), reinterpret_cast<TypeObject*>(self)->text);
}

PyMemberDef type_members[] = {
    {"names", T_OBJECT, offsetof(TypeObject, names), READONLY, "names of fields or cases"},
    {"text", T_OBJECT, offsetof(TypeObject, text), READONLY, "East text"},
    {nullptr, 0, 0, 0, nullptr}};
PyGetSetDef type_getters[] = {
    {"parts", type_parts, nullptr, "types of elements, fields, cases, inputs and output", nullptr},
    {"kind", type_kind, nullptr, "name of the constructor", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};
PyMethodDef type_methods[] = {{"__reduce__", type_reduce, METH_NOARGS, nullptr},
                              {nullptr, nullptr, 0, nullptr}};
PyType_Slot type_slots[] = {{Py_tp_repr, reinterpret_cast<void*>(type_repr)},
                            {Py_tp_str, reinterpret_cast<void*>(type_str)},
                            {Py_tp_members, type_members},
                            {Py_tp_getset, type_getters},
                            {Py_tp_methods, type_methods},
                            {0, nullptr}};
PyType_Spec type_spec = {"samara._samara.Type", sizeof(TypeObject), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, type_slots};

// --- Record

int record_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(reinterpret_cast<RecordObject*>(self)->values);
  return 0;
}
int record_clear(PyObject* self) {
  Py_CLEAR(reinterpret_cast<RecordObject*>(self)->values);
  return 0;
}
void record_dealloc(PyObject* self) {
  PyTypeObject* cls = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  record_clear(self);
  auto free_self = reinterpret_cast<freefunc>(PyType_GetSlot(cls, Py_tp_free));
  free_self(self);
  Py_DECREF(cls);
}
PyObject* record_getattr(PyObject* self, PyObject* name) {
  auto* record = reinterpret_cast<RecordObject*>(self);
  PyObject* index = PyDict_GetItemWithError(record->type->fields, name);
  if (index != nullptr && record->values != nullptr) {
    return Py_XNewRef(PyTuple_GetItem(record->values, PyLong_AsSsize_t(index)));
  }
  if (PyErr_Occurred()) return nullptr;
  return PyObject_GenericGetAttr(self, name);
}
PyObject* record_new(PyTypeObject* cls, PyObject* args, PyObject*) {
  PyObject* type = nullptr;
  PyObject* given = nullptr;
  if (!PyArg_ParseTuple(args, "O!O!", type_type, &type, &PyTuple_Type, &given)) return nullptr;
  auto* of = reinterpret_cast<TypeObject*>(type);
  if (of->kind != SAMARA_KIND_STRUCT || PyTuple_Size(given) != of->count) {
    PyErr_SetString(PyExc_TypeError, "a struct needs a Struct type and one value for each field");
    return nullptr;
  }
  PyObject* self = PyType_GenericAlloc(cls, 0);
  if (self == nullptr) return nullptr;
  reinterpret_cast<RecordObject*>(self)->type = of;
  reinterpret_cast<RecordObject*>(self)->values = Py_NewRef(given);
  return self;
}

PyMemberDef record_members[] = {
    {"_type", T_OBJECT, offsetof(RecordObject, type), READONLY, nullptr},
    {"_values", T_OBJECT, offsetof(RecordObject, values), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr}};
PyType_Slot record_slots[] = {{Py_tp_new, reinterpret_cast<void*>(record_new)},
                              {Py_tp_dealloc, reinterpret_cast<void*>(record_dealloc)},
                              {Py_tp_traverse, reinterpret_cast<void*>(record_traverse)},
                              {Py_tp_clear, reinterpret_cast<void*>(record_clear)},
                              {Py_tp_getattro, reinterpret_cast<void*>(record_getattr)},
                              {Py_tp_members, record_members},
                              {0, nullptr}};
PyType_Spec record_spec = {"samara._samara.Record", sizeof(RecordObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
                           record_slots};

// --- Buffer

void buffer_dealloc(PyObject* self) {
  auto* buffer = reinterpret_cast<BufferObject*>(self);
  PyTypeObject* cls = Py_TYPE(self);
  delete buffer->owner;
  auto free_self = reinterpret_cast<freefunc>(PyType_GetSlot(cls, Py_tp_free));
  free_self(self);
  Py_DECREF(cls);
}
int buffer_get(PyObject* self, Py_buffer* view, int flags) {
  auto* buffer = reinterpret_cast<BufferObject*>(self);
  if (buffer->readonly && (flags & PyBUF_WRITABLE) == PyBUF_WRITABLE) {
    PyErr_SetString(PyExc_BufferError, "the numbers of a stored value cannot be changed");
    return -1;
  }
  view->buf = buffer->data;
  view->obj = Py_NewRef(self);
  view->len = buffer->shape[0] * buffer->strides[0];
  if (buffer->dimensions == 2 && buffer->shape[0] == 0) view->len = 0;
  view->readonly = buffer->readonly ? 1 : 0;
  view->itemsize = buffer->item_bytes;
  view->format = (flags & PyBUF_FORMAT) != 0 ? buffer->format : nullptr;
  view->ndim = buffer->dimensions;
  view->shape = (flags & PyBUF_ND) != 0 ? buffer->shape : nullptr;
  view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? buffer->strides : nullptr;
  view->suboffsets = nullptr;
  view->internal = nullptr;
  return 0;
}
PyType_Slot buffer_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(buffer_dealloc)},
                              {Py_bf_getbuffer, reinterpret_cast<void*>(buffer_get)},
                              {0, nullptr}};
PyType_Spec buffer_spec = {"samara._samara.Buffer", sizeof(BufferObject), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, buffer_slots};

PyTypeObject* add_type(PyObject* module, PyType_Spec& spec, const char* name) {
  PyObject* made = PyType_FromSpec(&spec);
  if (made == nullptr || PyModule_AddObjectRef(module, name, made) != 0) return nullptr;
  return reinterpret_cast<PyTypeObject*>(made);
}

}  // namespace

PyObject* new_buffer(const NumberBlock& block) {
  PyObject* self = PyType_GenericAlloc(buffer_type, 0);
  if (self == nullptr) return nullptr;
  auto* buffer = reinterpret_cast<BufferObject*>(self);
  buffer->owner = new std::shared_ptr<void>(block.owner);
  buffer->data = block.data;
  buffer->readonly = block.readonly;
  buffer->item_bytes = block.element == SAMARA_KIND_BOOLEAN ? 1 : 8;
  std::strcpy(buffer->format, block.element == SAMARA_KIND_BOOLEAN ? "?"
                              : block.element == SAMARA_KIND_FLOAT ? "d"
                                                                   : "q");
  buffer->dimensions = block.matrix ? 2 : 1;
  buffer->shape[0] = static_cast<Py_ssize_t>(block.matrix ? block.rows : block.columns);
  buffer->shape[1] = static_cast<Py_ssize_t>(block.columns);
  buffer->strides[1] = buffer->item_bytes;
  buffer->strides[0] = block.matrix ? buffer->item_bytes * buffer->shape[1] : buffer->item_bytes;
  return self;
}

bool add_types(PyObject* module) {
  type_type = add_type(module, type_spec, "Type");
  record_type = add_type(module, record_spec, "Record");
  buffer_type = add_type(module, buffer_spec, "Buffer");
  return type_type != nullptr && record_type != nullptr && buffer_type != nullptr;
}

TypeObject* type_object(const samara_type* type) {
  auto found = known_types().find(type);
  if (found != known_types().end()) return found->second;
  auto* made = reinterpret_cast<TypeObject*>(PyType_GenericAlloc(type_type, 0));
  if (made == nullptr) return nullptr;
  made->type = type;
  made->kind = samara_type_kind(type);
  made->count = samara_type_count(type);
  made->option = is_option(type, made->kind, made->count);
  LibraryBytes text;
  if (samara_type_text(values, type, &text.raw) != SAMARA_OK || !fill_names(made)) return nullptr;
  made->text =
      PyUnicode_FromStringAndSize(text.text().data(), static_cast<Py_ssize_t>(text.text().size()));
  if (made->text == nullptr) return nullptr;
  known_types().emplace(type, made);
  if (made->option) {
    TypeObject* some = part_of(made, 1);
    if (some == nullptr) return nullptr;
    made->option_is_plain = !may_be_none(some);
  }
  return made;
}

TypeObject* part_of(TypeObject* type, uint32_t index) {
  if (type->parts == nullptr) {
    auto parts = std::make_unique<std::vector<TypeObject*>>();
    for (uint32_t i = 0; i < type->count; i++) {
      TypeObject* part = type_object(samara_type_part(type->type, i));
      if (part == nullptr) return nullptr;
      parts->push_back(part);
    }
    type->parts = parts.release();
  }
  return (*type->parts)[index];
}

std::string type_words(TypeObject* type) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(type->text, &size);
  std::string out(text, static_cast<size_t>(size));
  // ".Float" is Float to people; a long one is cut.
  if (out.size() > 1 && out[0] == '.' && out.find(' ') == std::string::npos) out.erase(0, 1);
  if (out.size() > 120) out = out.substr(0, 117) + "...";
  return out;
}

TypeObject* type_argument(PyObject* object) {
  if (Py_TYPE(object) == type_type) return reinterpret_cast<TypeObject*>(object);
  const char* text = PyUnicode_AsUTF8AndSize(object, nullptr);
  if (text == nullptr) return nullptr;
  const samara_type* type = nullptr;
  int32_t code = samara_type_parse(values, text, &type);
  if (code != SAMARA_OK) {
    raise_values_error(code);
    return nullptr;
  }
  return type_object(type);
}

}  // namespace samara::python
