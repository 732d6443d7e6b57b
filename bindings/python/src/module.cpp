// The extension module _samara: values, types and repositories of libsamara for the package samara.

#include "common.hpp"

namespace samara::python {

Classes classes;
samara_values* values = nullptr;

PyObject* raise(int32_t code, const char* message) {
  PyObject* cls = nullptr;
  if (classes.errors != nullptr) {
    Ref number(PyLong_FromLong(code));
    if (number) cls = PyDict_GetItemWithError(classes.errors, number.get());
  }
  if (cls == nullptr) cls = classes.error != nullptr ? classes.error : PyExc_RuntimeError;
  PyErr_SetString(cls, message);
  return nullptr;
}

PyObject* raise_values_error(int32_t code) { return raise(code, samara_values_error(values)); }

namespace {

// setup(classes by name): what the package brings.
PyObject* setup(PyObject*, PyObject* given) {
  struct Wanted {
    const char* name;
    PyObject** to;
  };
  const Wanted wanted[] = {{"Struct", &classes.structure},
                           {"Variant", &classes.variant},
                           {"Some", &classes.some},
                           {"Ref", &classes.ref},
                           {"Instant", &classes.instant},
                           {"KeyList", &classes.key_list},
                           {"Id", &classes.id},
                           {"errors", &classes.errors},
                           {"Error", &classes.error},
                           {"TypeMismatch", &classes.mismatch},
                           {"epoch", &classes.epoch},
                           {"millisecond", &classes.millisecond},
                           {"timedelta", &classes.timedelta},
                           {"datetime", &classes.datetime}};
  for (const Wanted& each : wanted) {
    PyObject* found = PyDict_GetItemString(given, each.name);
    if (found == nullptr) {
      PyErr_Format(PyExc_TypeError, "no '%s' is given", each.name);
      return nullptr;
    }
    Py_XDECREF(*each.to);
    *each.to = Py_NewRef(found);
  }
  PyObject* main = PyDict_GetItemString(given, "main_thread");
  classes.main_thread = main == nullptr ? 0 : PyLong_AsUnsignedLong(main);
  if (PyErr_Occurred()) return nullptr;
  Py_RETURN_NONE;
}

PyObject* parse_type(PyObject*, PyObject* text) {
  return Py_XNewRef(reinterpret_cast<PyObject*>(type_argument(text)));
}

// encode(value, type) → beast2, text or JSON
PyObject* encode_value(PyObject*, PyObject* args) {
  PyObject* object = nullptr;
  PyObject* given = nullptr;
  int format = SAMARA_BEAST2;
  if (!PyArg_ParseTuple(args, "OO|i", &object, &given, &format)) return nullptr;
  TypeObject* type = type_argument(given);
  if (type == nullptr) return nullptr;
  Encoded encoded;
  if (!encode(object, type, encoded)) return nullptr;
  LibraryBytes bytes;
  const int32_t code =
      samara_tree_write(encoded.tree, type->type, encoded.slot, format, &bytes.raw);
  if (code != SAMARA_OK) return raise_values_error(code);
  return PyBytes_FromStringAndSize(bytes.text().data(), static_cast<Py_ssize_t>(bytes.raw.size));
}

// decode(beast2, arrays, type or None) → value
PyObject* decode_value(PyObject*, PyObject* args) {
  Py_buffer given{};
  int arrays = 0;
  PyObject* type_given = Py_None;
  if (!PyArg_ParseTuple(args, "y*i|O", &given, &arrays, &type_given)) return nullptr;
  PyObject* out = nullptr;
  TypeObject* type = type_given == Py_None ? nullptr : type_argument(type_given);
  if (type != nullptr || type_given == Py_None) {
    out = decode_bytes({static_cast<const uint8_t*>(given.buf), static_cast<size_t>(given.len)},
                       type, static_cast<Arrays>(arrays));
  }
  PyBuffer_Release(&given);
  return out;
}

PyObject* version(PyObject*, PyObject*) { return PyUnicode_FromString(samara_version()); }

PyMethodDef functions[] = {{"setup", setup, METH_O, nullptr},
                           {"parse_type", parse_type, METH_O, nullptr},
                           {"encode", encode_value, METH_VARARGS, nullptr},
                           {"decode", decode_value, METH_VARARGS, nullptr},
                           {"version", version, METH_NOARGS, nullptr},
                           {nullptr, nullptr, 0, nullptr}};
PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_samara", nullptr, -1, functions, nullptr, nullptr, nullptr, nullptr};

}  // namespace
}  // namespace samara::python

PyMODINIT_FUNC PyInit__samara(void) {
  using namespace samara::python;
  if (samara_api_version() < SAMARA_API_VERSION) {
    PyErr_SetString(PyExc_ImportError, "libsamara is older than this package");
    return nullptr;
  }
  Ref module(PyModule_Create(&definition));
  if (!module) return nullptr;
  values = samara_values_new();
  if (!add_types(module.get()) || !add_handle_type(module.get()) ||
      !add_worker_types(module.get())) {
    return nullptr;
  }
  return module.release();
}
