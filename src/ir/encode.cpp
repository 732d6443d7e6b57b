#include "ir/encode.hpp"

#include <algorithm>

#include "ir/ir_type.hpp"
#include "ir/node_fields.hpp"
#include "ir/shared_types.hpp"
#include "value/beast2.hpp"
#include "value/json.hpp"
#include "value/type_value.hpp"

namespace samara::ir {

namespace {

class NodeWriter {
 public:
  NodeWriter(Heap& heap, const Program& program, Dialect dialect, EncodeOptions options)
      : heap_(heap),
        program_(program),
        dialect_(dialect),
        options_(options),
        shared_types_(heap, dialect) {}

  Result<Slot> node(const Node& in) {
    int32_t tag = op_tag(in.op, dialect_);
    if (tag < 0) return lacks(op_name(in.op));
    if (depth_ >= k_ir_depth_max) {
      return Error(Code::exhausted,
                   "IR nests too deep (limit " + std::to_string(k_ir_depth_max) + ")");
    }
    if (heap_.exhausted()) return no_memory();
    depth_++;
    auto fields = payload(in);
    depth_--;
    if (!fields) return fields;
    return Slot::of(heap_.new_tagged(static_cast<uint32_t>(tag), *fields));
  }

 private:
  static Error lacks(std::string_view what) {
    return Error(Code::unsupported, "dialect A cannot express " + std::string(what));
  }
  static Error no_memory() {
    return Error(Code::exhausted, "the program's value takes too much memory");
  }

  Result<Slot> type(const Type* in) {
    if (!type_fits(in, dialect_)) return lacks("the types Vector and Matrix");
    if (options_.share_types) return shared_types_.value(in);
    TypeValueCache fresh(false);
    return type_to_value(heap_, in, dialect_, fresh);
  }

  Result<Slot> text(std::string_view in) {
    BytesObject* made = heap_.new_text(in);
    if (made == nullptr) return no_memory();
    return Slot::of(made);
  }

  Result<Slot> array(std::span<const Slot> items) {
    ArrayObject* made = heap_.new_array(items.size());
    if (made == nullptr) return no_memory();
    std::copy(items.begin(), items.end(), made->data);
    return Slot::of(made);
  }

  Slot record(std::initializer_list<Slot> fields) {
    FieldsObject* made = heap_.new_fields(static_cast<uint32_t>(fields.size()));
    std::copy(fields.begin(), fields.end(), made->fields());
    return Slot::of(made);
  }

  Result<Slot> one_location(const Location& at) {
    SAMARA_TRY(Slot filename, text(at.filename));
    return record({filename, Slot::of(at.line), Slot::of(at.column)});
  }

  Result<Slot> location(LocationId id) {
    const LocationList& list = options_.locations ? program_.location(id) : program_.location(0);
    if (dialect_ == Dialect::a) {
      if (list.empty()) return one_location({"<unknown>", 0, 0});
      return one_location(list.front());
    }
    std::vector<Slot> items;
    items.reserve(list.size());
    for (const Location& at : list) {
      SAMARA_TRY(Slot item, one_location(at));
      items.push_back(item);
    }
    return array(items);
  }

  Result<Slot> payload(const Node& in) {
    std::vector<Slot> slots;
    slots.reserve(8);
    SAMARA_TRY(Slot node_type, type(in.type));
    SAMARA_TRY(Slot at, location(in.location));
    slots.push_back(node_type);
    slots.push_back(at);
    size_t kid = 0;
    for (const NodeField& field : node_fields(in.op)) {
      if (field.only_dialect_b && dialect_ == Dialect::a) {
        if (!in.type_parameters.empty()) return lacks("type parameters of a platform function");
        if (in.optional) return lacks("an optional platform function");
        continue;
      }
      SAMARA_TRY(Slot value, value_of(in, field.shape, kid));
      slots.push_back(value);
    }
    FieldsObject* made = heap_.new_fields(static_cast<uint32_t>(slots.size()));
    std::copy(slots.begin(), slots.end(), made->fields());
    return Slot::of(made);
  }

  // `kid` is the first kid that no field has taken yet.
  Result<Slot> value_of(const Node& in, FieldShape shape, size_t& kid) {
    switch (shape) {
      case FieldShape::node:
      case FieldShape::variable:
        return node(*in.kids[kid++]);
      case FieldShape::captures:
        return nodes(in, kid, in.count_a);
      case FieldShape::parameters:
        return nodes(in, kid, in.count_b);
      case FieldShape::nodes:
        return nodes(in, kid, in.kids.size() - kid);
      case FieldShape::branches:
        return rows(in, false, 2, (in.kids.size() - 1) / 2, kid);
      case FieldShape::entries:
        return rows(in, false, 2, in.kids.size() / 2, kid);
      case FieldShape::cases:
        return rows(in, true, 2, in.names.size(), kid);
      case FieldShape::fields:
        return rows(in, true, 1, in.names.size(), kid);
      case FieldShape::types:
        return type_list(in);
      default:
        return plain(in, shape);
    }
  }

  Result<Slot> nodes(const Node& in, size_t& kid, size_t count) {
    std::vector<Slot> items;
    items.reserve(count);
    for (size_t i = 0; i < count; i++) {
      SAMARA_TRY(Slot item, node(*in.kids[kid++]));
      items.push_back(item);
    }
    return array(items);
  }

  Result<Slot> rows(const Node& in, bool named, uint32_t width, size_t count, size_t& kid) {
    std::vector<Slot> items;
    items.reserve(count);
    for (size_t i = 0; i < count; i++) {
      FieldsObject* row = heap_.new_fields(width + (named ? 1U : 0U));
      uint32_t at = 0;
      if (named) {
        SAMARA_TRY(row->fields()[at++], text(program_.name(in.names[i])));
      }
      for (uint32_t k = 0; k < width; k++) {
        SAMARA_TRY(row->fields()[at++], node(*in.kids[kid++]));
      }
      items.push_back(Slot::of(row));
    }
    return array(items);
  }

  Result<Slot> type_list(const Node& in) {
    std::vector<Slot> items;
    for (const Type* parameter : in.type_parameters) {
      SAMARA_TRY(Slot item, type(parameter));
      items.push_back(item);
    }
    return array(items);
  }

  Result<Slot> plain(const Node& in, FieldShape shape) {
    switch (shape) {
      case FieldShape::name:
        return text(program_.name(in.name));
      case FieldShape::label: {
        SAMARA_TRY(Slot name, text(program_.name(in.name)));
        SAMARA_TRY(Slot at, location(in.label_location));
        return record({name, at});
      }
      case FieldShape::is_mutable:
        return Slot::of(in.is_mutable);
      case FieldShape::captured:
        return Slot::of(in.captured);
      case FieldShape::is_async:
        return Slot::of(in.is_async);
      case FieldShape::optional:
        return Slot::of(in.optional);
      case FieldShape::rows:
        return Slot::of(in.rows);
      case FieldShape::columns:
        return Slot::of(in.columns);
      case FieldShape::literal:
        return literal(in);
      default:
        SAMARA_ASSERT(!"field shape is not plain");
    }
    return Slot::null();
  }

  Result<Slot> literal(const Node& in) {
    auto tag = static_cast<uint32_t>(literal_tag(in.literal_kind));
    if (in.literal_kind == Kind::null) return Slot::bare_case(tag);
    Slot payload = in.literal;
    if (in.literal_kind == Kind::string || in.literal_kind == Kind::blob) {
      SAMARA_TRY(payload, text(text_of(in.literal)));
    }
    return Slot::of(heap_.new_tagged(tag, payload));
  }

  Heap& heap_;
  const Program& program_;
  Dialect dialect_;
  EncodeOptions options_;
  SharedTypes shared_types_;
  uint32_t depth_ = 0;
};

}  // namespace

Result<Slot> to_value(Heap& heap, const Program& program, Dialect dialect, EncodeOptions options) {
  SAMARA_ASSERT(program.root() != nullptr);
  return to_value(heap, program, *program.root(), dialect, options);
}

Result<Slot> to_value(Heap& heap, const Program& program, const Node& node, Dialect dialect,
                      EncodeOptions options) {
  return NodeWriter(heap, program, dialect, options).node(node);
}

Result<Bytes> to_beast2(const Program& program, Dialect dialect, EncodeOptions options) {
  if (options.schemas == nullptr) {
    IrSchemas schemas(program.types());
    options.schemas = &schemas;
    return to_beast2(program, dialect, options);
  }
  Heap heap;
  SAMARA_TRY(Slot value, to_value(heap, program, dialect, options));
  Beast2Options format;
  format.dialect = dialect;
  format.plan = &options.schemas->plan();
  return encode_beast2(options.schemas->type(dialect), value, format);
}

Result<std::string> to_json(const Program& program, Dialect dialect) {
  Heap heap;
  SAMARA_TRY(Slot value, to_value(heap, program, dialect, {.share_types = false}));
  return print_json(ir_type(program.types(), dialect), value);
}

}  // namespace samara::ir
