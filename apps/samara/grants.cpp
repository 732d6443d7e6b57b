#include "apps/samara/grants.hpp"

#include <algorithm>

#include "apps/samara/near_miss.hpp"

namespace samara::cli {
namespace {

// What the platform functions of this program ask for.
constexpr std::string_view k_capabilities[] = {"fs", "net", "random", "time"};

}  // namespace

std::string absolute_path(std::string_view path, std::string_view working_directory) {
  std::string whole(path);
  if (!path.starts_with('/')) whole = std::string(working_directory) + "/" + whole;
  std::vector<std::string_view> parts;
  for (std::string_view rest = whole; !rest.empty();) {
    size_t slash = rest.find('/');
    std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (std::string_view part : parts) {
    out += '/';
    out += part;
  }
  return out.empty() ? "/" : out;
}

Result<Grants> parse_grants(Context& context, std::string_view text) {
  Grants grants;
  bool all_files = false;
  while (!text.empty()) {
    size_t comma = text.find(',');
    std::string_view item = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    size_t colon = item.find(':');
    std::string name(item.substr(0, colon));
    if (std::find(std::begin(k_capabilities), std::end(k_capabilities), name) ==
        std::end(k_capabilities)) {
      std::vector<std::string> known(std::begin(k_capabilities), std::end(k_capabilities));
      return context.misuse("unknown capability '" + name + "'" + did_you_mean(name, known),
                            "there are fs, fs:DIR, net, random and time");
    }
    if (colon != std::string_view::npos && name != "fs") {
      return context.misuse("capability '" + name + "' takes no place, got '" + std::string(item) +
                            "'");
    }
    if (colon != std::string_view::npos) {
      grants.file_roots.push_back(absolute_path(item.substr(colon + 1), working_directory()));
    } else if (name == "fs") {
      all_files = true;
    }
    grants.capabilities.push_back(std::move(name));
  }
  if (all_files) grants.file_roots.clear();
  return grants;
}

}  // namespace samara::cli
