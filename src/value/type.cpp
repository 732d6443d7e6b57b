#include "value/type.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>

#ifdef SAMARA_HOST
#include <mutex>
#endif

namespace samara {

namespace {
#ifdef SAMARA_HOST
using Lock = std::recursive_mutex;
#else
struct Lock {
  void lock() {}
  void unlock() {}
};
#endif
struct Guard {
  explicit Guard(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~Guard() { lock_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  Lock& lock_;
};

uint64_t mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 32);
}

uint64_t mix_text(uint64_t hash, std::string_view text) {
  uint64_t h = 0xcbf29ce484222325ULL;
  for (char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return mix(mix(hash, h), text.size());
}
}  // namespace

std::string_view kind_name(Kind kind) {
  switch (kind) {
#define SAMARA_KIND(id, name, tag_a, tag_b) \
  case Kind::id:                            \
    return name;
#include "value/kinds.def"
#undef SAMARA_KIND
  }
  return "?";
}

int32_t Type::index_of(std::string_view wanted) const {
  if (kind_ == Kind::variant && names_.size() > 8) {
    auto at = std::lower_bound(names_.begin(), names_.end(), wanted,
                               [](const std::string& a, std::string_view b) { return a < b; });
    if (at == names_.end() || *at != wanted) return -1;
    return static_cast<int32_t>(at - names_.begin());
  }
  for (size_t i = 0; i < names_.size(); i++) {
    if (names_[i] == wanted) return static_cast<int32_t>(i);
  }
  return -1;
}

struct TypeTable::Impl {
  Lock lock;
  std::deque<std::unique_ptr<Type>> types;
  std::unordered_multimap<uint64_t, Type*> by_hash;
  // Types reserved for unfolding are looked up by (body, position) through child().
};

TypeTable::TypeTable() : impl_(std::make_unique<Impl>()) {
  for (Kind kind : {Kind::never, Kind::null, Kind::boolean, Kind::integer, Kind::float_,
                    Kind::string, Kind::datetime, Kind::blob}) {
    Type type;
    type.kind_ = kind;
    primitives_[static_cast<unsigned>(kind)] = must(intern(std::move(type)));
  }
}

TypeTable::~TypeTable() = default;

const Type* TypeTable::primitive(Kind kind) const {
  const Type* type = primitives_[static_cast<unsigned>(kind)];
  SAMARA_ASSERT(type != nullptr);
  return type;
}

const Type* TypeTable::must(Result<const Type*> result) {
  SAMARA_ASSERT(result.has_value());
  return *result;
}

uint32_t TypeTable::size() const {
  Guard guard(impl_->lock);
  return static_cast<uint32_t>(impl_->types.size());
}

Result<const Type*> TypeTable::intern(Type&& c) {
  Guard guard(impl_->lock);
  uint64_t hash = mix(static_cast<uint64_t>(c.kind_) + 1, c.distance_);
  for (const Type* part : c.parts_) hash = mix(hash, part->hash_);
  for (const std::string& name : c.names_) hash = mix_text(hash, name);
  auto [first, last] = impl_->by_hash.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    const Type* t = at->second;
    if (t->kind_ == c.kind_ && t->distance_ == c.distance_ && t->parts_ == c.parts_ &&
        t->names_ == c.names_) {
      return t;
    }
  }
  c.hash_ = hash;
  uint64_t nodes = 1;
  uint32_t depth = 0;
  uint32_t free = 0;
  for (const Type* part : c.parts_) {
    nodes += part->node_count_;
    depth = std::max(depth, part->depth_);
    free = std::max(free, part->free_);
    c.immutable_ = c.immutable_ && part->immutable_;
    c.is_data_ = c.is_data_ && part->is_data_;
    c.has_recursion_ = c.has_recursion_ || part->has_recursion_;
  }
  if (nodes > k_type_nodes_max)
    return Error(Code::exhausted, "type has too many nodes (limit 1048576)");
  if (depth + 1 > k_type_depth_max)
    return Error(Code::exhausted, "type nests too deep (limit 256)");
  c.node_count_ = static_cast<uint32_t>(nodes);
  c.depth_ = depth + 1;
  switch (c.kind_) {
    case Kind::recursive:
      c.free_ = c.distance_;
      c.has_recursion_ = true;
      break;
    case Kind::ref:
    case Kind::array:
    case Kind::set:
    case Kind::dict:
    case Kind::vector:
    case Kind::matrix:
      c.immutable_ = false;
      c.free_ = free > 0 ? free - 1 : 0;
      break;
    case Kind::function:
    case Kind::async_function:
      c.immutable_ = false;
      c.is_data_ = false;
      c.free_ = free > 0 ? free - 1 : 0;
      break;
    default:
      c.free_ = free > 0 ? free - 1 : 0;
      break;
  }
  // Least encoded size; a reference counts as one byte, which is what any constructor it names
  // takes at least, unless that is an empty struct, and an empty struct cannot be recursive.
  uint64_t least = 0;
  switch (c.kind_) {
    case Kind::never:
    case Kind::null:
      break;
    case Kind::float_:
      least = 8;
      break;
    case Kind::struct_:
      for (const Type* part : c.parts_) least += part->min_bytes_;
      break;
    case Kind::variant:
      least = UINT32_MAX;
      for (const Type* part : c.parts_) least = std::min<uint64_t>(least, part->min_bytes_);
      least = c.parts_.empty() ? 1 : least + 1;
      break;
    default:
      least = 1;
      break;
  }
  c.min_bytes_ = static_cast<uint32_t>(std::min<uint64_t>(least, 1U << 20));
  c.id_ = static_cast<uint32_t>(impl_->types.size());
  auto owned = std::unique_ptr<Type>(new Type(std::move(c)));
  Type* type = owned.get();
  impl_->types.push_back(std::move(owned));
  impl_->by_hash.emplace(hash, type);
  if (type->closed()) close(type);
  return type;
}

// Replaces references that reach `root` (distance == depth of the reference below it) by root
// itself.
const Type* TypeTable::substitute(const Type* in, uint32_t depth, const Type* root) {
  if (in->free_ < depth) return in;  // nothing inside reaches out that far
  if (in->kind_ == Kind::recursive) return in->distance_ == depth ? root : in;
  Type copy;
  copy.kind_ = in->kind_;
  copy.names_ = in->names_;
  copy.parts_.reserve(in->parts_.size());
  for (const Type* part : in->parts_) copy.parts_.push_back(substitute(part, depth + 1, root));
  auto made = intern(std::move(copy));
  // Unfolding adds at most the size of the root for each reference; past the limit keep the open
  // form out of use by standing in the root, which validation refuses to accept as a foreign type.
  return made ? *made : root;
}

void TypeTable::close(Type* type) {
  // A part that reaches this node does so at depth 1 from itself.
  bool body = false;
  for (const Type* part : type->parts_) body = body || part->free_ >= 1;
  type->recursive_body_ = body;
  type->has_recursion_ = type->has_recursion_ || body;
  type->children_.reserve(type->parts_.size());
  for (const Type* part : type->parts_) {
    type->children_.push_back(part->free_ >= 1 ? substitute(part, 1, type) : part);
  }
}

const Type* TypeTable::ref(const Type* element) { return must(checked_unary(Kind::ref, element)); }
const Type* TypeTable::array(const Type* element) {
  return must(checked_unary(Kind::array, element));
}
const Type* TypeTable::set(const Type* key) { return must(checked_unary(Kind::set, key)); }
const Type* TypeTable::dict(const Type* key, const Type* value) {
  return must(checked_dict(key, value));
}
const Type* TypeTable::vector(const Type* element) {
  return must(checked_unary(Kind::vector, element));
}
const Type* TypeTable::matrix(const Type* element) {
  return must(checked_unary(Kind::matrix, element));
}

const Type* TypeTable::structure(std::span<const NamedType> fields) {
  return must(checked_named(Kind::struct_, fields));
}
const Type* TypeTable::structure(std::initializer_list<NamedType> fields) {
  return structure(std::span<const NamedType>(fields.begin(), fields.size()));
}

const Type* TypeTable::variant(std::span<const NamedType> cases) {
  std::vector<NamedType> sorted(cases.begin(), cases.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const NamedType& a, const NamedType& b) { return a.name < b.name; });
  return must(checked_named(Kind::variant, sorted));
}
const Type* TypeTable::variant(std::initializer_list<NamedType> cases) {
  return variant(std::span<const NamedType>(cases.begin(), cases.size()));
}

const Type* TypeTable::option(const Type* some) {
  return variant({{"none", null()}, {"some", some}});
}

const Type* TypeTable::function(std::span<const Type* const> inputs, const Type* output) {
  return must(checked_function(Kind::function, inputs, output));
}
const Type* TypeTable::function(std::initializer_list<const Type*> inputs, const Type* output) {
  return function(std::span<const Type* const>(inputs.begin(), inputs.size()), output);
}
const Type* TypeTable::async_function(std::span<const Type* const> inputs, const Type* output) {
  return must(checked_function(Kind::async_function, inputs, output));
}

const Type* TypeTable::recursive(uint32_t distance) {
  SAMARA_ASSERT(distance >= 1);
  Type type;
  type.kind_ = Kind::recursive;
  type.distance_ = distance;
  return must(intern(std::move(type)));
}

namespace {
// Sets and dictionary keys hold immutable data only; a reference out of them could not be one.
bool valid_key(const Type* key) { return key->immutable() && key->closed(); }
}  // namespace

Result<const Type*> TypeTable::checked_unary(Kind kind, const Type* element) {
  if (kind == Kind::set && !valid_key(element)) {
    return Error(Code::corrupt, "Set key type must be an immutable type");
  }
  if ((kind == Kind::vector || kind == Kind::matrix) && !element->is(Kind::float_) &&
      !element->is(Kind::integer) && !element->is(Kind::boolean)) {
    return Error(Code::corrupt, "Vector and Matrix elements must be Float, Integer or Boolean");
  }
  Type type;
  type.kind_ = kind;
  type.parts_ = {element};
  return intern(std::move(type));
}

Result<const Type*> TypeTable::checked_dict(const Type* key, const Type* value) {
  if (!valid_key(key)) return Error(Code::corrupt, "Dict key type must be an immutable type");
  Type type;
  type.kind_ = Kind::dict;
  type.parts_ = {key, value};
  return intern(std::move(type));
}

Result<const Type*> TypeTable::checked_named(Kind kind, std::span<const NamedType> parts) {
  Type type;
  type.kind_ = kind;
  type.parts_.reserve(parts.size());
  type.names_.reserve(parts.size());
  for (const NamedType& part : parts) {
    if (kind == Kind::variant && !type.names_.empty() && !(type.names_.back() < part.name)) {
      return Error(Code::corrupt, type.names_.back() == part.name ? "duplicate variant case"
                                                                  : "variant cases are not sorted");
    }
    type.parts_.push_back(part.type);
    type.names_.emplace_back(part.name);
  }
  if (kind == Kind::struct_) {
    std::vector<std::string_view> sorted(type.names_.begin(), type.names_.end());
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      return Error(Code::corrupt, "duplicate struct field");
    }
  }
  return intern(std::move(type));
}

Result<const Type*> TypeTable::checked_function(Kind kind, std::span<const Type* const> inputs,
                                                const Type* output) {
  Type type;
  type.kind_ = kind;
  type.parts_.assign(inputs.begin(), inputs.end());
  type.parts_.push_back(output);
  return intern(std::move(type));
}

}  // namespace samara
