#pragma once
// ModuleCache: translated modules by the hash of their bytes; the one that has not been used for
// the longest time goes first. Threads: any.

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/hash.hpp"
#include "runtime/runtime.hpp"
#include "runtime/wasm/binding.hpp"
#include "runtime/wasm/code_forms.hpp"
#include "runtime/wasm/module.hpp"

namespace samara::runtime::wasm {

/// The functions that a module has been so far; one after another where there are very many.
/// Threads: any.
class Bindings {
 public:
  using Entry = std::shared_ptr<const Binding>;
  /// Null: not there.
  Entry find(std::span<const Type* const> inputs, const Type* output) const;
  void put(Entry binding);

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Entry> list_;
};

/// What is known of a module, and its form in the engine.
struct ReadyModule {
  Module module;
  std::shared_ptr<CodeForms> code;
  std::vector<std::string> initialisers;
  std::vector<Callee> callees;  // sorted by name
  mutable Bindings bindings;
};

class ModuleCache {
 public:
  using Entry = std::shared_ptr<const ReadyModule>;

  explicit ModuleCache(size_t entries_max) : entries_max_(entries_max) {}

  /// Null: not there.
  Entry find(const Hash& key);
  void put(const Hash& key, Entry module);

 private:
  using List = std::list<std::pair<Hash, Entry>>;  // most recently used first

  size_t entries_max_;
  std::mutex mutex_;  // guards those below
  List list_;
  std::unordered_map<Hash, List::iterator, HashOfHash> by_key_;
};

}  // namespace samara::runtime::wasm
