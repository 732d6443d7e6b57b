#include "apps/samara/repl_session.hpp"

#include <algorithm>

#include "apps/samara/live_log.hpp"
#include "apps/samara/source_file.hpp"
#include "apps/samara/table.hpp"
#include "apps/samara/value_io.hpp"
#include "eval/compile.hpp"
#include "eval/platform_signatures.hpp"
#include "eval/vm.hpp"
#include "ir/check.hpp"
#include "ir/effects.hpp"
#include "lang/parse.hpp"
#include "runtime/east/platform_host.hpp"
#include "value/text.hpp"

namespace samara::cli {
namespace {

constexpr std::string_view k_input = "<input>";
constexpr size_t k_heap_bytes_max = size_t{4} << 30;

std::string_view slice(std::string_view text, lang::Span span) {
  return text.substr(span.begin, span.end - span.begin);
}

// The statements of what was typed, without the braces nobody wrote.
std::vector<const lang::Expr*> statements_of(const lang::Expr& body) {
  if (body.form == lang::ExprForm::block && body.braces == lang::Braces::body) {
    return {body.kids.begin(), body.kids.end()};
  }
  return {&body};
}

}  // namespace

struct ReplSession::Compiled {
  std::unique_ptr<ir::Program> program;
};

ReplSession::ReplSession(Context& context, Grants grants)
    : context_(context), grants_(std::move(grants)), heap_({.limit_bytes = k_heap_bytes_max}) {
  context_.platform(grants_);
  heap_.add_roots(&roots_);
}

ReplSession::~ReplSession() { heap_.remove_roots(&roots_); }

std::string ReplSession::declarations(std::string_view without) const {
  std::string out;
  for (const Declared& one : declared_) {
    if (one.name != without || without.empty()) out += "\n" + one.text;
  }
  return out;
}

std::unique_ptr<ReplSession::Compiled> ReplSession::compile(const std::string& code,
                                                            const std::string& declared) {
  const std::string source = code + "\n" + declared;
  const lang::Parsed parsed = lang::parse_input(source);
  if (print_diagnostics(context_, k_input, source, parsed.diagnostics) > 0) return nullptr;
  SourceImports imports(context_);
  eval::RegistrySignatures platform(context_.platform());
  lang::CompileOptions options;
  options.platform = &platform;
  options.imports = &imports;
  for (const Variable& variable : variables_) {
    options.parameters.emplace_back(variable.name, variable.type);
  }
  lang::Compilation compiled =
      lang::compile(context_.types(), *parsed.tree, source, k_input, options);
  if (print_diagnostics(context_, k_input, source, compiled.diagnostics) > 0) return nullptr;
  auto out = std::make_unique<Compiled>();
  for (lang::CompiledFunction& function : compiled.functions) {
    if (function.name.empty()) out->program = std::move(function.program);
  }
  return out;
}

bool ReplSession::declare(const std::string& name, const std::string& text) {
  if (compile({}, text + declarations(name)) == nullptr) return false;
  std::erase_if(declared_, [&](const Declared& one) { return !name.empty() && one.name == name; });
  declared_.push_back({name, text});
  return true;
}

bool ReplSession::granted(const ir::Program& program) {
  for (const ir::PlatformUse& use : ir::effects_of(program).platform) {
    const eval::PlatformFunction* function = context_.platform().describe(use.name);
    if (function == nullptr || function->capability.empty()) continue;
    const auto& have = grants_.capabilities;
    if (std::find(have.begin(), have.end(), function->capability) != have.end()) continue;
    context_.report(context_.fail(
        Code::permission, "'" + use.name + "' needs the capability '" + function->capability + "'",
        "if you trust what you type: samara repl --allow " + function->capability));
    return false;
  }
  return true;
}

bool ReplSession::run(const std::string& code, const Type*& type, Slot& value) {
  std::unique_ptr<Compiled> compiled = compile(code, declarations());
  if (compiled == nullptr || compiled->program == nullptr) return false;
  if (!granted(*compiled->program)) return false;
  type = compiled->program->root()->type->output();

  bool done = false;
  std::optional<Error> problem;
  std::string failure;
  LiveLog log(context_);
  runtime::east::PlatformHost host;
  host.log = &log;
  host.cancel = &Context::cancel_flag();
  auto work = [&] {
    std::shared_ptr<const ir::Program> program = std::move(compiled->program);
    if (auto fine = ir::check(*program, eval::RegistrySignatures(context_.platform())); !fine) {
      problem = std::move(fine).error();
      return;
    }
    auto code_of = eval::compile(program, context_.platform());
    if (!code_of) {
      problem = std::move(code_of).error();
      return;
    }
    programs_.push_back(*code_of);
    eval::VmOptions options;
    options.native_stack_bytes = runtime::k_callback_stack_bytes;
    options.cancel = &Context::cancel_flag();
    options.host = &host;
    eval::Vm vm(heap_, context_.types(), context_.platform(), options);
    const std::vector<Slot> arguments = values_;
    done = vm.run(*code_of, arguments, value);
    if (done) return;
    const eval::EastError error = vm.error();
    failure = error.message;
    for (const ir::Location& at : error.stack) {
      failure +=
          "\n  at " + at.filename + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
  };
  if (auto ran = stack_.run(work); !ran) problem = std::move(ran).error();
  if (problem) {
    context_.report(*problem);
  } else if (!done) {
    context_.err().line("error: " + failure);
    static_cast<void>(context_.err().flush());
  }
  return done;
}

void ReplSession::set(const Variable& variable, Slot value) {
  for (size_t i = 0; i < variables_.size(); i++) {
    if (variables_[i].name != variable.name) continue;
    variables_[i] = variable;
    values_[i] = value;
    return;
  }
  variables_.push_back(variable);
  values_.push_back(value);
  roots_ = {values_.data(), values_.data() + values_.size()};
}

bool ReplSession::bind(const std::string& name, const std::string& code, bool is_mutable) {
  const Type* type = nullptr;
  Slot value;
  if (!run(code, type, value)) return false;
  set({name, type, is_mutable}, value);
  return true;
}

void ReplSession::print_value(const Type* type, Slot value) {
  if (type->is(Kind::null) || type->is(Kind::never)) return;
  if (!type->is_data()) {
    context_.out().line(lang::type_text(type));
    return;
  }
  auto text = print_text(type, value);
  if (!text) {
    context_.report(text.error());
    return;
  }
  context_.out().line(*text);
}

bool ReplSession::run_statement(std::string_view text, const lang::Expr& statement, bool print) {
  using lang::ExprForm;
  if (statement.form == ExprForm::let) {
    std::string code(slice(text, statement.kids[0]->span));
    if (statement.type != nullptr) {
      code = "(" + code + ": " + std::string(slice(text, statement.type->span)) + ")";
    }
    return bind(std::string(statement.name.text), code, statement.is_mutable);
  }
  if (statement.form == ExprForm::assign && statement.kids[0]->form == ExprForm::name) {
    const std::string name(statement.kids[0]->name.text);
    const auto known = std::find_if(variables_.begin(), variables_.end(),
                                    [&](const Variable& one) { return one.name == name; });
    // A constant falls through to the compiler, which says that it is one.
    if (known != variables_.end() && known->is_mutable) {
      std::string code = "(" + std::string(slice(text, statement.kids[1]->span)) + ")";
      const std::string_view symbol = lang::operator_text(statement.op);
      if (!symbol.empty()) {
        code = std::string(slice(text, statement.kids[0]->span)) + " " + std::string(symbol) + " " +
               code;
      }
      return bind(name, "(" + code + ": " + lang::type_text(known->type) + ")", true);
    }
  }
  const Type* type = nullptr;
  Slot value;
  if (!run(std::string(slice(text, statement.span)), type, value)) return false;
  if (print) print_value(type, value);
  return true;
}

bool ReplSession::evaluate(const std::string& input) {
  const lang::Parsed parsed = lang::parse_input(input);
  if (print_diagnostics(context_, k_input, input, parsed.diagnostics) > 0) return false;
  const lang::Expr* body = nullptr;
  std::string declared_text;
  for (const lang::Declaration& one : parsed.tree->declarations) {
    if (one.form == lang::DeclarationForm::function && !one.name.present()) {
      body = one.body;
      continue;
    }
    if (!declare(std::string(one.name.text), std::string(slice(input, one.span)))) return false;
  }
  if (body == nullptr) return true;
  const auto statements = statements_of(*body);
  for (const lang::Expr* statement : statements) {
    if (!run_statement(input, *statement, statement == statements.back())) return false;
  }
  return true;
}

bool ReplSession::show_type(const std::string& expression) {
  const std::unique_ptr<Compiled> compiled = compile(expression, declarations());
  if (compiled == nullptr || compiled->program == nullptr) return false;
  context_.out().line(lang::type_text(compiled->program->root()->type->output()));
  return true;
}

void ReplSession::list_variables() {
  for (const Variable& one : variables_) {
    context_.out().line(one.name + ": " + lang::type_text(one.type));
  }
  for (const Declared& one : declared_) {
    context_.out().line(one.text.substr(0, one.text.find('{')));
  }
}

void ReplSession::reset() {
  declared_.clear();
  variables_.clear();
  values_.clear();
  roots_ = {};
}

bool ReplSession::load(std::string_view path) {
  auto input = read_input(context_, path);
  if (!input) {
    context_.report(input.error());
    return false;
  }
  const std::string text(as_text(input->bytes()));
  const lang::Parsed parsed = lang::parse(text);
  if (print_diagnostics(context_, path, text, parsed.diagnostics) > 0) return false;
  // At once, because declarations of a file may use each other in any order.
  std::vector<Declared> kept = declared_;
  for (const lang::Declaration& one : parsed.tree->declarations) {
    const std::string name(one.name.text);
    std::erase_if(kept, [&](const Declared& old) { return !name.empty() && old.name == name; });
    kept.push_back({name, std::string(slice(text, one.span))});
  }
  std::swap(kept, declared_);
  if (compile({}, declarations()) != nullptr) return true;
  std::swap(kept, declared_);
  return false;
}

std::vector<lang::Completion> ReplSession::completions(std::string_view line, size_t offset) {
  const std::string source = std::string(line) + "\n" + declarations();
  const lang::Parsed parsed = lang::parse_input(source);
  SourceImports imports(context_);
  eval::RegistrySignatures platform(context_.platform());
  lang::CompileOptions options;
  options.platform = &platform;
  options.imports = &imports;
  for (const Variable& variable : variables_) {
    options.parameters.emplace_back(variable.name, variable.type);
  }
  return lang::completions(context_.types(), *parsed.tree, source, k_input, options,
                           static_cast<uint32_t>(offset));
}

}  // namespace samara::cli
