#include "apps/samara/worker_programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <span>

#include "ports/linux/programs.hpp"

namespace samara::cli {
namespace {

constexpr std::string_view k_runtimes[] = {"python", "node", "julia", "cpp", "wasm", "native"};

constexpr std::string_view k_own_worker = "samara-worker";

struct Language {
  std::string_view runtime;
  std::string_view variable;  // names the program
  std::string_view program;
  std::string_view file;  // in the folder of the language; empty: it finds its package itself
};
constexpr Language k_languages[] = {
    {"python", "SAMARA_PYTHON", "python3", "samara/worker.py"},
    {"node", "SAMARA_NODE", "node", "samara/worker.mjs"},
    {"julia", "SAMARA_JULIA", "julia", "worker.jl"},
};

struct Suffix {
  std::string_view suffix;
  std::string_view runtime;
};
constexpr Suffix k_suffixes[] = {
    {".py", "python"}, {".mjs", "node"}, {".js", "node"},
    {".cjs", "node"},  {".jl", "julia"}, {".so", "cpp"},
};

bool on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "" : path;
  while (!left.empty()) {
    const size_t colon = std::min(left.find(':'), left.size());
    const std::string file = std::string(left.substr(0, colon)) + "/" + std::string(program);
    if (::access(file.c_str(), X_OK) == 0) return true;
    left.remove_prefix(std::min(colon + 1, left.size()));
  }
  return false;
}

// The packages of the languages lie beside the program: in the folder of a build, or installed.
std::string package_folder(std::string_view runtime, std::string_view file) {
  const std::string own = port::own_folder();
  for (const char* beside : {"../", "../lib/samara/"}) {
    std::string folder = own + beside + std::string(runtime);
    if (::access((folder + "/" + std::string(file)).c_str(), R_OK) == 0) return folder;
  }
  return {};
}

std::string program_of(const Language& language) {
  const char* named = std::getenv(std::string(language.variable).c_str());
  if (named != nullptr && *named != '\0') return named;
  std::string program(language.program);
  if (language.runtime != "julia" || on_path(program)) return program;
  // Where tools/julia-prefix has put it.
  const char* prefix = std::getenv("SAMARA_JULIA_PREFIX");
  for (const std::string& folder :
       {std::string(prefix == nullptr ? "" : prefix), port::own_folder() + "../../julia-prefix"}) {
    std::string file = folder + "/bin/julia";
    if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return program;
}

Result<port::ChildOrder> language_program(const Language& language) {
  port::ChildOrder out;
  out.program = program_of(language);
  const std::string folder = package_folder(language.runtime, language.file);
  if (language.runtime == "python") {
    if (!folder.empty()) {
      const char* before = std::getenv("PYTHONPATH");
      const bool some = before != nullptr && *before != '\0';
      out.variables.emplace_back("PYTHONPATH", some ? folder + ":" + before : folder);
    }
    out.words = {"-m", "samara.worker"};
    return out;
  }
  if (folder.empty()) {
    return Error(Code::not_found, "the package of Samara for " + std::string(language.runtime) +
                                      " is not installed beside this program");
  }
  out.words = {folder + "/" + std::string(language.file)};
  return out;
}

}  // namespace

std::span<const std::string_view> known_runtimes() { return k_runtimes; }

std::optional<std::string_view> runtime_of_file(std::string_view path) {
  for (const Suffix& known : k_suffixes) {
    if (path.ends_with(known.suffix)) return known.runtime;
  }
  return std::nullopt;
}

Result<port::ChildOrder> worker_program(const WorkerOrder& order) {
  port::ChildOrder out;
  const auto* language =
      std::find_if(std::begin(k_languages), std::end(k_languages),
                   [&](const Language& known) { return known.runtime == order.runtime; });
  if (language != std::end(k_languages)) {
    SAMARA_TRY(out, language_program(*language));
  } else if (std::find(std::begin(k_runtimes), std::end(k_runtimes), order.runtime) !=
             std::end(k_runtimes)) {
    out.program = port::program_beside(k_own_worker);
    if (out.program.empty()) {
      return Error(Code::not_found,
                   "the program " + std::string(k_own_worker) + " is not beside this one");
    }
    out.words = {"--runtime", order.runtime};
  } else {
    return Error(Code::unsupported, "there is no runtime '" + order.runtime +
                                        "'; there are python, node, julia, cpp, wasm and native");
  }
  for (std::string word : {std::string("--repo"), order.repository, std::string("--slots"),
                           std::to_string(order.slots)}) {
    out.words.push_back(std::move(word));
  }
  for (const std::string& file : order.platforms) {
    out.words.emplace_back("--platform");
    out.words.push_back(file);
  }
  return out;
}

}  // namespace samara::cli
