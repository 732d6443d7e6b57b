#pragma once
// What the files of the extension module share. Everything here is called with the interpreter's
// lock held, which also makes the one samara_values of the module belong to one thread at a time.

#define PY_SSIZE_T_CLEAN
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030b0000  // 3.11, the first with the buffer protocol in it
#endif
#include <Python.h>
#include <samara/samara.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace samara::python {

/// An owned reference.
class Ref {
 public:
  Ref() = default;
  explicit Ref(PyObject* owned) : object_(owned) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { Py_XDECREF(object_); }
  static Ref borrowed(PyObject* object) {
    Py_XINCREF(object);
    return Ref(object);
  }
  explicit operator bool() const { return object_ != nullptr; }
  PyObject* get() const { return object_; }
  PyObject* release() { return std::exchange(object_, nullptr); }

 private:
  PyObject* object_ = nullptr;
};

/// Bytes of the library.
struct LibraryBytes {
  samara_bytes raw{};
  LibraryBytes() = default;
  LibraryBytes(const LibraryBytes&) = delete;
  LibraryBytes& operator=(const LibraryBytes&) = delete;
  ~LibraryBytes() { samara_bytes_free(&raw); }
  samara_view view() const { return {raw.data, raw.size}; }
  std::string_view text() const {
    return raw.data == nullptr
               ? std::string_view{}
               : std::string_view(reinterpret_cast<const char*>(raw.data), raw.size);
  }
};

/// A buffer that is lent until the end of the scope.
struct LentBuffer {
  Py_buffer view{};
  bool held = false;
  LentBuffer() = default;
  LentBuffer(const LentBuffer&) = delete;
  LentBuffer& operator=(const LentBuffer&) = delete;
  ~LentBuffer() { release(); }
  bool take(PyObject* object, int flags) {
    held = PyObject_GetBuffer(object, &view, flags) == 0;
    return held;
  }
  void release() {
    if (held) PyBuffer_Release(&view);
    held = false;
  }
};

/// One East type; equal types are the same object, which lives as long as the process.
struct TypeObject {
  PyObject_HEAD const samara_type* type;
  int32_t kind;
  uint32_t count;
  std::vector<TypeObject*>* parts;  // made when first asked for: types may be recursive
  PyObject* names;                  // tuple of str: fields or cases
  PyObject* fields;                 // dict name -> index; attributes of a struct
  PyObject* text;                   // str
  bool option;                      // Variant {none: Null, some}
  bool option_is_plain;             // … and `some` never looks like None in Python
};

/// A struct value; the Python class Struct adds the methods.
struct RecordObject {
  PyObject_HEAD TypeObject* type;
  PyObject* values;  // tuple
};

// The Python classes that values become, and helpers; given by the package when it is loaded.
struct Classes {
  PyObject* structure = nullptr;
  PyObject* variant = nullptr;
  PyObject* some = nullptr;
  PyObject* ref = nullptr;
  PyObject* instant = nullptr;
  PyObject* key_list = nullptr;
  PyObject* id = nullptr;
  PyObject* errors = nullptr;  // dict: code -> class
  PyObject* error = nullptr;
  PyObject* mismatch = nullptr;
  PyObject* epoch = nullptr;
  PyObject* millisecond = nullptr;
  PyObject* timedelta = nullptr;
  PyObject* datetime = nullptr;
  unsigned long main_thread = 0;
};
extern Classes classes;
extern samara_values* values;

// --- errors
/// Sets the exception of a code; returns null.
PyObject* raise(int32_t code, const char* message);
PyObject* raise_values_error(int32_t code);

// --- types
extern PyTypeObject* type_type;
extern PyTypeObject* record_type;
extern PyTypeObject* buffer_type;
bool add_types(PyObject* module);
/// Borrowed.
TypeObject* type_object(const samara_type* type);
TypeObject* part_of(TypeObject* type, uint32_t index);
/// Text of a type for messages: its name, or the whole where it is short.
std::string type_words(TypeObject* type);
/// From a Type or East text. Borrowed; null with an exception.
TypeObject* type_argument(PyObject* object);

// --- values
/// How numbers side by side appear.
enum class Arrays : int { numpy = 0, memoryview = 1, list = 2 };

/// The value in a new tree. False with an exception.
struct Encoded {
  samara_tree* tree = nullptr;
  samara_slot slot = 0;
  Encoded() = default;
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;
  ~Encoded() { samara_tree_free(tree); }
};
bool encode(PyObject* object, TypeObject* type, Encoded& out);
/// As beast2.
bool encode_bytes(PyObject* object, TypeObject* type, LibraryBytes& out);
/// Numbers in a buffer that a value of the type can take as they are: keeps the buffer in `lent`.
/// False without an exception where that is not so.
bool packed_argument(PyObject* object, TypeObject* type, LentBuffer& lent, samara_packed& out);

/// A value out of beast2. Null with an exception.
PyObject* decode_bytes(samara_view bytes, TypeObject* expected, Arrays arrays);
/// Of an object that is mapped, without a copy where it is all numbers.
PyObject* decode_mapped(const std::shared_ptr<samara_mapped>& mapped, Arrays arrays);

// --- repositories
bool add_handle_type(PyObject* module);

// --- workers
bool add_worker_types(PyObject* module);

}  // namespace samara::python
