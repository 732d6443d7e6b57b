#include "ir/debug_info.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "value/beast2.hpp"

namespace samara::ir {

namespace {

bool has_label(Op op) {
  return op == Op::for_array || op == Op::for_dict || op == Op::for_set || op == Op::while_ ||
         op == Op::break_ || op == Op::continue_;
}

template <typename NodeType, typename F>
void preorder(NodeType* node, F& visit) {
  visit(*node);
  for (Node* kid : node->kids) preorder<NodeType, F>(kid, visit);
}

}  // namespace

DebugInfo locations_of(const Program& program) {
  DebugInfo out;
  std::unordered_map<LocationId, uint32_t> numbers;
  auto number = [&](LocationId id) {
    auto [at, added] = numbers.try_emplace(id, static_cast<uint32_t>(out.locations.size()));
    if (added) out.locations.push_back(program.location(id));
    return at->second;
  };
  auto visit = [&](const Node& node) {
    out.nodes.push_back(number(node.location));
    if (has_label(node.op)) out.labels.push_back(number(node.label_location));
  };
  preorder(program.root(), visit);
  return out;
}

namespace {

// Canonical names are `_` and a number; anything else stays as it is.
template <typename Lookup>
NameId original_name(Program& program, NameId name, const std::vector<std::string>& names,
                     Lookup& cache) {
  auto known = cache.find(name);
  if (known != cache.end()) return known->second;
  std::string_view text = program.name(name);
  NameId out = name;
  if (text.size() > 1 && text.size() < 10 && text[0] == '_') {
    size_t number = 0;
    bool digits = true;
    for (char c : text.substr(1)) {
      digits = digits && c >= '0' && c <= '9';
      number = number * 10 + (static_cast<unsigned char>(c) - unsigned{'0'});
    }
    if (digits && number < names.size()) out = program.intern(names[number]);
  }
  cache.emplace(name, out);
  return out;
}

}  // namespace

Result<void> attach(Program& program, const DebugInfo& debug) {
  size_t nodes = 0;
  size_t labels = 0;
  auto count = [&](const Node& node) {
    nodes++;
    if (has_label(node.op)) labels++;
  };
  preorder(program.root(), count);
  if (nodes != debug.nodes.size() || labels != debug.labels.size()) {
    return Error(Code::type_mismatch, "debug information belongs to another program");
  }
  std::vector<LocationId> locations;
  locations.reserve(debug.locations.size());
  for (const LocationList& list : debug.locations) locations.push_back(program.intern(list));
  for (const auto* indices : {&debug.nodes, &debug.labels}) {
    for (uint32_t index : *indices) {
      if (index >= locations.size()) {
        return Error(Code::corrupt, "debug information has a location out of range");
      }
    }
  }
  size_t next_node = 0;
  size_t next_label = 0;
  std::unordered_map<NameId, NameId> variable_names;
  std::unordered_map<NameId, NameId> label_names;
  auto place = [&](Node& node) {
    node.location = locations[debug.nodes[next_node++]];
    if (node.op == Op::variable) {
      node.name = original_name(program, node.name, debug.variables, variable_names);
    }
    if (!has_label(node.op)) return;
    node.label_location = locations[debug.labels[next_label++]];
    node.name = original_name(program, node.name, debug.label_names, label_names);
  };
  preorder(program.mutable_root(), place);
  return {};
}

const Type* debug_info_type(TypeTable& types) {
  const Type* integers = types.array(types.integer());
  const Type* texts = types.array(types.string());
  const Type* place = types.structure(
      {{"file", types.integer()}, {"line", types.integer()}, {"column", types.integer()}});
  return types.structure({{"files", texts},
                          {"locations", types.array(types.array(place))},
                          {"nodes", integers},
                          {"labels", integers},
                          {"variables", texts},
                          {"label_names", texts}});
}

namespace {

class DebugWriter {
 public:
  explicit DebugWriter(Heap& heap) : heap_(heap) {}

  Slot write(const DebugInfo& debug) {
    std::vector<std::string> files;
    std::map<std::string_view, int64_t> numbers;
    Slot locations = list(debug.locations, [&](const LocationList& stack) {
      return list(stack, [&](const Location& at) {
        auto [file, added] = numbers.try_emplace(at.filename, static_cast<int64_t>(files.size()));
        if (added) files.push_back(at.filename);
        return record({Slot::of(file->second), Slot::of(at.line), Slot::of(at.column)});
      });
    });
    return record({texts(files), locations, integers(debug.nodes), integers(debug.labels),
                   texts(debug.variables), texts(debug.label_names)});
  }
  bool ok() const { return ok_ && !heap_.exhausted(); }

 private:
  template <typename T, typename F>
  Slot list(const std::vector<T>& items, F&& make) {
    ArrayObject* out = heap_.new_array();
    for (const T& item : items) ok_ = heap_.push(out, make(item)) && ok_;
    return Slot::of(out);
  }
  Slot integers(const std::vector<uint32_t>& items) {
    return list(items, [](uint32_t item) { return Slot::of(static_cast<int64_t>(item)); });
  }
  Slot texts(const std::vector<std::string>& items) {
    return list(items, [this](const std::string& item) {
      BytesObject* made = heap_.new_text(item);
      ok_ = ok_ && made != nullptr;
      return Slot::of(made);
    });
  }
  Slot record(std::initializer_list<Slot> fields) {
    FieldsObject* made = heap_.new_fields(static_cast<uint32_t>(fields.size()));
    std::copy(fields.begin(), fields.end(), made->fields());
    return Slot::of(made);
  }

  Heap& heap_;
  bool ok_ = true;
};

std::vector<std::string> read_texts(Slot value) {
  std::vector<std::string> out;
  for (Slot item : as<ArrayObject>(value)->slots()) out.emplace_back(text_of(item));
  return out;
}

Result<std::vector<uint32_t>> read_indices(Slot value, size_t limit) {
  std::vector<uint32_t> out;
  for (Slot item : as<ArrayObject>(value)->slots()) {
    int64_t index = item.integer();
    if (index < 0 || static_cast<uint64_t>(index) >= limit) {
      return Error(Code::corrupt, "debug information has a location out of range");
    }
    out.push_back(static_cast<uint32_t>(index));
  }
  return out;
}

}  // namespace

Result<Bytes> encode_debug_info(const DebugInfo& debug) {
  TypeTable types;
  Heap heap;
  DebugWriter writer(heap);
  Slot value = writer.write(debug);
  if (!writer.ok()) return Error(Code::exhausted, "debug information takes too much memory");
  return encode_beast2(debug_info_type(types), value);
}

Result<DebugInfo> decode_debug_info(ByteView bytes) {
  TypeTable types;
  Heap heap;
  SAMARA_TRY(Slot value, decode_beast2(bytes, debug_info_type(types), types, heap));
  std::vector<std::string> files = read_texts(field_of(value, 0));
  DebugInfo out;
  for (Slot stack : as<ArrayObject>(field_of(value, 1))->slots()) {
    LocationList list;
    for (Slot at : as<ArrayObject>(stack)->slots()) {
      int64_t file = field_of(at, 0).integer();
      if (file < 0 || static_cast<uint64_t>(file) >= files.size()) {
        return Error(Code::corrupt, "debug information has a file out of range");
      }
      list.push_back(
          {files[static_cast<size_t>(file)], field_of(at, 1).integer(), field_of(at, 2).integer()});
    }
    out.locations.push_back(std::move(list));
  }
  SAMARA_TRY(out.nodes, read_indices(field_of(value, 2), out.locations.size()));
  SAMARA_TRY(out.labels, read_indices(field_of(value, 3), out.locations.size()));
  out.variables = read_texts(field_of(value, 4));
  out.label_names = read_texts(field_of(value, 5));
  return out;
}

}  // namespace samara::ir
