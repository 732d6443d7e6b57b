#include "apps/samara/call_input.hpp"

#include "apps/samara/code_file.hpp"
#include "apps/samara/grants.hpp"
#include "apps/samara/named_run.hpp"
#include "apps/samara/names.hpp"
#include "apps/samara/near_miss.hpp"
#include "apps/samara/source_file.hpp"
#include "call/type_name.hpp"
#include "engine/names.hpp"
#include "store/directory_repository.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"

namespace samara::cli {
namespace {

// A word of letters, digits and the like: more likely the name of something than a value.
bool looks_like_name(std::string_view word) {
  for (char c : word) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '_' || c == '-' || c == '/' || c == '.';
    if (!plain) return false;
  }
  return !word.empty() && word[0] != '.' && word[0] != '-';
}

class CallReader {
 public:
  CallReader(Context& context, engine::Engine& engine, CallInput& out)
      : context_(context), engine_(engine), out_(out) {}

  Result<void> read_function(std::string_view word) {
    if (word.starts_with('@')) return add_file(word.substr(1));
    if (SourceName name = source_name(context_, word);
        is_source_path(name.path) && file_exists(context_, name.path)) {
      return add_source(name);
    }
    auto id = function_named(context_, word);
    if (!id && id.error().code == Code::not_found &&
        file_exists(context_, source_name(context_, word).path)) {
      return add_file(word);
    }
    if (!id) return std::move(id).error();
    out_.function = *id;
    out_.function_from = named_by(word, *id);
    out_.name = looks_like_hash(word) ? out_.function.short_hex() : std::string(word);
    SAMARA_TRY(out_.record, engine_.function(out_.function));
    return {};
  }

  Result<void> read_arguments(std::span<const std::string_view> words) {
    const auto& inputs = out_.record.inputs;
    if (words.size() != inputs.size()) {
      return context_.misuse("'" + out_.name + "' takes " + std::to_string(inputs.size()) +
                                 (inputs.size() == 1 ? " argument" : " arguments") + ", got " +
                                 std::to_string(words.size()),
                             "'" + out_.name + "' is " + signature_text(out_.record));
    }
    for (size_t i = 0; i < words.size(); i++) {
      out_.arguments_from.emplace_back();
      SAMARA_CHECK(read_argument(i, words[i]));
    }
    return {};
  }

 private:
  // A hash stands for one object for ever; a name may be given to another one.
  static Origin named_by(std::string_view word, const Hash& id) {
    if (looks_like_hash(word) && id.hex().starts_with(word)) return {OriginKind::object, {}};
    return {OriginKind::ref, std::string(word)};
  }

  static Origin of_file(std::string_view path, std::string_view function = {}) {
    Origin out{OriginKind::file, absolute_path(path, working_directory())};
    if (!function.empty()) out.text += ":" + std::string(function);
    return out;
  }

  static bool looks_like_hash(std::string_view word) {
    return word.size() >= engine::k_prefix_digits_min &&
           word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }

  // East source: compiled and added like any program, under no name.
  Result<void> add_source(const SourceName& name) {
    SAMARA_TRY(SourceFile file, compile_source_file(context_, name.path));
    SAMARA_TRY(const lang::CompiledFunction* function,
               choose_function(context_, file, name.function));
    engine::AddOptions options;
    options.source = name.path;
    options.doc = function->doc;
    options.durability = store::Durability::cached;
    auto added = engine_.add_function(*function->program, options);
    if (!added) return std::move(added).error().with_context("cannot run '" + name.path + "'");
    out_.function = added->id;
    out_.record = std::move(added->record);
    out_.function_from = of_file(name.path, name.function);
    out_.name = function->name;
    return {};
  }

  Result<void> add_file(std::string_view path) {
    if (SourceName name = source_name(context_, path); is_source_path(name.path)) {
      return add_source(name);
    }
    engine::AddOptions options;
    options.source = path;
    options.durability = store::Durability::cached;
    auto added = add_code_file(context_, {.name = source_name(context_, path)}, options);
    if (!added) {
      return std::move(added).error().with_context("cannot run '" + std::string(path) + "'");
    }
    out_.function = added->id;
    out_.record = std::move(added->record);
    if (SourceName name = source_name(context_, path); path != "-") {
      out_.function_from = of_file(name.path, name.function);
    }
    out_.name = path;
    return {};
  }

  std::string place(size_t i) const {
    return "argument " + std::to_string(i + 1) + " of '" + out_.name + "'";
  }

  Result<void> read_argument(size_t i, std::string_view word) {
    if (word.starts_with('@') || word == "-") {
      return read_file(i, word == "-" ? word : word.substr(1));
    }
    const Type* type = out_.record.inputs[i];
    ParseResult parsed = parse_text(type, word, out_.heap);
    if (parsed) {
      out_.arguments.push_back(engine::CallArgument::typed(type, parsed.value));
      out_.arguments_from.back().kind = OriginKind::value;
      return {};
    }
    SAMARA_TRY(store::DirectoryRepository * repository, context_.repository());
    auto id = engine::resolve_object(*repository, word);
    if (id) {
      out_.arguments.push_back(engine::CallArgument::stored(*id));
      out_.arguments_from.back() = named_by(word, *id);
      return {};
    }
    if (auto path = run_path(context_, word)) {
      auto part = object_of_run(context_, *path);
      if (!part) return std::move(part).error().with_context(place(i));
      out_.arguments.push_back(engine::CallArgument::stored(*part));
      out_.arguments_from.back() = {OriginKind::output, std::string(word)};
      return {};
    }
    if (looks_like_name(word) && id.error().code != Code::not_found &&
        id.error().code != Code::invalid_argument) {
      return std::move(id).error().with_context(place(i));
    }
    return explain(i, word, *parsed.error);
  }

  Result<void> read_file(size_t i, std::string_view path) {
    const Type* type = out_.record.inputs[i];
    auto input = read_input(context_, path);
    if (!input) return std::move(input).error().with_context(place(i));
    if (path != "-") out_.arguments_from.back() = of_file(path);
    if (looks_like_beast2(input->bytes())) {
      out_.files.push_back(std::move(*input));
      out_.arguments.push_back(engine::CallArgument::encoded(out_.files.back().bytes()));
      return {};
    }
    if (format_of_path(path) == Format::csv && !check_csv_type(type)) {
      return Error(Code::type_mismatch, place(i) + " is the table '" + std::string(path) +
                                            "', expected " + type_name(type));
    }
    ReadOptions options;
    options.type = type;
    options.format_hint = "a file of an argument needs an extension: .beast2, .json, .east, .csv";
    auto value = read_value(context_, path, input->bytes(), options, out_.heap);
    if (!value) return std::move(value).error().with_context(place(i));
    out_.arguments.push_back(engine::CallArgument::typed(value->value.type, value->value.value));
    return {};
  }

  // Why a word is neither a value of the type nor an object.
  Error explain(size_t i, std::string_view word, const TextError& error) {
    const Type* type = out_.record.inputs[i];
    std::string expected = type_name(type);
    if (looks_like_name(word)) {
      auto inferred = infer_text(context_.types(), word, out_.heap);
      if (!inferred) return no_such_object(i, word, expected);
    }
    auto inferred = infer_text(context_.types(), word, out_.heap);
    if (inferred && inferred.type != type) {
      return Error(Code::type_mismatch,
                   place(i) + " is " + type_name(inferred.type) + ", expected " + expected);
    }
    std::string text = place(i) + " is no " + expected + ": " + error.reason;
    if (!error.path.empty()) text += " at " + error.path;
    text +=
        " (line " + std::to_string(error.line) + ", column " + std::to_string(error.column) + ")";
    return Error(Code::type_mismatch, text);
  }

  Error no_such_object(size_t i, std::string_view word, const std::string& expected) {
    std::string text = place(i) + " is neither " + expected + " nor the name of an object: '" +
                       std::string(word) + "'";
    if (file_exists(context_, word)) {
      return context_.fail(Code::not_found, text, "a file is given as @" + std::string(word));
    }
    if (out_.record.inputs[i]->is(Kind::string)) {
      return context_.fail(
          Code::not_found, text,
          "a String has quotes, and the shell needs some, too: '\"" + std::string(word) + "\"'");
    }
    std::vector<std::string> known;
    if (auto repository = context_.repository()) {
      if (auto refs = (*repository)->refs().list("")) known = std::move(*refs);
    }
    std::string near = nearest(word, known);
    return context_.fail(
        Code::not_found, text,
        near.empty() ? "samara ref ls lists the names there are" : "did you mean '" + near + "'?");
  }

  Context& context_;
  engine::Engine& engine_;
  CallInput& out_;
};

}  // namespace

Result<void> read_call(Context& context, std::span<const std::string_view> words, CallInput& out) {
  SAMARA_TRY(engine::Engine * engine, context.engine());
  CallReader reader(context, *engine, out);
  SAMARA_CHECK(reader.read_function(words[0]));
  return reader.read_arguments(words.subspan(1));
}

}  // namespace samara::cli
