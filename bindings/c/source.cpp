// East source and lists of functions in the C interface.

#include <algorithm>

#include "bindings/c/handle.hpp"
#include "eval/platform_signatures.hpp"
#include "lang/compile.hpp"
#include "value/beast2.hpp"
#include "value/text_type.hpp"

namespace samara::capi {
namespace {

constexpr uint64_t k_import_bytes_max = 16 << 20;

// Files beside the importing one, and functions of the repository.
class SourceImports final : public lang::Imports {
 public:
  explicit SourceImports(samara_repository& repository) : repository_(repository) {}

  Result<File> read(std::string_view importing_path, std::string_view path) override {
    File out;
    const size_t slash = importing_path.rfind('/');
    if (!path.starts_with('/') && slash != std::string_view::npos) {
      out.path = importing_path.substr(0, slash + 1);
    }
    while (path.starts_with("./")) path.remove_prefix(2);
    out.path += path;
    auto text = read_text(out.path);
    if (!text) return std::move(text).error().with_context("cannot read '" + out.path + "'");
    out.text = std::move(*text);
    return out;
  }

  Result<std::shared_ptr<const ir::Program>> function(std::string_view scheme,
                                                      std::string_view text) override {
    if (scheme != "ref" && scheme != "hash") {
      return Error(Code::invalid_argument, "an import names a file, 'ref:NAME' or 'hash:HEX'");
    }
    SAMARA_TRY(Hash id, engine::resolve_function(*repository_.store, text));
    SAMARA_TRY(std::unique_ptr<ir::Program> program, repository_.engine().program(id));
    return std::shared_ptr<const ir::Program>(std::move(program));
  }

 private:
  Result<std::string> read_text(const std::string& path) {
    port::Files& files = repository_.files;
    SAMARA_TRY(port::OpenFile file,
               port::OpenFile::open(files, port::k_no_directory, path, port::OpenMode::read));
    SAMARA_TRY(port::FileInfo info, files.info(file.handle()));
    if (info.size_bytes > k_import_bytes_max) {
      return Error(Code::exhausted, "it is larger than source may be");
    }
    Bytes bytes(static_cast<size_t>(info.size_bytes));
    SAMARA_TRY(size_t count, files.read_at(file.handle(), 0, bytes));
    return std::string(as_text(ByteView(bytes).first(count)));
  }

  samara_repository& repository_;
};

struct Listed {
  std::string name;
  Hash id;
  std::string kind;
  std::string type;
};

const Type* signature_of(TypeTable& types, const FunctionRecord& record) {
  return types.function(record.inputs, record.output);
}

Listed listed(TypeTable& types, std::string_view name, const Hash& id,
              const FunctionRecord& record) {
  return {std::string(name), id, std::string(record.kind),
          type_to_text(signature_of(types, record))};
}

Result<void> give_list(TypeTable& types, const std::vector<Listed>& list, samara_bytes* out) {
  Heap heap;
  const Type* entry = types.structure({{"id", types.string()},
                                       {"kind", types.string()},
                                       {"name", types.string()},
                                       {"type", types.string()}});
  ArrayObject* array = heap.new_array(list.size());
  for (size_t i = 0; i < list.size(); i++) {
    FieldsObject* fields = heap.new_fields(4);
    fields->fields()[0] = Slot::of(heap.new_text(list[i].id.hex()));
    fields->fields()[1] = Slot::of(heap.new_text(list[i].kind));
    fields->fields()[2] = Slot::of(heap.new_text(list[i].name));
    fields->fields()[3] = Slot::of(heap.new_text(list[i].type));
    array->data[i] = Slot::of(fields);
  }
  SAMARA_TRY(Bytes bytes, encode_beast2(types.array(entry), Slot::of(array)));
  return give(bytes, out);
}

Error problems(const lang::Compilation& compilation, std::string_view path, std::string_view text) {
  std::string out;
  size_t errors = 0;
  for (const lang::Diagnostic& diagnostic : compilation.diagnostics) {
    if (diagnostic.severity != lang::Severity::error) continue;
    errors++;
    out += "\n" + lang::render(diagnostic, path, text, {});
  }
  return Error(Code::check_failed, "'" + std::string(path) + "' has " + std::to_string(errors) +
                                       (errors == 1 ? " error" : " errors") + out);
}

Result<void> add_source(samara_repository& repository, ByteView bytes, const char* path_or_null,
                        const char* function, const char* name, samara_bytes* out) {
  const std::string path = path_or_null == nullptr ? "<source>" : path_or_null;
  const std::string text(as_text(bytes));
  SourceImports imports(repository);
  eval::RegistrySignatures platform(repository.platform);
  lang::CompileOptions options;
  options.platform = &platform;
  options.imports = &imports;
  engine::Engine& engine = repository.engine();
  lang::Compilation compilation = lang::compile_source(repository.types, text, path, options);
  if (lang::has_errors(compilation.diagnostics)) return problems(compilation, path, text);
  std::vector<const lang::CompiledFunction*> chosen;
  for (const lang::CompiledFunction& each : compilation.functions) {
    if (function == nullptr ? !each.is_private : each.name == function) chosen.push_back(&each);
  }
  if (chosen.empty()) {
    return Error(Code::not_found, "'" + path + "' has no function " +
                                      (function == nullptr ? std::string("that is not private")
                                                           : "'" + std::string(function) + "'"));
  }
  if (name != nullptr && chosen.size() > 1) {
    return Error(Code::invalid_argument, "one name is given, but '" + path + "' has " +
                                             std::to_string(chosen.size()) + " functions");
  }
  std::vector<Listed> list;
  for (const lang::CompiledFunction* each : chosen) {
    engine::AddOptions add;
    add.source = path;
    add.doc = each->doc;
    add.name = name != nullptr ? std::string_view(name) : std::string_view(each->name);
    SAMARA_TRY(engine::AddedFunction added, engine.add_function(*each->program, add));
    list.push_back(listed(repository.types, add.name, added.id, added.record));
  }
  return give_list(repository.types, list, out);
}

}  // namespace
}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

extern "C" {

int32_t samara_add_source(samara_repository* repository, samara_view text, const char* path,
                          const char* function, const char* name, samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    Result<void> result;
    runtime::BigStack stack;  // the compiler recurses
    SAMARA_CHECK(stack.run(
        [&] { result = add_source(*repository, bytes_of_view(text), path, function, name, out); }));
    return result;
  });
}

int32_t samara_functions(samara_repository* repository, samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    SAMARA_TRY(auto functions, repository->engine().functions());
    std::vector<Listed> list;
    for (const engine::NamedFunction& named : functions) {
      auto record = repository->engine().function(named.id);
      if (!record) {
        return std::move(record).error().with_context("function '" + named.name + "'");
      }
      list.push_back(listed(repository->types, named.name, named.id, *record));
    }
    return give_list(repository->types, list, out);
  });
}

int32_t samara_signature(samara_repository* repository, const samara_hash* function,
                         samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (function == nullptr) return Error(Code::invalid_argument, "no function is given");
    SAMARA_TRY(FunctionRecord record, repository->engine().function(hash_of(function)));
    return give(as_bytes(type_to_text(signature_of(repository->types, record))), out);
  });
}

}  // extern "C"
