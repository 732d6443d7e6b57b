#include "eval/construct.hpp"

#include "eval/convert.hpp"
#include "eval/vm.hpp"
#include "value/sorted.hpp"

namespace samara::eval {

bool construct_set(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* set = new_set(vm.heap());
  for (uint32_t i = 0; i < site.argument_count; i++) {
    sorted_put(vm.heap(), set, site.order(0), args[i], Slot::null());
  }
  out = Slot::of(set);
  return true;
}

bool construct_dict(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  SortedObject* dict = new_dict(vm.heap());
  for (uint32_t i = 0; i + 1 < site.argument_count; i += 2) {
    sorted_put(vm.heap(), dict, site.order(0), args[i], args[i + 1]);
  }
  out = Slot::of(dict);
  return true;
}

static void pack(const Type* element, const Slot* values, size_t count, uint8_t* out) {
  if (element->is(Kind::boolean)) {
    for (size_t i = 0; i < count; i++) out[i] = values[i].boolean() ? 1 : 0;
  } else {
    std::memcpy(out, values, count * sizeof(Slot));
  }
}

bool construct_vector(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  const Type* element = site.result()->element();
  VectorObject* vector =
      vm.heap().new_vector(site.argument_count, element->is(Kind::boolean) ? 1 : 8);
  if (vector == nullptr) return vm.fail_memory();
  pack(element, args, site.argument_count, vector->data());
  out = Slot::of(vector);
  return true;
}

bool construct_matrix(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  const Type* element = site.result()->element();
  int64_t rows = site.node->rows;
  int64_t columns = site.node->columns;
  if (rows < 0 || columns < 0 || rows * columns != site.argument_count) {
    return vm.fail("Matrix of " + std::to_string(rows) + "x" + std::to_string(columns) + " needs " +
                   std::to_string(rows * columns) + " values, got " +
                   std::to_string(site.argument_count));
  }
  MatrixObject* matrix =
      vm.heap().new_matrix(static_cast<uint64_t>(rows), static_cast<uint64_t>(columns),
                           element->is(Kind::boolean) ? 1 : 8);
  if (matrix == nullptr) return vm.fail_memory();
  pack(element, args, site.argument_count, matrix->data());
  out = Slot::of(matrix);
  return true;
}

static bool run_convert(Vm& vm, const BuiltinSite& site, Slot* args, Slot& out) {
  return convert(vm, site.type(0), site.type(1), args[0], out);
}

std::unique_ptr<BuiltinSite> make_convert_site(const ir::Program& program, const ir::Node* node,
                                               const Type* from, const Type* to) {
  auto site = std::make_unique<BuiltinSite>();
  site->program = &program;
  site->node = node;
  site->types = &program.types();
  site->fn = run_convert;
  site->type_parameters = {from, to};
  return site;
}

}  // namespace samara::eval
