// path_*: pure functions on POSIX paths; path_resolve looks at the working directory.

#include "eval/vm.hpp"
#include "platform/functions.hpp"

namespace samara::platform {

namespace {

// Resolves `.`, `..` and repeated slashes. A relative path keeps leading `..`.
std::string normalise(std::string_view path, bool keep_trailing_slash) {
  bool absolute = !path.empty() && path.front() == '/';
  bool trailing = path.size() > 1 && path.back() == '/';
  std::vector<std::string_view> parts;
  size_t at = 0;
  while (at <= path.size()) {
    size_t slash = path.find('/', at);
    if (slash == std::string_view::npos) slash = path.size();
    std::string_view part = path.substr(at, slash - at);
    at = slash + 1;
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!absolute) {
      parts.push_back(part);
    }
  }
  std::string out = absolute ? "/" : "";
  for (size_t i = 0; i < parts.size(); i++) {
    if (i != 0) out += '/';
    out += parts[i];
  }
  if (out.empty()) return keep_trailing_slash && trailing ? "./" : ".";
  if (keep_trailing_slash && trailing && out.back() != '/') out += '/';
  return out;
}

std::string join(const ArrayObject* segments) {
  std::string joined;
  for (Slot slot : segments->slots()) {
    std::string_view segment = text_of(slot);
    if (segment.empty()) continue;
    if (!joined.empty()) joined += '/';
    joined += segment;
  }
  return joined.empty() ? "." : normalise(joined, true);
}

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

std::string_view base_name(std::string_view path) {
  path = without_trailing_slashes(path);
  if (path == "/") return "";
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view directory_name(std::string_view path) {
  path = without_trailing_slashes(path);
  size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  if (slash == 0) return "/";
  return without_trailing_slashes(path.substr(0, slash));
}

std::string_view extension(std::string_view path) {
  std::string_view base = base_name(path);
  size_t dot = base.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || base == "..") return "";
  return base.substr(dot);
}

}  // namespace

std::string normal_absolute_path(std::string_view path) { return normalise(path, false); }

std::string resolve_path(std::string_view working_directory, std::string_view path) {
  if (!path.empty() && path.front() == '/') return normalise(path, false);
  std::string whole(working_directory);
  whole += '/';
  whole += path;
  return normalise(whole, false);
}

void add_path(Registrar& registrar, const StandardParts& parts) {
  registrar.effect = eval::Effect::pure;
  registrar.capability = "";
  registrar.is_async = false;
  const Type* text = registrar.types.string();
  registrar.add("path_join", {registrar.types.array(text)}, text,
                [](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
                  return vm.text(join(as<ArrayObject>(args[0])), out);
                });
  auto simple = [](auto f) {
    return [f](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
      return vm.text(f(text_of(args[0])), out);
    };
  };
  registrar.add("path_dirname", {text}, text, simple(directory_name));
  registrar.add("path_basename", {text}, text, simple(base_name));
  registrar.add("path_extname", {text}, text, simple(extension));
  registrar.effect = eval::Effect::idempotent;
  registrar.add(
      "path_resolve", {text}, text,
      [cwd = parts.working_directory](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
        return vm.text(resolve_path(cwd, text_of(args[0])), out);
      });
}

}  // namespace samara::platform
