#include "runtime/native/build.hpp"

#include <algorithm>

#include "core/sha256.hpp"
#include "image/writer.hpp"
#include "runtime/native/guest_headers.hpp"
#include "runtime/native/import.hpp"
#include "value/text_type.hpp"

namespace samara::runtime::native {

namespace {

struct Recipe {
  std::string_view triple;
  std::string_view c;  // compilers
  std::string_view cpp;
  std::vector<std::string> compile;
  std::string link;  // behind -Wl,
  bool linux_target;
  std::string_view c_package;  // of Debian, that has the compilers
  std::string_view cpp_package;
};

const std::vector<std::string> k_compile = {"-O2", "-fPIC", "-fvisibility=hidden", "-ffreestanding",
                                            "-fno-asynchronous-unwind-tables",
                                            "-ffunction-sections", "-fdata-sections",
                                            // Lines for the texts of crashes; no part of the image.
                                            "-g1", "-gdwarf-5", "-gz=none"};
const std::vector<std::string> k_compile_cpp = {"-std=c++20", "-fno-exceptions", "-fno-rtti",
                                                "-fno-threadsafe-statics"};
const std::vector<std::string> k_compile_linux = {"-fno-omit-frame-pointer",
                                                  "-fno-stack-protector"};
constexpr std::string_view k_link =
    "-Wl,-Bsymbolic,--no-undefined,--hash-style=sysv,--build-id=none,--gc-sections,-e,samara_task";

const Recipe k_recipes[] = {
#if defined(__x86_64__)
    {"x86_64-linux-samara", "gcc", "g++", {}, "-z,max-page-size=4096", true, "gcc", "g++"},
#else
    {"x86_64-linux-samara",
     "x86_64-linux-gnu-gcc",
     "x86_64-linux-gnu-g++",
     {},
     "-z,max-page-size=4096",
     true,
     "gcc-x86-64-linux-gnu",
     "g++-x86-64-linux-gnu"},
#endif
#if defined(__aarch64__)
    {"aarch64-linux-samara", "gcc", "g++", {}, "-z,max-page-size=65536", true, "gcc", "g++"},
#else
    {"aarch64-linux-samara",
     "aarch64-linux-gnu-gcc",
     "aarch64-linux-gnu-g++",
     {},
     "-z,max-page-size=65536",
     true,
     "gcc-aarch64-linux-gnu",
     "g++-aarch64-linux-gnu"},
#endif
    {"thumbv7m-none-samara",
     "arm-none-eabi-gcc",
     "arm-none-eabi-g++",
     {"-mcpu=cortex-m3", "-mthumb", "-Wno-psabi"},
     "-z,max-page-size=4096",
     false,
     "gcc-arm-none-eabi",
     "libstdc++-arm-none-eabi-newlib"},
};

const Recipe* recipe_of(std::string_view triple) {
  for (const Recipe& recipe : k_recipes) {
    if (recipe.triple == triple) return &recipe;
  }
  return nullptr;
}

bool is_c(std::string_view path) { return path.size() > 2 && path.substr(path.size() - 2) == ".c"; }

std::string stem(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  size_t dot = path.rfind('.');
  return std::string(path.substr(0, dot == 0 ? path.size() : dot));
}

// A task on Linux gets memory when it touches it; on a device all of it is set aside.
image::Memory default_memory(bool linux_target) {
  constexpr uint32_t k_kibibyte = 1024;
  constexpr uint32_t k_mebibyte = 1024 * k_kibibyte;
  if (!linux_target) {
    return {.image = 0,
            .stack = 8 * k_kibibyte,
            .heap = 16 * k_kibibyte,
            .input = 4 * k_kibibyte,
            .output = 4 * k_kibibyte};
  }
  return {.image = 0,
          .stack = k_mebibyte,
          .heap = 256 * k_mebibyte,
          .input = 64 * k_mebibyte,
          .output = 64 * k_mebibyte};
}

void take_over(uint32_t& to, uint32_t wanted) {
  if (wanted != 0) to = wanted;
}

Result<Bytes> read_file(port::Files& files, const std::string& path) {
  SAMARA_TRY(port::OpenFile file,
             port::OpenFile::open(files, port::k_no_directory, path, port::OpenMode::read));
  SAMARA_TRY(const port::FileInfo info, files.info(file.handle()));
  constexpr uint64_t k_max = 64U << 20;
  if (info.size_bytes > k_max) return Error(Code::exhausted, "the linked task is above 64 MiB");
  Bytes out(static_cast<size_t>(info.size_bytes));
  SAMARA_TRY(const size_t got, files.read_at(file.handle(), 0, out));
  out.resize(got);
  return out;
}

Result<void> write_file(port::Files& files, const std::string& path, std::string_view text) {
  SAMARA_TRY(port::OpenFile file,
             port::OpenFile::open(files, port::k_no_directory, path, port::OpenMode::create));
  return files.write(file.handle(), as_bytes(text));
}

Result<void> write_headers(port::Files& files, const std::string& folder) {
  SAMARA_CHECK(files.make_directory(port::k_no_directory, folder + "/samara"));
  SAMARA_CHECK(files.make_directory(port::k_no_directory, folder + "/samara/guest"));
  for (const GuestHeader& header : guest_headers()) {
    SAMARA_CHECK(
        write_file(files, folder + "/samara/guest/" + std::string(header.name), header.text));
  }
  return {};
}

std::vector<std::string> compile_words(const Recipe& recipe, const BuildRequest& request,
                                       const std::string& folder) {
  const bool c = is_c(request.source);
  std::vector<std::string> out;
  auto add = [&out](const std::vector<std::string>& words) {
    out.insert(out.end(), words.begin(), words.end());
  };
  const std::string compiler =
      request.compiler.empty() ? std::string(c ? recipe.c : recipe.cpp) : request.compiler;
  const bool clang = compiler.find("clang") != std::string::npos;
  out.push_back(compiler);
  add(k_compile);
  add(c ? std::vector<std::string>{"-std=c17"} : k_compile_cpp);
  if (!c && !clang) out.push_back("-fno-gnu-unique");
  if (recipe.linux_target) add(k_compile_linux);
  add(recipe.compile);
  out.push_back("-I" + folder);
  // Names of folders differ from build to build; what is shown is the name of a file.
  out.push_back("-ffile-prefix-map=" + folder + "/=");
  add(request.options);
  out.push_back(request.source);
  return out;
}

std::vector<std::string> link_words(const Recipe& recipe, const std::string& folder) {
  std::vector<std::string> out{"-shared", "-nostdlib", "-nostartfiles"};
  std::string link(k_link);
  link += "," + recipe.link;
  if (recipe.linux_target) link += ",-z,noseparate-code,-z,norelro";
  out.insert(out.end(), {link, "-lgcc", "-o", folder + "/task"});
  return out;
}

// The folder goes when the build is over, however it ended.
class Scratch {
 public:
  Scratch(port::Programs& programs, port::Files& files, std::string folder)
      : programs_(programs), files_(files), folder_(std::move(folder)) {}
  Scratch(const Scratch&) = delete;
  ~Scratch() {
    for (const GuestHeader& header : guest_headers()) {
      (void)files_.remove(port::k_no_directory,
                          folder_ + "/samara/guest/" + std::string(header.name));
    }
    (void)files_.remove_directory(port::k_no_directory, folder_ + "/samara/guest");
    (void)files_.remove_directory(port::k_no_directory, folder_ + "/samara");
    programs_.remove_scratch(folder_);
  }
  const std::string& folder() const { return folder_; }

 private:
  port::Programs& programs_;
  port::Files& files_;
  std::string folder_;
};

image::PackInput pack_input(const Recipe& recipe, const BuildRequest& request) {
  image::PackInput out;
  out.target = image::find_target(recipe.triple);
  out.name =
      request.name.empty() ? stem(request.source).substr(0, image::k_name_bytes_max) : request.name;
  out.memory = default_memory(recipe.linux_target);
  take_over(out.memory.stack, request.memory.stack);
  take_over(out.memory.heap, request.memory.heap);
  take_over(out.memory.input, request.memory.input);
  take_over(out.memory.output, request.memory.output);
  constexpr uint32_t k_day_ms = 24U * 3600 * 1000;
  out.deadline_ms = request.deadline_ms == 0 ? k_day_ms : request.deadline_ms;
  out.deadline_ms_max = std::max(out.deadline_ms, k_day_ms);
  out.capabilities = request.capabilities;
  out.pure = request.pure;
  // Constructors run again before each call, and nothing else of an image is lasting.
  out.resettable = true;
  if (request.type != nullptr && request.type->is_function()) {
    std::vector<const Type*> inputs;
    inputs.reserve(request.type->input_count());
    for (uint32_t i = 0; i < request.type->input_count(); i++) {
      inputs.push_back(request.type->child(i));
    }
    const Type* output = request.type->output();
    out.input_type = type_hash(inputs);
    out.output_type = type_hash({&output, 1});
    // A long one would fill the manifest; then whoever adds the image says the type.
    constexpr size_t k_type_text_max = 2048;
    std::string text = type_to_text(request.type);
    if (text.size() <= k_type_text_max) out.type_text = std::move(text);
  }
  return out;
}

Error start_error(Error error, const Recipe& recipe, const BuildRequest& request) {
  if (error.code != Code::not_found || !request.compiler.empty()) return error;
  const bool c = is_c(request.source);
  const std::string package(c ? recipe.c_package : recipe.cpp_package);
  return Error(Code::not_found, "there is no compiler '" + std::string(c ? recipe.c : recipe.cpp) +
                                    "' for '" + std::string(recipe.triple) +
                                    "': install Debian's package " + package);
}

Result<port::ProgramReport> run_compiler(port::Programs& programs, const Recipe& recipe,
                                         const BuildRequest& request,
                                         const std::vector<std::string>& words) {
  port::ProgramOrder order;
  order.path = words[0];
  order.words.assign(words.begin() + 1, words.end());
  order.wall_max = std::chrono::minutes(5);
  auto ran = programs.run(order);
  if (!ran) return start_error(std::move(ran).error(), recipe, request);
  if (ran->end == port::ProgramEnd::timed_out) {
    return Error(Code::timeout, "'" + order.path + "' took too long");
  }
  if (!ran->done()) {
    return Error(Code::check_failed, ran->messages.empty()
                                         ? "'" + order.path + "' failed without a word"
                                         : ran->messages);
  }
  return ran;
}

// Everything that the result depends on: what the compiler calls itself, what it is told, the
// source with all that it includes, and the manifest. The folder is another one each time.
Result<Hash> cache_key(port::Programs& programs, const Recipe& recipe, const BuildRequest& request,
                       const std::string& folder) {
  std::vector<std::string> words = compile_words(recipe, request, folder);
  SAMARA_TRY(const port::ProgramReport version,
             run_compiler(programs, recipe, request, {words[0], "--version"}));
  std::string all = "samara build 1";
  auto add = [&all, &folder](std::string_view part) {
    all += '\0';
    for (size_t at = 0; at < part.size();) {
      const size_t found = std::min(part.find(folder, at), part.size());
      all += part.substr(at, found - at);
      at = found == part.size() ? found : found + folder.size();
    }
  };
  add(as_text(version.output));
  for (const std::string& word : words) add(word);
  for (const std::string& word : link_words(recipe, folder)) add(word);
  words.push_back("-E");
  SAMARA_TRY(const port::ProgramReport source, run_compiler(programs, recipe, request, words));
  add(as_text(source.output));
  const image::PackInput input = pack_input(recipe, request);
  add(input.name);
  add(input.type_text);
  if (input.input_type) add(input.input_type->hex());
  if (input.output_type) add(input.output_type->hex());
  for (uint64_t number :
       {uint64_t{input.memory.stack}, uint64_t{input.memory.heap}, uint64_t{input.memory.input},
        uint64_t{input.memory.output}, uint64_t{input.deadline_ms}, uint64_t{input.deadline_ms_max},
        input.capabilities, uint64_t{input.pure ? 1U : 0U}}) {
    add(std::to_string(number));
  }
  return sha256(as_bytes(all));
}

}  // namespace

std::string_view own_target() {
#if defined(__x86_64__)
  return "x86_64-linux-samara";
#elif defined(__aarch64__)
  return "aarch64-linux-samara";
#else
  return {};
#endif
}

std::string default_compiler(std::string_view target, bool cpp) {
  const Recipe* recipe = recipe_of(target);
  if (recipe == nullptr) return {};
  return std::string(cpp ? recipe->cpp : recipe->c);
}

Result<BuiltTask> build_task(port::Programs& programs, port::Files& files,
                             const BuildRequest& request) {
  const std::string_view target = request.target.empty() ? own_target() : request.target;
  const Recipe* recipe = recipe_of(target);
  if (recipe == nullptr) {
    std::string known;
    for (const Recipe& each : k_recipes)
      known += (known.empty() ? "" : ", ") + std::string(each.triple);
    return Error(Code::invalid_argument,
                 "tasks are not built for '" + std::string(target) + "', but for " + known);
  }
  SAMARA_CHECK(files.info_at(port::k_no_directory, request.source));
  SAMARA_TRY(std::string folder, programs.make_scratch());
  const Scratch scratch(programs, files, std::move(folder));
  SAMARA_CHECK(write_headers(files, scratch.folder()));
  BuiltTask out;
  Hash key;
  if (request.cache != nullptr) {
    SAMARA_TRY(key, cache_key(programs, *recipe, request, scratch.folder()));
    if (auto known = request.cache->find(key)) {
      out.file = std::move(*known);
      out.cached = true;
      return out;
    }
  }
  std::vector<std::string> words = compile_words(*recipe, request, scratch.folder());
  for (std::string& word : link_words(*recipe, scratch.folder())) words.push_back(std::move(word));
  SAMARA_TRY(port::ProgramReport compiled, run_compiler(programs, *recipe, request, words));
  SAMARA_TRY(const Bytes elf, read_file(files, scratch.folder() + "/task"));
  SAMARA_TRY(out.file, image::pack(pack_input(*recipe, request), elf, elf));
  out.messages = std::move(compiled.messages);
  // It is built; that it cannot be kept is no reason to do without it.
  if (request.cache != nullptr && out.messages.empty()) (void)request.cache->keep(key, out.file);
  return out;
}

}  // namespace samara::runtime::native
