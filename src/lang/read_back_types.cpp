#include "lang/read_back_types.hpp"

#include "core/assert.hpp"
#include "ir/builtin_table.hpp"

namespace samara::lang {

namespace {

// Whether a type is better said once: long ones always, shorter ones when they come again.
bool deserves_alias(uint32_t nodes, uint32_t times) {
  return nodes >= 16 || (nodes >= 6 && times >= 2) || (nodes >= 3 && times >= 4);
}

bool is_option(const Type* type) {
  return type->is(Kind::variant) && type->arity() == 2 && type->name(0) == "none" &&
         type->name(1) == "some" && type->part(0)->is(Kind::null);
}

bool may_be_alias(const Type* type) {
  return type->is(Kind::struct_) || (type->is(Kind::variant) && !is_option(type)) ||
         type->is_function();
}

}  // namespace

Name ReadBackTypes::name(std::string_view text) { return {tree_.copy(text), {}}; }

TypeNode* ReadBackTypes::write(const Type* type) {
  SAMARA_ASSERT(type->closed());
  TypeNode* node = tree_.new_type(TypeForm::name, {});
  placeholders_.push_back({node, type});
  return node;
}

void ReadBackTypes::count(const Type* type) {
  if (!type->closed()) return count_parts(type);
  uint32_t& times = counts_[type];
  times++;
  // The parts of a type with an alias are written once.
  if (times > 1) return;
  count_parts(type);
  order_.push_back(type);
}

void ReadBackTypes::count_parts(const Type* type) {
  for (uint32_t i = 0; i < type->arity(); i++) count(type->part(i));
}

std::string ReadBackTypes::base_name(const Type* type) const {
  if (type->recursive_body()) {
    if (type->is(Kind::variant) && type->index_of("cons") >= 0) return "List";
    bool branches = type->is(Kind::array);
    for (uint32_t i = 0; i < type->arity(); i++) {
      branches = branches || type->part(i)->is(Kind::array);
    }
    return branches || type->node_count() > 12 ? "Tree" : "Node";
  }
  if (type->is(Kind::struct_)) return "Record";
  if (type->is(Kind::variant)) return "Choice";
  return "Callback";
}

std::string ReadBackTypes::unused_name(std::string base) {
  std::string out = base;
  for (int i = 2; !taken_.insert(out).second; i++) out = base + std::to_string(i);
  return out;
}

void ReadBackTypes::finish(const std::unordered_set<std::string>& taken,
                           std::vector<Declaration>& out) {
  taken_ = taken;
  for (const Placeholder& at : placeholders_) count(at.type);
  std::vector<const Type*> named;
  const Type* location = ir::location_type(types_);
  for (const Type* type : order_) {
    if (type == location) continue;
    bool recursive = type->recursive_body();
    if (!recursive && !(may_be_alias(type) && deserves_alias(type->node_count(), counts_[type]))) {
      continue;
    }
    aliases_[type] = unused_name(base_name(type));
    named.push_back(type);
  }
  for (const Placeholder& at : placeholders_) fill(*at.node, at.type, true);
  for (const Type* type : named) {
    Declaration alias;
    alias.form = DeclarationForm::type;
    alias.name = name(aliases_[type]);
    alias.type = tree_.new_type(TypeForm::name, {});
    fill(*alias.type, type, false);
    out.push_back(std::move(alias));
  }
}

// Requires: a closed type. Without leave for an alias this is the right side of its own.
void ReadBackTypes::fill(TypeNode& node, const Type* type, bool alias_allowed) {
  auto alias = aliases_.find(type);
  if (alias_allowed && alias != aliases_.end()) {
    node.form = TypeForm::name;
    node.name = name(alias->second);
    return;
  }
  // Nothing inside refers to what is around a closed type.
  std::vector<Enclosing> outer;
  outer.swap(enclosing_);
  if (!alias_allowed) {
    enclosing_.push_back({type, alias->second});
    fill_constructor(node, type);
    enclosing_.pop_back();
  } else {
    fill_open(node, type);
  }
  outer.swap(enclosing_);
}

// With `rec` around it when something inside refers to it.
void ReadBackTypes::fill_open(TypeNode& node, const Type* type) {
  enclosing_.push_back({type, {}});
  if (!type->recursive_body()) {
    fill_constructor(node, type);
  } else {
    enclosing_.back().name = unused_name("Self");
    TypeNode* body = tree_.new_type(TypeForm::name, {});
    fill_constructor(*body, type);
    node.form = TypeForm::recursive;
    node.name = name(enclosing_.back().name);
    node.body = body;
    taken_.erase(enclosing_.back().name);
  }
  enclosing_.pop_back();
}

TypeNode* ReadBackTypes::part(const Type* type) {
  TypeNode* node = tree_.new_type(TypeForm::name, {});
  if (type->is(Kind::recursive)) {
    SAMARA_ASSERT(type->distance() <= enclosing_.size());
    Enclosing& target = enclosing_[enclosing_.size() - type->distance()];
    node->name = name(target.name);
  } else if (type->closed()) {
    fill(*node, type, true);
  } else {
    fill_open(*node, type);
  }
  return node;
}

void ReadBackTypes::fill_constructor(TypeNode& node, const Type* type) {
  node.form = TypeForm::name;
  std::vector<TypeNode*> arguments;
  switch (type->kind()) {
    case Kind::ref:
    case Kind::array:
    case Kind::set:
    case Kind::dict:
    case Kind::vector:
    case Kind::matrix:
      for (uint32_t i = 0; i < type->arity(); i++) arguments.push_back(part(type->part(i)));
      node.arguments = tree_.copy(arguments);
      break;
    case Kind::struct_:
    case Kind::variant: {
      if (type == ir::location_type(types_)) {
        node.name = name("Location");
        return;
      }
      if (is_option(type)) {
        arguments.push_back(part(type->part(1)));
        node.arguments = tree_.copy(arguments);
        node.name = name("Option");
        return;
      }
      if (type->is(Kind::variant) && type->arity() == 0) break;
      std::vector<TypeField> fields;
      for (uint32_t i = 0; i < type->arity(); i++) {
        bool no_payload = type->is(Kind::variant) && type->part(i)->is(Kind::null);
        fields.push_back({name(type->name(i)), no_payload ? nullptr : part(type->part(i))});
      }
      node.form = type->is(Kind::struct_) ? TypeForm::structure : TypeForm::variant;
      node.fields = tree_.copy(fields);
      return;
    }
    case Kind::function:
    case Kind::async_function:
      for (uint32_t i = 0; i + 1 < type->arity(); i++) arguments.push_back(part(type->part(i)));
      node.form = TypeForm::function;
      node.is_async = type->is(Kind::async_function);
      node.arguments = tree_.copy(arguments);
      node.body = part(type->part(type->arity() - 1));
      return;
    default:
      break;
  }
  node.name = name(kind_name(type->kind()));
}

}  // namespace samara::lang
