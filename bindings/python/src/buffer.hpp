#pragma once
// Numbers side by side in memory of the library, for numpy and memoryview.

#include "common.hpp"

namespace samara::python {

struct BufferObject {
  PyObject_HEAD std::shared_ptr<void>* owner;  // keeps the memory
  uint8_t* data;
  bool readonly;
  Py_ssize_t item_bytes;
  char format[4];
  int dimensions;
  Py_ssize_t shape[2];
  Py_ssize_t strides[2];
};

struct NumberBlock {
  std::shared_ptr<void> owner;
  uint8_t* data = nullptr;
  bool readonly = false;
  int32_t element = 0;  // SAMARA_KIND_ FLOAT, INTEGER or BOOLEAN
  bool matrix = false;
  uint64_t rows = 1;
  uint64_t columns = 0;
};
PyObject* new_buffer(const NumberBlock& block);

}  // namespace samara::python
