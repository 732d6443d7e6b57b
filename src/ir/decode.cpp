#include "ir/decode.hpp"

#include <algorithm>

#include "ir/node_fields.hpp"
#include "value/object.hpp"
#include "value/type_value.hpp"

namespace samara::ir {

namespace {

// Walks the East value of a program. The path is kept as steps, not as text: it is needed only for
// a message.
class NodeReader {
 public:
  NodeReader(TypeTable& types, Dialect dialect, size_t nodes_max)
      : dialect_(dialect), nodes_max_(nodes_max), types_(types, dialect) {}

  Result<std::unique_ptr<Program>> program(TypeTable& types, Slot value) {
    program_ = std::make_unique<Program>(types);
    SAMARA_TRY(Node * root, node(value));
    if (root->op != Op::function && root->op != Op::async_function) {
      return Error(Code::corrupt,
                   "Expected function expression, got a " + std::string(op_name(root->op)));
    }
    program_->set_root(root);
    return std::move(program_);
  }

  Result<CapturedVariables> captures(TypeTable& types, Slot value) {
    program_ = std::make_unique<Program>(types);
    Op op = op_of_tag(case_of(value), dialect_);
    if (op != Op::function && op != Op::async_function) {
      return Error(Code::corrupt, "Expected Function IR, got " + std::string(op_name(op)));
    }
    Node holder;
    holder.op = op;
    SAMARA_CHECK(
        kids_of(holder, {"captures", FieldShape::captures}, field_of(payload_of(value), 2)));
    CapturedVariables out;
    for (const Node* kid : kids_) {
      out.names.emplace_back(program_->name(kid->name));
      out.types.push_back(kid->type);
    }
    return out;
  }

 private:
  struct Step {
    std::string_view field;
    int64_t index = -1;
    const Object* array = nullptr;
  };

  Error fail(std::string_view what, Code code = Code::corrupt) const {
    std::string text;
    // A path of thousands of steps says no more than its end.
    constexpr size_t k_steps_shown = 24;
    size_t first = path_.size() > k_steps_shown ? path_.size() - k_steps_shown : 0;
    if (first > 0) text = "…";
    for (size_t i = first; i < path_.size(); i++) {
      if (!text.empty()) text += '/';
      text += path_[i].field;
      if (path_[i].index >= 0) text += "/" + std::to_string(path_[i].index);
    }
    return Error(code, (text.empty() ? "" : "IR node " + text + ": ") + std::string(what));
  }

  Error fail(Error inner) const {
    Error out = fail(inner.message(), inner.code);
    out.domain = inner.domain;
    out.detail = inner.detail;
    return out;
  }

  // At the depth limit: a value that contains itself is told apart from one that is merely deep.
  Error too_deep(LocationId location) const {
    std::vector<const Object*> arrays;
    for (const Step& step : path_) {
      if (step.array != nullptr) arrays.push_back(step.array);
    }
    std::sort(arrays.begin(), arrays.end());
    if (std::adjacent_find(arrays.begin(), arrays.end()) != arrays.end()) {
      return Error(Code::corrupt, "Circular IR reference detected at " +
                                      location_text(program_->location(location)));
    }
    return Error(Code::exhausted,
                 "IR nests too deep (limit " + std::to_string(k_ir_depth_max) + ")");
  }

  Result<const Type*> type(Slot value) {
    auto read = types_.read(value);
    if (!read) return fail(std::move(read).error());
    return read;
  }

  LocationId location(Slot value) {
    if (dialect_ == Dialect::a) return one_location(value);
    auto list = as<ArrayObject>(value)->slots();
    if (list.size() == 1) return one_location(list[0]);
    LocationList out;
    out.reserve(list.size());
    for (Slot at : list) {
      out.push_back({std::string(text_of(field_of(at, 0))), field_of(at, 1).integer(),
                     field_of(at, 2).integer()});
    }
    return program_->intern(out);
  }

  LocationId one_location(Slot value) {
    return program_->intern(text_of(field_of(value, 0)), field_of(value, 1).integer(),
                            field_of(value, 2).integer());
  }

  Result<Node*> node(Slot value) {
    Slot payload = payload_of(value);
    LocationId at = location(field_of(payload, 1));
    if (depth_ >= k_ir_depth_max) return too_deep(at);
    if (program_->node_count() >= nodes_max_) {
      return Error(Code::exhausted,
                   "IR has too many nodes (limit " + std::to_string(nodes_max_) + ")");
    }
    SAMARA_TRY(const Type* node_type, type(field_of(payload, 0)));
    Node* out = program_->new_node(op_of_tag(case_of(value), dialect_), node_type, at);
    size_t first_kid = kids_.size();
    depth_++;
    auto read = fields(*out, payload);
    depth_--;
    if (!read) return std::move(read).error();
    out->kids = program_->new_kids(std::span(kids_).subspan(first_kid));
    kids_.resize(first_kid);
    return out;
  }

  Result<void> fields(Node& out, Slot payload) {
    uint32_t index = 2;
    for (const NodeField& field : node_fields(out.op)) {
      if (field.only_dialect_b && dialect_ == Dialect::a) continue;
      Slot value = field_of(payload, index++);
      switch (field.shape) {
        case FieldShape::node:
        case FieldShape::variable:
          SAMARA_CHECK(kid(value, field.name, -1, nullptr, field.shape == FieldShape::variable));
          break;
        case FieldShape::nodes:
        case FieldShape::captures:
        case FieldShape::parameters:
          SAMARA_CHECK(kids_of(out, field, value));
          break;
        case FieldShape::branches:
        case FieldShape::entries:
        case FieldShape::cases:
        case FieldShape::fields:
          SAMARA_CHECK(rows_of(out, field, value));
          break;
        case FieldShape::types:
          SAMARA_CHECK(type_list(out, value));
          break;
        default:
          SAMARA_CHECK(plain(out, field.shape, value));
      }
    }
    return {};
  }

  // Appends one kid to kids_.
  Result<void> kid(Slot value, std::string_view field, int64_t index, const Object* array,
                   bool variable) {
    path_.push_back({field, index, array});
    auto read = node(value);
    if (!read) return std::move(read).error();
    if (variable && (*read)->op != Op::variable) {
      return fail("expected a Variable node, got " + std::string(op_name((*read)->op)));
    }
    path_.pop_back();
    kids_.push_back(*read);
    return {};
  }

  Result<void> kids_of(Node& out, const NodeField& field, Slot value) {
    auto list = as<ArrayObject>(value)->slots();
    bool variables = field.shape != FieldShape::nodes;
    for (size_t i = 0; i < list.size(); i++) {
      SAMARA_CHECK(kid(list[i], field.name, static_cast<int64_t>(i), value.object(), variables));
    }
    auto count = static_cast<uint32_t>(list.size());
    if (field.shape == FieldShape::captures) out.count_a = count;
    if (field.shape == FieldShape::parameters) out.count_b = count;
    return {};
  }

  // Arrays of small structs: a name where the struct has one, then one or two nodes.
  Result<void> rows_of(Node& out, const NodeField& field, Slot value) {
    auto list = as<ArrayObject>(value)->slots();
    bool named = field.shape == FieldShape::cases || field.shape == FieldShape::fields;
    uint32_t nodes = field.shape == FieldShape::fields ? 1 : 2;
    size_t first_name = names_.size();
    for (size_t i = 0; i < list.size(); i++) {
      uint32_t at = 0;
      if (named) names_.push_back(program_->intern(text_of(field_of(list[i], at++))));
      for (uint32_t k = 0; k < nodes; k++) {
        bool variable = field.shape == FieldShape::cases && k == 0;
        SAMARA_CHECK(kid(field_of(list[i], at + k), field.name, static_cast<int64_t>(i),
                         value.object(), variable));
      }
    }
    if (named) {
      out.names = program_->new_names(std::span(names_).subspan(first_name));
      names_.resize(first_name);
    }
    return {};
  }

  Result<void> type_list(Node& out, Slot value) {
    auto list = as<ArrayObject>(value)->slots();
    std::vector<const Type*> read;
    read.reserve(list.size());
    for (Slot item : list) {
      SAMARA_TRY(const Type* one, type(item));
      read.push_back(one);
    }
    out.type_parameters = program_->new_types(read);
    return {};
  }

  Result<void> plain(Node& out, FieldShape shape, Slot value) {
    switch (shape) {
      case FieldShape::name:
        out.name = program_->intern(text_of(value));
        break;
      case FieldShape::label:
        out.name = program_->intern(text_of(field_of(value, 0)));
        out.label_location = location(field_of(value, 1));
        break;
      case FieldShape::is_mutable:
        out.is_mutable = value.boolean();
        break;
      case FieldShape::captured:
        out.captured = value.boolean();
        break;
      case FieldShape::is_async:
        out.is_async = value.boolean();
        break;
      case FieldShape::optional:
        out.optional = value.boolean();
        break;
      case FieldShape::rows:
        out.rows = value.integer();
        break;
      case FieldShape::columns:
        out.columns = value.integer();
        break;
      case FieldShape::literal:
        return literal(out, value);
      default:
        SAMARA_ASSERT(!"field shape is not plain");
    }
    return {};
  }

  Result<void> literal(Node& out, Slot value) {
    out.literal_kind = literal_kind(case_of(value));
    Slot payload = payload_of(value);
    if (out.literal_kind == Kind::string || out.literal_kind == Kind::blob) {
      BytesObject* copied = program_->literals().new_bytes(bytes_of(payload));
      if (copied == nullptr)
        return Error(Code::exhausted, "literals of the program take too much memory");
      payload = Slot::of(copied);
    }
    out.literal = payload;
    return {};
  }

  Dialect dialect_;
  size_t nodes_max_;
  TypeReader types_;
  std::unique_ptr<Program> program_;
  uint32_t depth_ = 0;
  std::vector<Step> path_;
  // Stacks shared by all levels: each level takes what it pushed.
  std::vector<Node*> kids_;
  std::vector<NameId> names_;
};

}  // namespace

Result<std::unique_ptr<Program>> from_value(TypeTable& types, Slot value, Dialect dialect,
                                            size_t nodes_max) {
  SAMARA_TRY(std::unique_ptr<Program> program,
             NodeReader(types, dialect, nodes_max).program(types, value));
  program->set_dialect(dialect);
  return program;
}

Result<CapturedVariables> captured_variables(TypeTable& types, Slot value, Dialect dialect) {
  return NodeReader(types, dialect, k_ir_nodes_max).captures(types, value);
}

}  // namespace samara::ir
