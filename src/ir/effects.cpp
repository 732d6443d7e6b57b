#include "ir/effects.hpp"

#include <algorithm>
#include <map>

#include "ir/builtin_table.hpp"
#include "value/text_type.hpp"

namespace samara::ir {

namespace {

class EffectCollector {
 public:
  explicit EffectCollector(const Program& program) : program_(program) {}

  Effects run() {
    const Node& root = *program_.root();
    Effects out;
    for (const Node* parameter : root.kids.subspan(root.count_a, root.count_b)) {
      out.takes_functions = out.takes_functions || !parameter->type->is_data();
    }
    visit(root);
    out.decodes_functions = decodes_functions_;
    for (auto& [key, use] : uses_) out.platform.push_back(std::move(use));
    return out;
  }

 private:
  void visit(const Node& node) {
    if (node.op == Op::platform) add(node);
    if (node.op == Op::builtin && !node.type_parameters.empty() &&
        find_builtin(program_.name(node.name)) == BuiltinId::BlobDecodeBeast2) {
      decodes_functions_ = decodes_functions_ || !node.type_parameters[0]->is_data();
    }
    for (const Node* kid : node.kids) visit(*kid);
  }

  void add(const Node& node) {
    std::string name(program_.name(node.name));
    std::string parameters;
    for (const Type* type : node.type_parameters) parameters += type_to_text(type) + '\n';
    auto [at, added] = uses_.try_emplace({name, parameters});
    PlatformUse& use = at->second;
    if (added) {
      use.name = name;
      use.type_parameters.assign(node.type_parameters.begin(), node.type_parameters.end());
    }
    use.optional = use.optional && node.optional;
  }

  const Program& program_;
  std::map<std::pair<std::string, std::string>, PlatformUse> uses_;
  bool decodes_functions_ = false;
};

}  // namespace

Effects effects_of(const Program& program) {
  SAMARA_ASSERT(program.root() != nullptr);
  return EffectCollector(program).run();
}

Effect strongest_effect(const Effects& effects, const EffectClassifier& classifier) {
  Effect out = effects.decodes_functions ? classifier.strongest() : Effect::pure;
  for (const PlatformUse& use : effects.platform) {
    out = std::max(out, classifier.classify(use.name, use.type_parameters));
  }
  return out;
}

}  // namespace samara::ir
