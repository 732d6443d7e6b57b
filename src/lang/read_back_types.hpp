#pragma once
// Types of IR as type syntax. Which types get an alias is decided at the end, when it is known how
// often each is written: until then nodes are placeholders.
//
// Threads: one thread. Source: docs/formats/source.md, section 4.

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lang/ast.hpp"
#include "value/type.hpp"

namespace samara::lang {

class ReadBackTypes {
 public:
  ReadBackTypes(SyntaxTree& tree, TypeTable& types) : tree_(tree), types_(types) {}

  /// A node that will stand for a closed type once `finish` has run.
  TypeNode* write(const Type* type);
  /// Fills in all nodes and appends declarations of aliases to `out`. `taken`: names that an alias
  /// must not have.
  void finish(const std::unordered_set<std::string>& taken, std::vector<Declaration>& out);

 private:
  struct Enclosing {
    const Type* type = nullptr;
    std::string name;  // where something inside refers to it
  };

  void count(const Type* type);
  void count_parts(const Type* type);
  void fill(TypeNode& node, const Type* type, bool alias_allowed);
  void fill_open(TypeNode& node, const Type* type);
  void fill_constructor(TypeNode& node, const Type* type);
  TypeNode* part(const Type* type);
  std::string base_name(const Type* type) const;
  std::string unused_name(std::string base);
  Name name(std::string_view text);

  SyntaxTree& tree_;
  TypeTable& types_;
  struct Placeholder {
    TypeNode* node = nullptr;
    const Type* type = nullptr;
  };
  std::vector<Placeholder> placeholders_;
  std::unordered_map<const Type*, uint32_t> counts_;
  std::vector<const Type*> order_;  // of first meeting, parts before wholes
  std::unordered_map<const Type*, std::string> aliases_;
  std::unordered_set<std::string> taken_;
  std::vector<Enclosing> enclosing_;
};

}  // namespace samara::lang
