#pragma once
// Readable names for the variables of IR, which calls them `_0`, `_1`, …. A name is never that of
// another variable that can be seen at the same place, of a function, a type or a keyword, so what
// is written resolves as the IR does.
//
// Threads: one thread.

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ir/ir.hpp"

namespace samara::lang {

/// What a variable is for.
enum class Role : uint8_t { parameter, local, element, index, key, value, payload, message, stack };

class NameChoice {
 public:
  NameChoice();

  /// Makes a name unusable for variables.
  void reserve(std::string_view name) { reserved_.emplace(name); }

  /// Everything defined until `leave(mark)` goes out of scope there.
  size_t enter() const { return bindings_.size(); }
  void leave(size_t mark);

  /// Chooses a name and makes it visible. `original`: the variable's name in the IR; `hint`: a word
  /// from around it, such as the name of the case; may be empty.
  const std::string& define(const ir::Node& variable, std::string_view original, Role role,
                            std::string_view hint);
  struct Binding {
    ir::NameId id = 0;
    std::string name;
    const ir::Node* definition = nullptr;
  };
  /// The innermost visible variable of this IR name. Requires: there is one.
  const Binding& find(ir::NameId id) const;

 private:
  std::string unused(std::string base) const;

  std::vector<Binding> bindings_;
  std::unordered_map<ir::NameId, std::vector<size_t>> by_id_;
  std::unordered_set<std::string> visible_;
  std::unordered_set<std::string> reserved_;
};

/// A short name for something of this type: `n`, `text`, `xs`.
std::string_view name_for_type(const Type* type);

}  // namespace samara::lang
