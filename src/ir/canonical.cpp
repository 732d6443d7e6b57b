#include "ir/canonical.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/sha256.hpp"
#include "ir/encode.hpp"
#include "ir/scopes.hpp"
#include "value/beast2.hpp"

namespace samara::ir {

namespace {

// Copies a program in one walk. Variables are numbered where they are defined: parameters in order,
// a Let before its value, variables of loops, cases and handlers before the body they belong to.
// The order of captures is that of first use, which is known when the body has been copied.
class Canonicalizer {
 public:
  explicit Canonicalizer(const Program& in)
      : in_(in),
        out_(std::make_unique<Program>(in.types())),
        scopes_(in.name_count()),
        names_(in.name_count(), k_unknown),
        locations_(in.location_count(), k_unknown) {}

  Result<CanonicalProgram> run() {
    const Node& root = *in_.root();
    if (root.count_a > 0) {
      return Error(Code::check_failed, "Expected free function, without captured variables");
    }
    SAMARA_TRY(Node * copied, node(root));
    out_->set_root(copied);
    for (const Variable& variable : variables_) {
      for (Node* mention : variable.mentions) mention->captured = variable.captured;
    }
    out_->set_dialect(in_.dialect());
    CanonicalProgram result;
    result.program = std::move(out_);
    for (const Variable& variable : variables_)
      result.variables.emplace_back(in_.name(variable.name));
    for (NameId label : label_names_) result.labels.emplace_back(in_.name(label));
    return result;
  }

 private:
  static constexpr uint32_t k_unknown = UINT32_MAX;

  struct Variable {
    NameId name = 0;
    bool captured = false;
    std::vector<Node*> mentions;
  };
  struct Label {
    NameId name = 0;
    uint32_t number = 0;
  };
  struct Capture {
    const Node* listed = nullptr;
    bool used = false;
  };
  // The function being copied: what it may capture, and what it has used of that.
  struct Function {
    std::unordered_map<uint32_t, Capture> captures;  // by variable number
    std::vector<uint32_t> used;                      // in order of first use
    size_t first_label = 0;
  };

  NameId name(NameId id) {
    if (names_[id] == k_unknown) names_[id] = out_->intern(in_.name(id));
    return names_[id];
  }

  LocationId location(LocationId id) {
    if (locations_[id] == k_unknown) locations_[id] = out_->intern(in_.location(id));
    return locations_[id];
  }

  NameId numbered(uint32_t number) { return out_->intern("_" + std::to_string(number)); }

  // The copy of a variable node that means the variable of this number.
  Node* mention(const Node& in, uint32_t number) {
    Node* out = out_->new_node(Op::variable, in.type, location(in.location));
    out->is_mutable = in.is_mutable;
    out->name = numbered(number);
    variables_[number].mentions.push_back(out);
    return out;
  }

  uint32_t new_variable(const Node& in) {
    variables_.push_back({in.name, false, {}});
    return static_cast<uint32_t>(variables_.size() - 1);
  }

  Node* define(const Node& in) {
    uint32_t number = new_variable(in);
    scopes_.define(in, number);
    return mention(in, number);
  }

  Result<uint32_t> resolve(const Node& in) {
    const Scopes::Binding* binding = scopes_.find(in.name);
    if (binding == nullptr) {
      return Error(Code::check_failed, "Variable " + std::string(in_.name(in.name)) +
                                           " not in scope at " +
                                           location_text(in_.location(in.location)));
    }
    note_use(binding->number);
    return binding->number;
  }

  void note_use(uint32_t number) {
    Function& function = functions_.back();
    auto at = function.captures.find(number);
    if (at == function.captures.end() || at->second.used) return;
    at->second.used = true;
    function.used.push_back(number);
  }

  Result<Node*> node(const Node& in) {
    if (depth_ >= k_ir_depth_max) return Error(Code::exhausted, "IR nests too deep");
    depth_++;
    auto out = dispatch(in);
    depth_--;
    return out;
  }

  Result<Node*> dispatch(const Node& in) {
    switch (in.op) {
      case Op::variable: {
        SAMARA_TRY(uint32_t number, resolve(in));
        return mention(in, number);
      }
      case Op::function:
      case Op::async_function:
        return function(in);
      case Op::let:
        return let(in);
      case Op::block:
      case Op::if_else:
      case Op::match:
      case Op::try_catch:
      case Op::while_:
      case Op::for_array:
      case Op::for_dict:
      case Op::for_set:
        return scoped(in);
      case Op::break_:
      case Op::continue_:
        return jump(in);
      default: {
        std::vector<Node*> kids;
        SAMARA_CHECK(append_all(kids, in.kids));
        return finish(in, kids);
      }
    }
  }

  Result<void> append(std::vector<Node*>& kids, const Node& in) {
    SAMARA_TRY(Node * copied, node(in));
    kids.push_back(copied);
    return {};
  }
  Result<void> append_all(std::vector<Node*>& kids, std::span<Node* const> in) {
    kids.reserve(kids.size() + in.size());
    for (const Node* kid : in) SAMARA_CHECK(append(kids, *kid));
    return {};
  }
  // In a scope of its own, in which `variables` are defined first. Appends those, too.
  Result<void> append_scoped(std::vector<Node*>& kids, std::span<Node* const> variables,
                             const Node& body) {
    size_t mark = scopes_.enter();
    for (const Node* variable : variables) kids.push_back(define(*variable));
    auto done = append(kids, body);
    scopes_.leave(mark);
    return done;
  }

  Node* finish(const Node& in, std::span<Node* const> kids) {
    Node* out = out_->new_node(in.op, in.type, location(in.location));
    out->is_async = in.is_async;
    out->optional = in.optional;
    out->count_a = in.count_a;
    out->count_b = in.count_b;
    out->label_location = location(in.label_location);
    out->name = name(in.name);
    out->kids = out_->new_kids(kids);
    std::vector<NameId> names;
    for (NameId id : in.names) names.push_back(name(id));
    out->names = out_->new_names(names);
    out->type_parameters = out_->new_types(in.type_parameters);
    out->literal_kind = in.literal_kind;
    out->literal = in.literal;
    if (in.op == Op::value && (in.literal_kind == Kind::string || in.literal_kind == Kind::blob)) {
      BytesObject* copied = out_->literals().new_bytes(bytes_of(in.literal));
      SAMARA_ASSERT(copied != nullptr);  // the same bytes fit into the program copied from
      out->literal = Slot::of(copied);
    }
    out->rows = in.rows;
    out->columns = in.columns;
    return out;
  }

  Result<Node*> let(const Node& in) {
    const Node& variable = *in.kids[0];
    uint32_t number = new_variable(variable);
    Node* defined = mention(variable, number);
    SAMARA_TRY(Node * value, node(*in.kids[1]));
    scopes_.define(variable, number);
    Node* kids[] = {defined, value};
    return finish(in, kids);
  }

  Result<Node*> function(const Node& in) {
    Function made;
    std::vector<uint32_t> numbers;
    made.first_label = labels_.size();
    std::span<Node* const> captures = in.kids.subspan(0, in.count_a);
    for (const Node* capture : captures) {
      const Scopes::Binding* binding = scopes_.find(capture->name);
      if (binding == nullptr) {
        return Error(Code::check_failed,
                     "Captured variable " + std::string(in_.name(capture->name)) +
                         " not in scope at " + location_text(in_.location(capture->location)));
      }
      made.captures.try_emplace(binding->number, Capture{capture, false});
      numbers.push_back(binding->number);
    }
    functions_.push_back(std::move(made));
    size_t mark = scopes_.enter_function();
    for (size_t i = 0; i < captures.size(); i++) scopes_.define(*captures[i], numbers[i]);
    std::vector<Node*> rest;
    for (const Node* parameter : in.kids.subspan(in.count_a, in.count_b)) {
      rest.push_back(define(*parameter));
    }
    auto body = append(rest, *in.kids.back());
    scopes_.leave_function(mark);
    Function done = std::move(functions_.back());
    functions_.pop_back();
    if (!body) return std::move(body).error();

    std::vector<Node*> kids;
    for (uint32_t number : done.used) {
      kids.push_back(mention(*done.captures.find(number)->second.listed, number));
      variables_[number].captured = true;
      if (!functions_.empty()) note_use(number);
    }
    auto count = static_cast<uint32_t>(kids.size());
    kids.insert(kids.end(), rest.begin(), rest.end());
    Node* out = finish(in, kids);
    out->count_a = count;
    return out;
  }

  Result<Node*> scoped(const Node& in) {
    size_t mark = scopes_.enter();
    std::vector<Node*> kids;
    uint32_t label = k_unknown;
    auto copied = scoped_kids(in, kids, label);
    // What an operand defines belongs to the scope around; the checker lets it be seen there.
    if (in.op == Op::block) scopes_.leave(mark);
    if (!copied) return std::move(copied).error();
    Node* out = finish(in, kids);
    if (label != k_unknown) out->name = numbered(label);
    return out;
  }

  Result<void> scoped_kids(const Node& in, std::vector<Node*>& kids, uint32_t& label) {
    std::span<Node* const> from = in.kids;
    switch (in.op) {
      case Op::block:
        return append_all(kids, from);
      case Op::if_else:
        return branches(in, kids);
      case Op::match:
        SAMARA_CHECK(append(kids, *from[0]));
        for (size_t i = 1; i < from.size(); i += 2) {
          SAMARA_CHECK(append_scoped(kids, from.subspan(i, 1), *from[i + 1]));
        }
        return {};
      case Op::try_catch: {
        SAMARA_CHECK(append_scoped(kids, {}, *from[0]));
        // The handler comes before its variables in the list of kids.
        std::vector<Node*> handler;
        SAMARA_CHECK(append_scoped(handler, from.subspan(2, 2), *from[1]));
        kids.insert(kids.end(), {handler[2], handler[0], handler[1]});
        return append_scoped(kids, {}, *from[4]);
      }
      default: {
        // Loops: the operand stands outside, the rest inside.
        SAMARA_CHECK(append(kids, *from[0]));
        label = static_cast<uint32_t>(label_names_.size());
        label_names_.push_back(in.name);
        labels_.push_back({in.name, label});
        auto body = append_scoped(kids, from.subspan(1, from.size() - 2), *from.back());
        labels_.pop_back();
        return body;
      }
    }
  }

  Result<void> branches(const Node& in, std::vector<Node*>& kids) {
    size_t outer = scopes_.enter();
    for (size_t i = 0; i + 1 < in.kids.size(); i += 2) {
      SAMARA_CHECK(append(kids, *in.kids[i]));
      if (i == 0) outer = scopes_.enter();
      SAMARA_CHECK(append_scoped(kids, {}, *in.kids[i + 1]));
    }
    SAMARA_CHECK(append_scoped(kids, {}, *in.kids.back()));
    scopes_.leave(outer);
    return {};
  }

  Result<Node*> jump(const Node& in) {
    for (size_t i = labels_.size(); i > functions_.back().first_label; i--) {
      if (labels_[i - 1].name != in.name) continue;
      Node* out = finish(in, {});
      out->name = numbered(labels_[i - 1].number);
      return out;
    }
    return Error(Code::check_failed, std::string(in.op == Op::break_ ? "break" : "continue") +
                                         " failed to find label " + std::string(in_.name(in.name)) +
                                         " at " + location_text(in_.location(in.location)));
  }

  const Program& in_;
  std::unique_ptr<Program> out_;
  Scopes scopes_;
  std::vector<Variable> variables_;
  std::vector<NameId> label_names_;  // by label number
  std::vector<Label> labels_;        // of the loops around
  std::vector<Function> functions_;
  std::vector<NameId> names_;          // in `out_`, by name in `in_`
  std::vector<LocationId> locations_;  // likewise
  uint32_t depth_ = 0;
};

}  // namespace

Result<CanonicalProgram> canonicalize(const Program& program) {
  SAMARA_ASSERT(program.root() != nullptr);
  return Canonicalizer(program).run();
}

namespace {

// BlobEncodeBeast2 writes a type header in the dialect of its program. Where the two headers differ
// the dialect is part of what the program means.
bool writes_its_dialect(const Program& program, const Node& node) {
  if (node.op == Op::builtin && program.name(node.name) == "BlobEncodeBeast2" &&
      !node.type_parameters.empty()) {
    const Type* type = node.type_parameters[0];
    if (!type->is_data()) return true;
    auto a = encode_type(type, Dialect::a);
    auto b = encode_type(type, Dialect::b);
    if (!a || !b || *a != *b) return true;
  }
  return std::any_of(node.kids.begin(), node.kids.end(),
                     [&](const Node* kid) { return writes_its_dialect(program, *kid); });
}

}  // namespace

Result<CanonicalCode> canonical_code(const Program& program, IrSchemas* schemas) {
  SAMARA_TRY(CanonicalProgram canonical, canonicalize(program));
  bool keep_a = program.dialect() == Dialect::a && writes_its_dialect(program, *program.root());
  CanonicalCode out;
  SAMARA_TRY(out.bytes, to_beast2(*canonical.program, keep_a ? Dialect::a : Dialect::b,
                                  {.locations = false, .schemas = schemas}));
  out.hash = sha256(out.bytes);
  out.debug = locations_of(*canonical.program);
  out.debug.variables = std::move(canonical.variables);
  out.debug.label_names = std::move(canonical.labels);
  return out;
}

}  // namespace samara::ir
