// Python values to East values of a known type.
//
// An error names the place of the bad element: "[3].price: expected Float, got str".

#include <cstring>
#include <unordered_map>

#include "bindings/common/stack_guard.hpp"
#include "common.hpp"

namespace samara::python {
namespace {

// One step of the way to an element; lives on the stack of the conversion.
struct Step {
  const Step* up = nullptr;
  enum class Kind : uint8_t { index, field, key, dict_value, variant_case, content } kind{};
  Py_ssize_t index = 0;
  PyObject* name = nullptr;
};

void append_step(std::string& out, const Step& step) {
  Ref text;
  switch (step.kind) {
    case Step::Kind::index:
      out += "[" + std::to_string(step.index) + "]";
      return;
    case Step::Kind::content:
      out += ".value";
      return;
    case Step::Kind::field:
    case Step::Kind::variant_case:
      text = Ref(PyObject_Str(step.name));
      out += ".";
      break;
    case Step::Kind::key:
    case Step::Kind::dict_value:
      text = Ref(PyObject_Repr(step.name));
      out += "[";
      break;
  }
  Py_ssize_t size = 0;
  const char* words = text ? PyUnicode_AsUTF8AndSize(text.get(), &size) : nullptr;
  if (words == nullptr) {
    PyErr_Clear();
    words = "?";
    size = 1;
  }
  out.append(words, static_cast<size_t>(size < 60 ? size : 60));
  if (step.kind == Step::Kind::key) out += " (key)";
  if (step.kind == Step::Kind::key || step.kind == Step::Kind::dict_value) out += "]";
}

std::string path_text(const Step* step) {
  std::vector<const Step*> way;
  for (; step != nullptr; step = step->up) way.push_back(step);
  std::string out;
  constexpr size_t k_steps_shown = 12;
  for (size_t i = way.size(); i-- > 0;) {
    if (way.size() > 2 * k_steps_shown && i == way.size() - k_steps_shown) {
      out += "...";
      i = k_steps_shown;
    }
    append_step(out, *way[i]);
  }
  return out.empty() ? out : out + ": ";
}

std::string class_name(PyObject* object) {
  if (object == Py_None) return "None";
  Ref name(PyType_GetName(Py_TYPE(object)));
  const char* text = name ? PyUnicode_AsUTF8AndSize(name.get(), nullptr) : nullptr;
  if (text != nullptr) return text;
  PyErr_Clear();
  return "an object";
}

class Encoder {
 public:
  explicit Encoder(samara_tree* tree) : tree_(tree) {}
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;
  ~Encoder() {
    for (PyObject* object : kept_) Py_DECREF(object);
  }

  bool value(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);

 private:
  bool fail(const Step* at, const std::string& what) {
    PyErr_SetString(classes.mismatch, (path_text(at) + what).c_str());
    return false;
  }
  bool wrong(PyObject* object, TypeObject* type, const Step* at) {
    return fail(at, "expected " + type_words(type) + ", got " + class_name(object));
  }
  bool made(int32_t code, const Step* at) {
    return code == SAMARA_OK || fail(at, samara_values_error(values));
  }
  bool integer(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  bool number(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  bool boolean(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  bool text(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  bool blob(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  bool datetime(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool array(PyObject* object, TypeObject* type, const Step* at,
                               samara_slot& out);
  [[gnu::noinline]] bool sequence(PyObject* object, TypeObject* type, const Step* at,
                                  samara_slot& out);
  [[gnu::noinline]] bool set(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool dict(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool structure(PyObject* object, TypeObject* type, const Step* at,
                                   samara_slot& out);
  bool field_value(PyObject* object, TypeObject* type, uint32_t index, bool mapping, Ref& out);
  bool extra_fields(PyObject* object, TypeObject* type, const Step* at);
  [[gnu::noinline]] bool variant(PyObject* object, TypeObject* type, const Step* at,
                                 samara_slot& out);
  [[gnu::noinline]] bool variant_case(TypeObject* type, uint32_t index, PyObject* payload,
                                      const Step* at, samara_slot& out);
  [[gnu::noinline]] bool ref(PyObject* object, TypeObject* type, const Step* at, samara_slot& out);
  [[gnu::noinline]] bool packed(PyObject* object, TypeObject* type, const Step* at,
                                samara_slot& out);
  [[gnu::noinline]] bool matrix_rows(PyObject* object, TypeObject* type, const Step* at,
                                     samara_slot& out);

  // Containers with identity that have been met: what is one object in Python is one in East.
  struct Met {
    PyObject* object;
    TypeObject* type;
    bool operator==(const Met&) const = default;
  };
  struct MetHash {
    size_t operator()(const Met& met) const {
      return std::hash<void*>()(met.object) * 31 + std::hash<void*>()(met.type);
    }
  };
  bool seen(PyObject* object, TypeObject* type, samara_slot& out) const {
    auto found = met_.find({object, type});
    if (found == met_.end()) return false;
    out = found->second;
    return true;
  }
  void meet(PyObject* object, TypeObject* type, samara_slot slot) {
    // Kept, or else the next temporary object could have the same address.
    kept_.push_back(Py_NewRef(object));
    met_.emplace(Met{object, type}, slot);
  }

  samara_tree* tree_;
  std::unordered_map<Met, samara_slot, MetHash> met_;
  std::vector<PyObject*> kept_;
  bindings::StackGuard stack_;
  int depth_ = 0;
};

bool of_numpy(PyObject* object) {
  Ref module(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__module__"));
  const char* text = module ? PyUnicode_AsUTF8AndSize(module.get(), nullptr) : nullptr;
  PyErr_Clear();
  return text != nullptr && std::string_view(text).starts_with("numpy");
}

// How the elements of a buffer are written; 0: in a way we do not read as numbers.
char element_code(const Py_buffer& view) {
  const char* format = view.format == nullptr ? "B" : view.format;
  if (*format == '@' || *format == '=' || *format == '<') format++;
  if (format[0] == '\0' || format[1] != '\0') return 0;
  if (std::strchr("lqn", format[0]) != nullptr && view.itemsize == 8) return 'q';
  if (format[0] == 'd' || format[0] == '?') return format[0];
  return 0;
}

char wanted_code(int32_t element) {
  if (element == SAMARA_KIND_FLOAT) return 'd';
  if (element == SAMARA_KIND_INTEGER) return 'q';
  return element == SAMARA_KIND_BOOLEAN ? '?' : '\0';
}

// bytes and str are no sequences of numbers here.
bool lends_numbers(PyObject* object) {
  return PyObject_CheckBuffer(object) && !PyBytes_Check(object) && !PyByteArray_Check(object);
}

bool take_numbers(PyObject* object, int32_t element, int dimensions, LentBuffer& lent) {
  const char wanted = wanted_code(element);
  if (wanted == '\0' || !lends_numbers(object)) return false;
  if (!lent.take(object, PyBUF_FORMAT | PyBUF_C_CONTIGUOUS)) {
    PyErr_Clear();
    return false;
  }
  if (element_code(lent.view) == wanted && lent.view.ndim == dimensions) return true;
  lent.release();
  return false;
}

bool Encoder::boolean(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (PyBool_Check(object)) {
    out = object == Py_True ? 1 : 0;
    return true;
  }
  if (!of_numpy(object) || !class_name(object).starts_with("bool")) return wrong(object, type, at);
  const int truth = PyObject_IsTrue(object);
  out = truth == 1 ? 1 : 0;
  return truth >= 0;
}

bool Encoder::integer(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (PyBool_Check(object) || !PyIndex_Check(object)) return wrong(object, type, at);
  Ref number = PyLong_Check(object) ? Ref::borrowed(object) : Ref(PyNumber_Index(object));
  if (!number) return false;
  int overflow = 0;
  const long long result = PyLong_AsLongLongAndOverflow(number.get(), &overflow);
  if (overflow != 0) return fail(at, "expected Integer, got an int of more than 64 bits");
  if (result == -1 && PyErr_Occurred()) return false;
  out = static_cast<samara_slot>(result);
  return true;
}

bool Encoder::number(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (PyFloat_Check(object)) {
    out = samara_slot_of_float(PyFloat_AsDouble(object));
    return true;
  }
  if (PyBool_Check(object)) return wrong(object, type, at);
  if (!PyLong_Check(object)) {
    if (!of_numpy(object) || !PyNumber_Check(object)) return wrong(object, type, at);
    Ref converted(PyNumber_Float(object));
    if (!converted) {
      PyErr_Clear();
      return wrong(object, type, at);
    }
    out = samara_slot_of_float(PyFloat_AsDouble(converted.get()));
    return true;
  }
  const double result = PyLong_AsDouble(object);
  if (result == -1.0 && PyErr_Occurred()) PyErr_Clear();
  Ref back(PyLong_FromDouble(result));
  const int same = back ? PyObject_RichCompareBool(back.get(), object, Py_EQ) : 0;
  PyErr_Clear();
  if (same != 1) return fail(at, "expected Float, got an int that no Float is equal to");
  out = samara_slot_of_float(result);
  return true;
}

bool Encoder::text(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (!PyUnicode_Check(object)) return wrong(object, type, at);
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(object, &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    return fail(at, "expected String, got a str with surrogates, which is no Unicode text");
  }
  samara_view view{reinterpret_cast<const uint8_t*>(bytes), static_cast<size_t>(size)};
  return made(samara_new_text(tree_, view, &out), at);
}

bool Encoder::blob(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  LentBuffer lent;
  if (!PyObject_CheckBuffer(object)) return wrong(object, type, at);
  if (!lent.take(object, PyBUF_C_CONTIGUOUS)) {
    PyErr_Clear();
    return fail(at, "expected Blob, got a buffer that is not contiguous");
  }
  if (lent.view.itemsize != 1) return fail(at, "expected Blob, got a buffer of larger elements");
  samara_view view{static_cast<const uint8_t*>(lent.view.buf), static_cast<size_t>(lent.view.len)};
  return made(samara_new_blob(tree_, view, &out), at);
}

bool Encoder::datetime(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  constexpr long long k_ms_max = 8640000000000000LL;
  if (PyObject_IsInstance(object, classes.instant) == 1) {
    const long long ms = PyLong_AsLongLong(object);
    if (ms == -1 && PyErr_Occurred())
      PyErr_Clear();
    else if (ms >= -k_ms_max && ms <= k_ms_max) {
      out = static_cast<samara_slot>(ms);
      return true;
    }
    return fail(at, "expected DateTime, got an Instant out of its range");
  }
  if (PyObject_IsInstance(object, classes.datetime) != 1) return wrong(object, type, at);
  Ref offset(PyObject_CallMethod(object, "utcoffset", nullptr));
  if (!offset) return false;
  if (offset.get() == Py_None) {
    return fail(at, "expected DateTime, got a datetime without a time zone");
  }
  Ref since(PyNumber_Subtract(object, classes.epoch));
  if (!since) return false;
  Ref ms(PyNumber_FloorDivide(since.get(), classes.millisecond));
  if (!ms) return false;
  out = static_cast<samara_slot>(PyLong_AsLongLong(ms.get()));
  return !PyErr_Occurred();
}

bool Encoder::array(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (seen(object, type, out)) return true;
  TypeObject* element = part_of(type, 0);
  LentBuffer lent;
  if (element->kind != SAMARA_KIND_BOOLEAN && take_numbers(object, element->kind, 1, lent)) {
    const auto count = static_cast<size_t>(lent.view.len / 8);
    std::vector<samara_slot> aligned;  // for numbers that do not start at a multiple of 8
    const auto* from = static_cast<const samara_slot*>(lent.view.buf);
    if (element->kind == SAMARA_KIND_FLOAT || reinterpret_cast<uintptr_t>(from) % 8 != 0) {
      aligned.resize(count);
      if (count > 0) std::memcpy(aligned.data(), lent.view.buf, count * 8);
      if (element->kind == SAMARA_KIND_FLOAT) {
        for (samara_slot& bits : aligned) {
          double value = 0;
          std::memcpy(&value, &bits, 8);
          if (value != value) bits = samara_slot_of_float(value);
        }
      }
      from = aligned.data();
    }
    if (!made(samara_new_array(tree_, from, count, &out), at)) return false;
    meet(object, type, out);
    return true;
  }
  if (PyList_Check(object) || PyTuple_Check(object)) return sequence(object, type, at, out);
  const bool sequence_like = PySequence_Check(object) && !PyUnicode_Check(object) &&
                             !PyBytes_Check(object) && !PyByteArray_Check(object) &&
                             !PyDict_Check(object) && Py_TYPE(object) != record_type;
  if (!sequence_like ||
      PyObject_IsInstance(object, reinterpret_cast<PyObject*>(record_type)) == 1) {
    return wrong(object, type, at);
  }
  Ref list(PySequence_List(object));
  if (!list) {
    PyErr_Clear();
    return wrong(object, type, at);
  }
  if (!sequence(list.get(), type, at, out)) return false;
  meet(object, type, out);
  return true;
}

// A list or tuple. Elements may be the list itself, so the array is there before they are.
bool Encoder::sequence(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  const bool list = PyList_Check(object);
  const Py_ssize_t count = list ? PyList_Size(object) : PyTuple_Size(object);
  if (!made(samara_new_array(tree_, nullptr, static_cast<size_t>(count), &out), at)) return false;
  meet(object, type, out);
  TypeObject* element = part_of(type, 0);
  for (Py_ssize_t i = 0; i < count; i++) {
    Ref item = Ref::borrowed(list ? PyList_GetItem(object, i) : PyTuple_GetItem(object, i));
    if (!item) return false;
    Step step{at, Step::Kind::index, i, nullptr};
    samara_slot slot = 0;
    if (!value(item.get(), element, &step, slot)) return false;
    samara_slot_set(type->type, out, static_cast<size_t>(i), slot);
  }
  return true;
}

bool Encoder::set(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  const bool list = PyObject_IsInstance(object, classes.key_list) == 1;
  if (!list && !PyAnySet_Check(object)) return wrong(object, type, at);
  if (seen(object, type, out)) return true;
  if (!made(samara_new_sorted(tree_, type->type, &out), at)) return false;
  meet(object, type, out);
  TypeObject* key_type = part_of(type, 0);
  Ref iterator(PyObject_GetIter(object));
  if (!iterator) return false;
  while (Ref key{PyIter_Next(iterator.get())}) {
    Step step{at, Step::Kind::key, 0, key.get()};
    samara_slot slot = 0;
    if (!value(key.get(), key_type, &step, slot)) return false;
    if (!made(samara_sorted_put(tree_, type->type, out, slot, 0), at)) return false;
  }
  return !PyErr_Occurred();
}

bool Encoder::dict(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (seen(object, type, out)) return true;
  const bool list = PyObject_IsInstance(object, classes.key_list) == 1;
  Ref pairs;
  if (list) {
    pairs = Ref::borrowed(object);
  } else if (PyDict_Check(object)) {
    pairs = Ref(PyDict_Items(object));
  } else if (PyMapping_Check(object) && PyObject_HasAttrString(object, "items")) {
    pairs = Ref(PyMapping_Items(object));
  } else {
    return wrong(object, type, at);
  }
  if (!pairs) return false;
  if (!made(samara_new_sorted(tree_, type->type, &out), at)) return false;
  meet(object, type, out);
  const Py_ssize_t count = PyList_Size(pairs.get());
  for (Py_ssize_t i = 0; i < count; i++) {
    Ref pair = Ref::borrowed(PyList_GetItem(pairs.get(), i));
    if (!pair) return false;
    if (!PyTuple_Check(pair.get()) || PyTuple_Size(pair.get()) != 2) {
      return fail(at, "expected pairs of key and value");
    }
    PyObject* key = PyTuple_GetItem(pair.get(), 0);
    Step key_step{at, Step::Kind::key, 0, key};
    samara_slot key_slot = 0;
    if (!value(key, part_of(type, 0), &key_step, key_slot)) return false;
    Step step{at, Step::Kind::dict_value, 0, key};
    samara_slot slot = 0;
    if (!value(PyTuple_GetItem(pair.get(), 1), part_of(type, 1), &step, slot)) return false;
    if (!made(samara_sorted_put(tree_, type->type, out, key_slot, slot), at)) return false;
  }
  return true;
}

bool Encoder::field_value(PyObject* object, TypeObject* type, uint32_t index, bool mapping,
                          Ref& out) {
  PyObject* name = PyTuple_GetItem(type->names, index);
  out = Ref(mapping ? PyObject_GetItem(object, name) : PyObject_GetAttr(object, name));
  if (out) return true;
  if (PyErr_ExceptionMatches(mapping ? PyExc_KeyError : PyExc_AttributeError)) PyErr_Clear();
  return false;
}

bool Encoder::extra_fields(PyObject* object, TypeObject* type, const Step* at) {
  Ref keys(PyMapping_Keys(object));
  if (!keys) return false;
  for (Py_ssize_t i = 0; i < PyList_Size(keys.get()); i++) {
    PyObject* key = PyList_GetItem(keys.get(), i);
    const int known = PySequence_Contains(type->names, key);
    if (known < 0) return false;
    if (known == 1) continue;
    Ref words(PyObject_Repr(key));
    const char* text = words ? PyUnicode_AsUTF8AndSize(words.get(), nullptr) : nullptr;
    return fail(at, "expected " + type_words(type) + ", which has no field " +
                        (text == nullptr ? "?" : text));
  }
  return true;
}

bool Encoder::structure(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  const bool record = PyObject_TypeCheck(object, record_type) != 0;
  const bool same = record && reinterpret_cast<RecordObject*>(object)->type == type;
  const bool mapping = record || PyDict_Check(object) ||
                       (PyMapping_Check(object) && PyObject_HasAttrString(object, "keys"));
  if (!mapping && (PySequence_Check(object) || PyNumber_Check(object) || object == Py_None) &&
      !PyObject_HasAttrString(object, "_fields") &&
      !PyObject_HasAttrString(object, "__dataclass_fields__")) {
    return wrong(object, type, at);
  }
  samara_slot few[8] = {};
  std::vector<samara_slot> many;
  samara_slot* slots = few;
  if (type->count > 8) {
    many.resize(type->count);
    slots = many.data();
  }
  for (uint32_t i = 0; i < type->count; i++) {
    Step step{at, Step::Kind::field, 0, PyTuple_GetItem(type->names, i)};
    Ref item;
    if (same) {
      item = Ref::borrowed(PyTuple_GetItem(reinterpret_cast<RecordObject*>(object)->values, i));
    } else if (!field_value(object, type, i, mapping, item)) {
      if (PyErr_Occurred()) return false;
      if (i == 0 && !mapping) return wrong(object, type, at);
      return fail(&step, "expected " + type_words(part_of(type, i)) + ", but " +
                             class_name(object) + " has no such field");
    }
    if (!value(item.get(), part_of(type, i), &step, slots[i])) return false;
  }
  if (!same && mapping && PyMapping_Size(object) != static_cast<Py_ssize_t>(type->count)) {
    if (!extra_fields(object, type, at)) return false;
  }
  return made(samara_new_struct(tree_, slots, type->count, &out), at);
}

bool Encoder::variant_case(TypeObject* type, uint32_t index, PyObject* payload, const Step* at,
                           samara_slot& out) {
  Step step{at, Step::Kind::variant_case, 0, PyTuple_GetItem(type->names, index)};
  samara_slot slot = 0;
  if (!value(payload, part_of(type, index), &step, slot)) return false;
  return made(samara_new_variant(tree_, type->type, index, slot, &out), at);
}

bool Encoder::variant(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  // A Variant given for an option of variants is the payload: that is how it comes out.
  const bool payload_is_variant =
      type->option && type->option_is_plain && part_of(type, 1)->kind == SAMARA_KIND_VARIANT;
  if (!payload_is_variant && PyObject_IsInstance(object, classes.variant) == 1) {
    Ref name(PyObject_GetAttrString(object, "case"));
    Ref payload(PyObject_GetAttrString(object, "value"));
    if (!name || !payload) return false;
    for (uint32_t i = 0; i < type->count; i++) {
      const int same = PyObject_RichCompareBool(PyTuple_GetItem(type->names, i), name.get(), Py_EQ);
      if (same < 0) return false;
      if (same == 1) return variant_case(type, i, payload.get(), at, out);
    }
    Ref words(PyObject_Repr(name.get()));
    const char* text = words ? PyUnicode_AsUTF8AndSize(words.get(), nullptr) : nullptr;
    return fail(at, "expected " + type_words(type) + ", which has no case " +
                        (text == nullptr ? "?" : text));
  }
  if (!type->option) return wrong(object, type, at);
  if (object == Py_None) return variant_case(type, 0, Py_None, at, out);
  if (PyObject_IsInstance(object, classes.some) == 1) {
    Ref payload(PyObject_GetAttrString(object, "value"));
    if (!payload) return false;
    return variant_case(type, 1, payload.get(), at, out);
  }
  // Without the step of the case, which the user has not written.
  samara_slot slot = 0;
  if (!value(object, part_of(type, 1), at, slot)) return false;
  return made(samara_new_variant(tree_, type->type, 1, slot, &out), at);
}

bool Encoder::ref(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (PyObject_IsInstance(object, classes.ref) != 1) return wrong(object, type, at);
  if (seen(object, type, out)) return true;
  if (!made(samara_new_ref(tree_, 0, &out), at)) return false;
  meet(object, type, out);
  Ref content(PyObject_GetAttrString(object, "value"));
  if (!content) return false;
  Step step{at, Step::Kind::content, 0, nullptr};
  samara_slot slot = 0;
  if (!value(content.get(), part_of(type, 0), &step, slot)) return false;
  samara_slot_set(type->type, out, 0, slot);
  return true;
}

// Element by element, for lists.
bool Encoder::matrix_rows(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  TypeObject* element = part_of(type, 0);
  const bool matrix = type->kind == SAMARA_KIND_MATRIX;
  if (PyUnicode_Check(object) || PyBytes_Check(object) || PyDict_Check(object) ||
      !PySequence_Check(object)) {
    return wrong(object, type, at);
  }
  Ref rows(matrix ? PySequence_List(object) : Py_BuildValue("[O]", object));
  if (!rows) return false;
  std::vector<uint64_t> numbers;
  const Py_ssize_t count = PyList_Size(rows.get());
  Py_ssize_t columns = 0;
  for (Py_ssize_t i = 0; i < count; i++) {
    Step row_step{at, Step::Kind::index, i, nullptr};
    const Step* row_at = matrix ? &row_step : at;
    PyObject* given = PyList_GetItem(rows.get(), i);
    if (PyUnicode_Check(given) || !PySequence_Check(given)) return wrong(given, type, row_at);
    Ref row(PySequence_List(given));
    if (!row) return false;
    const Py_ssize_t size = PyList_Size(row.get());
    if (i == 0) columns = size;
    if (size != columns) {
      return fail(row_at, "expected " + std::to_string(columns) +
                              " numbers as in the first row, got " + std::to_string(size));
    }
    for (Py_ssize_t j = 0; j < size; j++) {
      Step step{row_at, Step::Kind::index, j, nullptr};
      samara_slot slot = 0;
      if (!value(PyList_GetItem(row.get(), j), element, &step, slot)) return false;
      numbers.push_back(slot);
    }
  }
  std::vector<uint8_t> bytes;
  samara_packed packed{reinterpret_cast<const uint8_t*>(numbers.data()),
                       matrix ? static_cast<uint64_t>(count) : 1, static_cast<uint64_t>(columns),
                       8};
  if (element->kind == SAMARA_KIND_BOOLEAN) {
    for (uint64_t number : numbers) bytes.push_back(number != 0 ? 1 : 0);
    packed.data = bytes.data();
    packed.element_bytes = 1;
  }
  return made(samara_new_packed(tree_, type->type, &packed, &out), at);
}

bool Encoder::packed(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (seen(object, type, out)) return true;
  LentBuffer lent;
  samara_packed numbers{};
  if (packed_argument(object, type, lent, numbers)) {
    if (!made(samara_new_packed(tree_, type->type, &numbers, &out), at)) return false;
  } else if (!matrix_rows(object, type, at, out)) {
    return false;
  }
  return true;
}

bool Encoder::value(PyObject* object, TypeObject* type, const Step* at, samara_slot& out) {
  if (!stack_.room(depth_++)) {
    return fail(nullptr, "the value is nested deeper than the stack of this thread allows");
  }
  bool good = false;
  switch (type->kind) {
    case SAMARA_KIND_NULL:
      out = 0;
      good = object == Py_None || wrong(object, type, at);
      break;
    case SAMARA_KIND_BOOLEAN:
      good = boolean(object, type, at, out);
      break;
    case SAMARA_KIND_INTEGER:
      good = integer(object, type, at, out);
      break;
    case SAMARA_KIND_FLOAT:
      good = number(object, type, at, out);
      break;
    case SAMARA_KIND_STRING:
      good = text(object, type, at, out);
      break;
    case SAMARA_KIND_BLOB:
      good = blob(object, type, at, out);
      break;
    case SAMARA_KIND_DATETIME:
      good = datetime(object, type, at, out);
      break;
    case SAMARA_KIND_ARRAY:
      good = array(object, type, at, out);
      break;
    case SAMARA_KIND_SET:
      good = set(object, type, at, out);
      break;
    case SAMARA_KIND_DICT:
      good = dict(object, type, at, out);
      break;
    case SAMARA_KIND_STRUCT:
      good = structure(object, type, at, out);
      break;
    case SAMARA_KIND_VARIANT:
      good = variant(object, type, at, out);
      break;
    case SAMARA_KIND_REF:
      good = ref(object, type, at, out);
      break;
    case SAMARA_KIND_VECTOR:
    case SAMARA_KIND_MATRIX:
      good = packed(object, type, at, out);
      break;
    default:
      good = fail(at, "values of type " + type_words(type) + " have no form in Python");
  }
  depth_--;
  return good;
}

}  // namespace

bool packed_argument(PyObject* object, TypeObject* type, LentBuffer& lent, samara_packed& out) {
  const bool matrix = type->kind == SAMARA_KIND_MATRIX;
  if (!matrix && type->kind != SAMARA_KIND_VECTOR && type->kind != SAMARA_KIND_ARRAY) return false;
  const int32_t element = part_of(type, 0)->kind;
  if (type->kind == SAMARA_KIND_ARRAY && element != SAMARA_KIND_FLOAT) return false;
  if (!take_numbers(object, element, matrix ? 2 : 1, lent)) return false;
  out.data = static_cast<const uint8_t*>(lent.view.buf);
  out.element_bytes = element == SAMARA_KIND_BOOLEAN ? 1 : 8;
  out.rows = matrix ? static_cast<uint64_t>(lent.view.shape[0]) : 1;
  out.columns = matrix ? static_cast<uint64_t>(lent.view.shape[1])
                       : static_cast<uint64_t>(lent.view.len) / out.element_bytes;
  return true;
}

bool encode(PyObject* object, TypeObject* type, Encoded& out) {
  if (samara_tree_new(values, &out.tree) != SAMARA_OK) return false;
  Encoder encoder(out.tree);
  return encoder.value(object, type, nullptr, out.slot);
}

bool encode_bytes(PyObject* object, TypeObject* type, LibraryBytes& out) {
  Encoded encoded;
  if (!encode(object, type, encoded)) return false;
  const int32_t code =
      samara_tree_write(encoded.tree, type->type, encoded.slot, SAMARA_BEAST2, &out.raw);
  return code == SAMARA_OK || raise_values_error(code) != nullptr;
}

}  // namespace samara::python
