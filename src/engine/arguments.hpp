#pragma once
// The arguments of a call: from whatever form the caller has them in to their ids, canonical bytes
// and values. Threads: one call. Specified by: docs/formats/call.md, "Arguments".

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "call/function.hpp"
#include "runtime/argument_error.hpp"
#include "runtime/runtime.hpp"
#include "store/repository.hpp"

namespace samara::engine {

/// One argument of a call, in whatever form the caller has it.
struct CallArgument {
  /// A stored value, by its id.
  static CallArgument stored(const Hash& id) { return {.id = id}; }
  /// A full beast2 value of either dialect, canonical or not; borrowed for the call.
  static CallArgument encoded(ByteView bytes) { return {.bytes = bytes}; }
  /// A value in CallOptions::heap. The run may change it.
  static CallArgument typed(const Type* type, Slot value) { return {.value = {type, value}}; }

  std::optional<Hash> id = std::nullopt;
  ByteView bytes = {};
  TypedValue value = {};
};

/// The ids which the arguments have if they are in canonical form already, as they mostly are: what
/// is found in memory by these is right, for equal ids mean equal bytes. Nothing if one is a typed
/// value. Cost: one hash of each.
std::optional<std::vector<Hash>> quick_ids(std::span<const CallArgument> arguments);

class LoadedArguments {
 public:
  /// Reads, checks and canonicalises. Values go to `heap`, unless they hold functions. Without
  /// `values` stored numbers side by side are left where they are.
  /// Requires: a large stack; as many arguments as the function has inputs.
  /// Errors: type_mismatch, corrupt, not_found (a stored argument), exhausted.
  Result<void> load(store::Repository& repository, TypeTable& types, const FunctionRecord& record,
                    std::string_view name, std::span<const CallArgument> arguments, Heap& heap,
                    bool values);

  const std::vector<Hash>& ids() const { return ids_; }
  std::span<const runtime::Argument> values() const { return values_; }
  /// Stores those which did not come out of the repository, or `all`.
  Result<void> store(store::Repository& repository, store::Durability durability, bool all) const;
  /// Those which did not come out of the repository.
  std::vector<store::NamedBytes> unstored() const;

 private:
  struct Source {
    ByteView bytes;       // canonical
    bool stored = false;  // it came from an object of its id
  };
  Result<void> load_one(TypeTable& types, const runtime::ArgumentPlace& place,
                        const CallArgument& argument, Heap& heap);
  Result<void> add_encoded(TypeTable& types, const runtime::ArgumentPlace& place, ByteView bytes,
                           std::optional<Hash> id, Heap& heap);
  bool add_in_place(TypeTable& types, const runtime::ArgumentPlace& place, ByteView bytes,
                    const Hash& id);
  void add(const Hash& id, Source source, const runtime::Argument& value);

  store::Repository* repository_ = nullptr;
  bool values_wanted_ = true;
  std::vector<Hash> ids_;
  std::vector<Source> sources_;
  std::vector<runtime::Argument> values_;
  std::deque<Bytes> owned_;                 // keeps bytes
  std::deque<store::ObjectBytes> objects_;  // keeps bytes
};

}  // namespace samara::engine
