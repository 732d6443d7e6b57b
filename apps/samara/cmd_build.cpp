// samara build: C and C++ source to native images.

#include "apps/samara/code_file.hpp"
#include "apps/samara/commands.hpp"
#include "apps/samara/units.hpp"
#include "apps/samara/value_io.hpp"
#include "engine/sealed_cache.hpp"
#include "lang/compile.hpp"
#include "ports/linux/programs.hpp"
#include "runtime/native/build.hpp"
#include "runtime/native/effects.hpp"
#include "store/directory_repository.hpp"

namespace samara::cli {
namespace {

std::string_view without(std::string_view text, std::string_view characters) {
  text.remove_prefix(std::min(text.find_first_not_of(characters), text.size()));
  return text.substr(0, text.find_last_not_of(characters) + 1);
}

// "// (Integer) -> Integer: the n-th number" says the type of a task; what follows the colon that
// stands in no bracket is for people. Empty: the first line says none.
std::string_view type_in_first_line(std::string_view source) {
  std::string_view line = source.substr(0, source.find('\n'));
  if (!line.starts_with("//") && !line.starts_with("/*")) return {};
  line = without(line.substr(2), " \t\r*/");
  if (!line.starts_with('(') || line.find("->") == std::string_view::npos) return {};
  int depth = 0;
  for (size_t i = 0; i < line.size(); i++) {
    const char c = line[i];
    const bool arrow = c == '>' && i > 0 && line[i - 1] == '-';
    if (c == '(' || c == '<') depth++;
    if (c == ')' || (c == '>' && !arrow)) depth--;
    if (c == ':' && depth == 0) return line.substr(0, i);
  }
  return line;
}

Result<const Type*> type_of_task(Context& context, const Arguments& arguments,
                                 const std::string& path) {
  if (auto text = arguments.value("type")) return parse_function_type(context, *text);
  SAMARA_TRY(InputBytes source, read_input(context, path));
  std::string_view text = type_in_first_line(as_text(source.bytes()));
  if (text.empty()) {
    return context.fail(Code::invalid_argument,
                        "'" + path + "' does not say the type of its function",
                        "--type '(Integer) -> Float', or a first line '// (Integer) -> Float'");
  }
  auto type = lang::parse_type_text(context.types(), text);
  if (!type) return std::move(type).error().with_context("the first line of '" + path + "'");
  return type;
}

Result<void> take_options(Context& context, const Arguments& arguments,
                          runtime::native::BuildRequest& request) {
  request.compiler = arguments.value("cc").value_or("");
  request.name = arguments.value("name").value_or("");
  request.pure = arguments.flag("pure");
  if (auto words = arguments.value("needs")) {
    SAMARA_TRY(const uint64_t named, runtime::native::capabilities_named(*words));
    request.capabilities |= named;
  }
  if (auto text = arguments.value("heap")) {
    auto bytes = parse_bytes(*text);
    if (!bytes || *bytes > UINT32_MAX) {
      return context.misuse(
          "option '--heap' takes a size below 4G, got '" + std::string(*text) + "'",
          "as in --heap 64M");
    }
    request.memory.heap = static_cast<uint32_t>(*bytes);
  }
  return {};
}

// "fib.snt", or "fib.thumbv7m-none-samara.snt" where there are several.
std::string output_name(const Arguments& arguments, std::string_view target, bool several) {
  if (auto given = arguments.value("output")) return std::string(*given);
  std::string out(arguments.positional(0));
  out = out.substr(out.rfind('/') + 1);
  out = out.substr(0, out.rfind('.'));
  return out + (several ? "." + std::string(target) : "") + ".snt";
}

Result<void> build_one(Context& context, const runtime::native::BuildRequest& request,
                       const std::string& to) {
  port::LinuxPrograms programs;
  auto built = runtime::native::build_task(programs, context.files(), request);
  if (!built) return std::move(built).error().with_context("cannot build '" + request.source + "'");
  if (!built->messages.empty()) context.err().write(built->messages);
  SAMARA_CHECK(write_output(context, to, as_text(built->file)));
  if (context.json()) {
    context.out().line(JsonLine("image")
                           .text("file", to)
                           .number("bytes", uint64_t{built->file.size()})
                           .text("type", lang::type_text(request.type))
                           .boolean("cached", built->cached)
                           .done());
  } else {
    context.note("'" + to + "', " + bytes_text(built->file.size()) + ", " +
                 lang::type_text(request.type) + (built->cached ? ", built before" : ""));
  }
  return {};
}

Result<Exit> run(Context& context, const Arguments& arguments) {
  runtime::native::BuildRequest request;
  request.source = arguments.positional(0);
  SAMARA_TRY(request.type, type_of_task(context, arguments, request.source));
  SAMARA_CHECK(take_options(context, arguments, request));
  std::vector<std::string_view> targets = arguments.values("target");
  if (targets.empty()) targets.push_back("");
  if (targets.size() > 1 && arguments.value("output")) {
    return context.misuse("option '--output' names one file, but there are several targets",
                          "without it each gets a name of its own");
  }
  // Where there is a repository, what was built before is found in its cache.
  std::optional<engine::SealedCache> cache;
  if (context.locate_repository()) {
    if (auto repository = context.repository()) request.cache = &cache.emplace(**repository);
  }
  if (request.cache == nullptr) (void)context.fail(Code::no_repository, "", "");  // no hint stays
  for (std::string_view target : targets) {
    request.target = target;
    SAMARA_CHECK(build_one(context, request, output_name(arguments, target, targets.size() > 1)));
  }
  return Exit::done;
}

constexpr PositionalSpec k_positionals[] = {
    {"FILE", "C (.c) or C++ source of a task", Completes::file},
};
constexpr OptionSpec k_options[] = {
    {"output", 'o', "FILE", "default: the file's name with .snt", Completes::file},
    {"type", 't', "TYPE", "as '(Integer) -> Float'; default: the first line"},
    {"target", 0, "TRIPLE", "aarch64-linux-samara, thumbv7m-none-samara; repeats"},
    {"pure", 0, "", "the result depends on the arguments alone"},
    {"heap", 0, "SIZE", "what it may allocate; default: 256M"},
    {"needs", 0, "LIST", "telemetry,random,clock: what it uses of its node"},
    {"name", 'n', "NAME", "of the task; default: that of the file"},
    {"cc", 0, "COMMAND", "the compiler; default: GCC of the target"},
};

}  // namespace

constinit const Command k_build = {
    .group = "",
    .name = "build",
    .summary = "compile a task in C or C++ to a native image",
    .positionals = k_positionals,
    .options = k_options,
    .detail =
        "It includes <samara/guest/task.h>, which comes with samara. samara fn add makes\n"
        "a function of the image, which runs in a process of its own behind walls.",
    .example = "samara build fib.c --pure && samara fn add fib.snt",
    .run = run,
};

}  // namespace samara::cli
