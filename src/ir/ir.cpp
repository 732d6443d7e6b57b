#include "ir/ir.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <unordered_map>

namespace samara::ir {

std::string_view op_name(Op op) {
  switch (op) {
#define SAMARA_NODE(id, name, tag_a, tag_b) \
  case Op::id:                              \
    return name;
#include "ir/nodes.def"
#undef SAMARA_NODE
  }
  return "?";
}

struct Program::Tables {
  std::unordered_map<std::string_view, NameId> names;
  std::unordered_multimap<uint64_t, LocationId> locations;
};

namespace {

#ifdef SAMARA_HOST
constexpr size_t k_chunk_words = 2048;
#else
constexpr size_t k_chunk_words = 128;
#endif

uint64_t hash_location(uint64_t hash, std::string_view filename, int64_t line, int64_t column) {
  hash ^= std::hash<std::string_view>{}(filename);
  hash = (hash ^ static_cast<uint64_t>(line)) * 0x9e3779b97f4a7c15ULL;
  hash = (hash ^ (hash >> 29) ^ static_cast<uint64_t>(column)) * 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 32);
}

constexpr uint64_t k_location_seed = 0x2545f4914f6cdd1dULL;

}  // namespace

Program::Program(TypeTable& types) : types_(types), tables_(std::make_unique<Tables>()) {
  intern(std::string_view{});
  intern(LocationList{});
}

Program::~Program() = default;

void* Program::allocate(size_t size) {
  size_t words = (size + 7) / 8;
  if (words > chunk_left_) {
    size_t chunk = std::max(words, k_chunk_words);
    chunks_.push_back(std::make_unique<uint64_t[]>(chunk));
    chunk_next_ = chunks_.back().get();
    chunk_left_ = chunk;
  }
  void* out = chunk_next_;
  chunk_next_ += words;
  chunk_left_ -= words;
  return out;
}

template <typename T>
std::span<T> Program::copy(std::span<const T> from) {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= alignof(uint64_t));
  if (from.empty()) return {};
  T* to = static_cast<T*>(allocate(from.size_bytes()));
  std::uninitialized_copy(from.begin(), from.end(), to);
  return {to, from.size()};
}

Node* Program::new_node(Op op, const Type* type, LocationId location) {
  static_assert(std::is_trivially_destructible_v<Node> && alignof(Node) <= alignof(uint64_t));
  Node* node = new (allocate(sizeof(Node))) Node;
  node->op = op;
  node->type = type;
  node->location = location;
  node_count_++;
  return node;
}

std::span<Node*> Program::new_kids(std::span<Node* const> kids) { return copy(kids); }
std::span<NameId> Program::new_names(std::span<const NameId> names) { return copy(names); }
std::span<const Type*> Program::new_types(std::span<const Type* const> types) {
  return copy(types);
}

NameId Program::intern(std::string_view text) {
  auto at = tables_->names.find(text);
  if (at != tables_->names.end()) return at->second;
  std::span<char> copied = copy(std::span<const char>(text.data(), text.size()));
  std::string_view kept(copied.data(), copied.size());
  auto id = static_cast<NameId>(names_.size());
  names_.push_back(kept);
  tables_->names.emplace(kept, id);
  return id;
}

LocationId Program::intern(std::string_view filename, int64_t line, int64_t column) {
  uint64_t hash = hash_location(k_location_seed, filename, line, column);
  auto [first, last] = tables_->locations.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    const LocationList& list = locations_[at->second];
    if (list.size() == 1 && list[0].line == line && list[0].column == column &&
        list[0].filename == filename) {
      return at->second;
    }
  }
  auto id = static_cast<LocationId>(locations_.size());
  locations_.push_back({Location{std::string(filename), line, column}});
  tables_->locations.emplace(hash, id);
  return id;
}

LocationId Program::intern(const LocationList& list) {
  uint64_t hash = k_location_seed;
  for (const Location& at : list) hash = hash_location(hash, at.filename, at.line, at.column);
  auto [first, last] = tables_->locations.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    if (locations_[at->second] == list) return at->second;
  }
  auto id = static_cast<LocationId>(locations_.size());
  locations_.push_back(list);
  tables_->locations.emplace(hash, id);
  return id;
}

std::string location_text(const LocationList& list) {
  if (list.empty()) return "<unknown> 0:0";
  const Location& at = list.front();
  return at.filename + " " + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace samara::ir
