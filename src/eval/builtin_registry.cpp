#include <unordered_map>

#include "eval/builtin.hpp"

namespace samara::eval {

const BuiltinEntry* find_builtin(std::string_view name) {
  static const auto* table = [] {
    auto* map = new std::unordered_map<std::string_view, const BuiltinEntry*>();
    for (auto part : {scalar_builtins(), string_builtins(), regex_builtins(), datetime_builtins(),
                      blob_builtins(), array_builtins(), array_each_builtins(), set_builtins(),
                      dict_builtins(), vector_builtins(), patch_builtins()}) {
      for (const BuiltinEntry& entry : part) map->emplace(entry.name, &entry);
    }
    return map;
  }();
  auto at = table->find(name);
  return at == table->end() ? nullptr : at->second;
}

}  // namespace samara::eval
