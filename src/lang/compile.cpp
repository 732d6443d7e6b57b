#include "lang/compile.hpp"

#include <algorithm>

#include "ir/decode.hpp"
#include "lang/compile_check.hpp"
#include "lang/compile_session.hpp"
#include "lang/emit.hpp"
#include "lang/infer.hpp"
#include "lang/parse.hpp"

namespace samara::lang {

namespace {

// Builds for tests check what was emitted; whoever runs a program checks it anyway.
#ifdef _GLIBCXX_ASSERTIONS
constexpr bool k_check_emitted = true;
#else
constexpr bool k_check_emitted = false;
#endif

// Types and signatures first, so that bodies may refer to what comes later.
void check_declarations(Session& session, TypeResolver& resolver, Inferrer& inferrer) {
  for (Item& item : session.items) {
    if (item.kind == ItemKind::type) resolver.check_declaration(item);
  }
  for (Item& item : session.items) {
    if (item.kind != ItemKind::platform) continue;
    inferrer.signature(item);
    const Declaration& declaration = *item.declaration;
    if (declaration.type_parameters.empty()) continue;
    // The types of a generic function are looked at once with parameters that are anything.
    TypeArguments bound;
    for (const Name& name : declaration.type_parameters) {
      bound.emplace_back(name.text, session.types.fresh());
    }
    size_t before = item.module->reporter.count();
    for (const Parameter& parameter : declaration.parameters) {
      if (parameter.type != nullptr) resolver.resolve_open(*item.module, *parameter.type, bound);
    }
    if (declaration.type != nullptr) {
      resolver.resolve_open(*item.module, *declaration.type, bound);
    }
    if (item.module->reporter.count() != before) item.broken = true;
  }
}

// The bodies of the main file and of what they reach in other files.
void infer_bodies(Module& main, Inferrer& inferrer) {
  std::vector<Item*> work(main.functions.rbegin(), main.functions.rend());
  while (!work.empty()) {
    Item* item = work.back();
    work.pop_back();
    if (item->progress != Progress::untouched) continue;
    inferrer.function(*item);
    for (Item* used : item->scope->functions) {
      if (used->progress == Progress::untouched) work.push_back(used);
    }
  }
}

// Problems of an imported file are shown where the main file imports it, first or through others.
void report_imported(Session& session, Module& main) {
  for (Module& module : session.modules) {
    if (module.is_main || module.reporter.count() == 0) continue;
    Module* at = &module;
    while (at->imported_by != nullptr && !at->imported_by->is_main) at = at->imported_by;
    std::vector<Diagnostic> found = module.reporter.take();
    const Diagnostic& first = found.front();
    Position position = module.positions->at(first.span.begin);
    Diagnostic& d = main.reporter.error(
        "import-broken", at->imported_at,
        in_quotes(module.path) + " has " + counted(found.size(), "error"), "cannot be used");
    d.help = module.path + ":" + std::to_string(position.line) + ":" +
             std::to_string(position.column) + ": " + first.title;
  }
}

/// Nodes of all programs of one file together: what functions reach is in each of them.
constexpr size_t k_file_nodes_max = size_t{6} << 20;
/// A small source may become a program of this many nodes, and of so many more for each byte.
/// Ordinary code makes less than one node of two bytes; arms for all other cases multiply.
constexpr size_t k_small_nodes_max = 100'000;
constexpr size_t k_byte_nodes_max = 50;

class Programs {
 public:
  Programs(Session& session, TypeResolver& resolver)
      : session_(session), resolver_(resolver), signatures_(session.table) {
    size_t allowed = k_small_nodes_max;
    for (const Module& module : session.modules) allowed += module.source.size() * k_byte_nodes_max;
    for (const Item& item : session.items) {
      if (item.program != nullptr) allowed += item.program->node_count() * k_byte_nodes_max;
    }
    program_nodes_max_ = std::min(allowed, ir::k_ir_nodes_max);
    file_nodes_max_ = std::min(allowed * 4, k_file_nodes_max);
  }

  std::unique_ptr<ir::Program> make(Item& item) {
    for (const Component& each : reached_from(item)) {
      for (const Item* used : each.items) {
        if (used->broken || used->body == nullptr) return nullptr;
      }
    }
    if (nodes_ >= file_nodes_max_) {
      if (!said_) {
        item.module->reporter
            .error("too-large", item.span, "the programs of this file are too large together",
                   "more than " + std::to_string(file_nodes_max_) + " nodes before this one")
            .help = "split the file: each function holds all that it reaches";
      }
      said_ = true;
      return nullptr;
    }
    Emitter emitter(session_, ++serial_, std::min(program_nodes_max_, file_nodes_max_ - nodes_));
    std::unique_ptr<ir::Program> program = emitter.program(item);
    nodes_ += emitter.node_count();
    if (program == nullptr) {
      bool deep = emitter.problem() == EmitProblem::too_deep;
      bool here = deep && emitter.problem_module() == item.module;
      item.module->reporter
          .error(deep ? "too-deep" : "too-large", here ? emitter.problem_at() : item.span,
                 deep ? "the program nests too deep here (limit " +
                            std::to_string(ir::k_ir_depth_max) + ")"
                      : "the program of " + in_quotes(item.name) + " is too large",
                 deep ? std::string()
                      : "has more than " + std::to_string(program_nodes_max_) + " nodes")
          .help = deep ? "give parts of it names of their own" : "split the function";
      return nullptr;
    }
    if (!k_check_emitted) return program;
    std::string violation = first_violation(session_, resolver_, *program, signatures_);
    if (violation.empty()) return program;
    item.module->reporter.error(
        "internal", item.span,
        "the compiler made a wrong program of " + in_quotes(item.name) + ": " + violation,
        "a defect of the compiler");
    return nullptr;
  }

 private:
  Session& session_;
  TypeResolver& resolver_;
  ir::SignatureCache signatures_;
  uint32_t serial_ = 0;
  size_t program_nodes_max_ = 0;
  size_t file_nodes_max_ = 0;
  size_t nodes_ = 0;
  bool said_ = false;
};

std::vector<Occurrence> occurrences_of(Session& session) {
  std::vector<Occurrence> out;
  out.reserve(session.uses.size());
  for (NameUse& use : session.uses) {
    Occurrence made;
    made.span = use.span;
    made.name = use.name;
    made.kind = use.kind;
    made.type =
        use.type != nullptr ? message_type(session.types, use.type, nullptr) : std::move(use.text);
    made.doc = use.doc;
    made.definition = use.definition;
    if (use.module != nullptr && !use.module->is_main) made.definition_file = use.module->path;
    out.push_back(std::move(made));
  }
  std::stable_sort(out.begin(), out.end(), [](const Occurrence& a, const Occurrence& b) {
    return a.span.begin < b.span.begin;
  });
  auto same = [](const Occurrence& a, const Occurrence& b) { return a.span == b.span; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

}  // namespace

void compile_bodies(Session& session, Module& main) {
  TypeResolver resolver(session);
  Inferrer inferrer(session, resolver);
  check_declarations(session, resolver, inferrer);
  infer_bodies(main, inferrer);
}

Compilation compile(TypeTable& types, const SyntaxTree& tree, std::string_view source,
                    std::string_view path, const CompileOptions& options, Wanted wanted) {
  Session session(types, options);
  session.want_occurrences = wanted == Wanted::occurrences;
  Module& main = *session.open_main(tree, source, path);
  compile_bodies(session, main);
  report_imported(session, main);
  Compilation out;
  TypeResolver resolver(session);
  Programs programs(session, resolver);
  for (Item* item : main.functions) {
    CompiledFunction function;
    function.name = item->name;
    function.doc = item->declaration->doc;
    function.is_private = item->declaration->is_private;
    if (wanted == Wanted::programs) function.program = programs.make(*item);
    out.functions.push_back(std::move(function));
  }
  if (session.want_occurrences) out.occurrences = occurrences_of(session);
  out.diagnostics = main.reporter.take();
  return out;
}

Compilation compile_source(TypeTable& types, std::string_view source, std::string_view path,
                           const CompileOptions& options) {
  Parsed parsed = parse(source);
  // Of a tree with holes no programs can be made; its other problems are found all the same.
  bool whole = !has_errors(parsed.diagnostics);
  Compilation out = compile(types, *parsed.tree, source, path, options,
                            whole ? Wanted::programs : Wanted::occurrences);
  out.diagnostics.insert(out.diagnostics.begin(),
                         std::make_move_iterator(parsed.diagnostics.begin()),
                         std::make_move_iterator(parsed.diagnostics.end()));
  std::stable_sort(
      out.diagnostics.begin(), out.diagnostics.end(),
      [](const Diagnostic& a, const Diagnostic& b) { return a.span.begin < b.span.begin; });
  return out;
}

Result<const Type*> parse_type_text(TypeTable& types, std::string_view text) {
  constexpr std::string_view k_before = "type `\\`` = ";
  std::string source = std::string(k_before) + std::string(text) + "\n";
  Parsed parsed = parse(source);
  auto error = [&](const Diagnostic& d) {
    auto before = static_cast<uint32_t>(k_before.size());
    uint32_t at = d.span.begin > before ? d.span.begin - before : 0;
    return Error(Code::corrupt, k_domain_offset, at, d.title);
  };
  if (!parsed.diagnostics.empty()) return error(parsed.diagnostics[0]);
  CompileOptions options;
  Session session(types, options);
  Module& main = *session.open_main(*parsed.tree, source, "");
  TypeResolver resolver(session);
  const Type* type = nullptr;
  if (parsed.tree->declarations.size() == 1 && parsed.tree->declarations[0].type != nullptr) {
    type = resolver.resolve(main, *parsed.tree->declarations[0].type);
  }
  if (type != nullptr) return type;
  std::vector<Diagnostic> found = main.reporter.take();
  if (!found.empty()) return error(found[0]);
  return Error(Code::corrupt, "not a type");
}

}  // namespace samara::lang
