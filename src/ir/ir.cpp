#include "ir/ir.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>

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

namespace {

// Numbers by hash of what they stand for; the caller compares. Open addressing: programs intern
// something for every node, and a node-based table would allocate each time.
class NumberTable {
 public:
  /// The number that `same` accepts, or k_none.
  template <typename Same>
  uint32_t find(uint64_t hash, Same&& same) const {
    if (slots_.empty()) return k_none;
    auto tag = static_cast<uint32_t>(hash >> 32);
    for (size_t at = start(hash);; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.number == k_none) return k_none;
      if (slot.tag == tag && same(slot.number)) return slot.number;
    }
  }

  void add(uint64_t hash, uint32_t number) {
    if (4 * (used_ + 1) > 3 * slots_.size()) grow();
    place(hash, number);
    used_++;
  }

  static constexpr uint32_t k_none = UINT32_MAX;

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t number = k_none;
    uint64_t hash = 0;
  };
  size_t mask() const { return slots_.size() - 1; }
  size_t start(uint64_t hash) const { return static_cast<size_t>(hash) & mask(); }
  void place(uint64_t hash, uint32_t number) {
    size_t at = start(hash);
    while (slots_[at].number != k_none) at = (at + 1) & mask();
    slots_[at] = {static_cast<uint32_t>(hash >> 32), number, hash};
  }
  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 16 : 2 * old.size(), Slot{});
    for (const Slot& slot : old) {
      if (slot.number != k_none) place(slot.hash, slot.number);
    }
  }

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace

struct Program::Tables {
  NumberTable names;
  NumberTable locations;
};

namespace {

#ifdef SAMARA_HOST
constexpr size_t k_chunk_words = 2048;
#else
constexpr size_t k_chunk_words = 128;
#endif

uint64_t hash_text(std::string_view text) {
  uint64_t hash = text.size() * 0x9e3779b97f4a7c15ULL;
  auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
    hash ^= hash >> 32;
  };
  size_t at = 0;
  uint64_t word = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::memcpy(&word, text.data() + at, 8);
    mix(word);
  }
  if (at < text.size()) {
    word = 0;
    std::memcpy(&word, text.data() + at, text.size() - at);
    mix(word);
  }
  return hash;
}

uint64_t hash_location(uint64_t hash, std::string_view filename, int64_t line, int64_t column) {
  hash ^= hash_text(filename);
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
  uint64_t hash = hash_text(text);
  NameId known = tables_->names.find(hash, [&](NameId id) { return names_[id] == text; });
  if (known != NumberTable::k_none) return known;
  std::span<char> copied = copy(std::span<const char>(text.data(), text.size()));
  auto id = static_cast<NameId>(names_.size());
  names_.emplace_back(copied.data(), copied.size());
  tables_->names.add(hash, id);
  return id;
}

LocationId Program::intern(std::string_view filename, int64_t line, int64_t column) {
  uint64_t hash = hash_location(k_location_seed, filename, line, column);
  LocationId known = tables_->locations.find(hash, [&](LocationId id) {
    const LocationList& list = locations_[id];
    return list.size() == 1 && list[0].line == line && list[0].column == column &&
           list[0].filename == filename;
  });
  if (known != NumberTable::k_none) return known;
  auto id = static_cast<LocationId>(locations_.size());
  LocationList& list = locations_.emplace_back();
  list.push_back({std::string(filename), line, column});
  tables_->locations.add(hash, id);
  return id;
}

LocationId Program::intern(const LocationList& list) {
  uint64_t hash = k_location_seed;
  for (const Location& at : list) hash = hash_location(hash, at.filename, at.line, at.column);
  LocationId known =
      tables_->locations.find(hash, [&](LocationId id) { return locations_[id] == list; });
  if (known != NumberTable::k_none) return known;
  auto id = static_cast<LocationId>(locations_.size());
  locations_.push_back(list);
  tables_->locations.add(hash, id);
  return id;
}

std::string location_text(const LocationList& list) {
  if (list.empty()) return "<unknown> 0:0";
  const Location& at = list.front();
  return at.filename + " " + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace samara::ir
