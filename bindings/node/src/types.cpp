// Types as the addon knows them, and as JavaScript sees them: numbers with a description.

#include <algorithm>

#include "common.hpp"

namespace samara::node {
namespace {

std::string_view name_of(const samara_type* type, uint32_t index) {
  samara_view name = samara_type_name(type, index);
  return {reinterpret_cast<const char*>(name.data), name.size};
}

bool is_option(const Info& info) {
  return info.kind == SAMARA_KIND_VARIANT && info.count == 2 && info.names[0] == "none" &&
         info.names[1] == "some" &&
         samara_type_kind(samara_type_part(info.type, 0)) == SAMARA_KIND_NULL;
}

bool may_be_null(const Info* type) {
  return type->kind == SAMARA_KIND_NULL || type->option || type->kind == SAMARA_KIND_NEVER;
}

bool is_container(int32_t kind) {
  return kind == SAMARA_KIND_ARRAY || kind == SAMARA_KIND_SET || kind == SAMARA_KIND_DICT ||
         kind == SAMARA_KIND_REF;
}

// Counts the places where a container with identity can be; more than one is all that matters.
void count_containers(State& state, Info* type, std::vector<Info*>& open, std::vector<Info*>& done,
                      int inside, int& places) {
  if (places > 1) return;
  if (std::find(open.begin(), open.end(), type) != open.end()) {
    places = 2;  // it contains itself
    return;
  }
  const bool container = is_container(type->kind);
  if (container) places += inside > 0 ? 2 : 1;
  if (type->kind == SAMARA_KIND_VECTOR || type->kind == SAMARA_KIND_MATRIX) return;
  open.push_back(type);
  for (uint32_t i = 0; i < type->count; i++) {
    count_containers(state, part_of(state, type, i), open, done, inside + (container ? 1 : 0),
                     places);
  }
  open.pop_back();
}

void collect_keys(State& state, Info* type, std::vector<Info*>& met, std::vector<Info*>& out) {
  if (std::find(met.begin(), met.end(), type) != met.end()) return;
  met.push_back(type);
  if (!type->names.empty()) out.push_back(type);
  for (uint32_t i = 0; i < type->count; i++) {
    collect_keys(state, part_of(state, type, i), met, out);
  }
}

napi_value parse_type(Call& call) {
  Info* type = parse_info(call.state, call.text(0));
  return type == nullptr ? nullptr : number_value(call.state, type->id);
}

/// describe(id) → [kind, text, names, part ids]
napi_value describe(Call& call) {
  static const char* const k_names[] = {
      "Array",    "AsyncFunction", "Blob",   "Boolean", "DateTime", "Dict",      "Float",
      "Function", "Integer",       "Matrix", "Never",   "Null",     "Recursive", "Ref",
      "Set",      "String",        "Struct", "Variant", "Vector"};
  State& state = call.state;
  Info* type = info_argument(call, 0);
  if (type == nullptr) return nullptr;
  napi_value out = nullptr;
  napi_value names = nullptr;
  napi_value parts = nullptr;
  napi_create_array(state.env, &out);
  napi_create_array(state.env, &names);
  napi_create_array(state.env, &parts);
  for (size_t i = 0; i < type->names.size(); i++) {
    napi_set_element(state.env, names, static_cast<uint32_t>(i), text_value(state, type->names[i]));
  }
  for (uint32_t i = 0; i < type->count; i++) {
    napi_set_element(state.env, parts, i, number_value(state, part_of(state, type, i)->id));
  }
  napi_set_element(state.env, out, 0, text_value(state, k_names[type->kind]));
  napi_set_element(state.env, out, 1, text_value(state, type->text));
  napi_set_element(state.env, out, 2, names);
  napi_set_element(state.env, out, 3, parts);
  return out;
}

}  // namespace

Info* info_of(State& state, const samara_type* type) {
  auto found = state.by_type.find(type);
  if (found != state.by_type.end()) return found->second;
  auto made = std::make_unique<Info>();
  made->type = type;
  made->id = static_cast<uint32_t>(state.types.size());
  made->kind = samara_type_kind(type);
  made->count = samara_type_count(type);
  if (made->kind == SAMARA_KIND_STRUCT || made->kind == SAMARA_KIND_VARIANT) {
    for (uint32_t i = 0; i < made->count; i++) made->names.emplace_back(name_of(type, i));
  }
  LibraryBytes text;
  if (samara_type_text(state.values, type, &text.raw) == SAMARA_OK) made->text = text.text();
  made->option = is_option(*made);
  Info* out = made.get();
  state.types.push_back(std::move(made));
  state.by_type.emplace(type, out);
  if (out->option) out->option_plain = !may_be_null(part_of(state, out, 1));
  return out;
}

Info* part_of(State& state, Info* type, uint32_t index) {
  if (type->parts.empty()) {
    std::vector<Info*> parts;
    parts.reserve(type->count);
    for (uint32_t i = 0; i < type->count; i++) {
      parts.push_back(info_of(state, samara_type_part(type->type, i)));
    }
    type->parts = std::move(parts);
  }
  return type->parts[index];
}

void survey(State& state, Info* type) {
  if (type->surveyed) return;
  std::vector<Info*> open;
  std::vector<Info*> done;
  int places = 0;
  count_containers(state, type, open, done, 0, places);
  type->identity = places > 1;
  std::vector<Info*> met;
  collect_keys(state, type, met, type->with_keys);
  type->surveyed = true;
}

Info* parse_info(State& state, const std::string& text) {
  auto known = state.by_text.find(text);
  if (known != state.by_text.end()) return known->second;
  const samara_type* type = nullptr;
  const int32_t code = samara_type_parse(state.values, text.c_str(), &type);
  if (code != SAMARA_OK) {
    values_error(state, code);
    return nullptr;
  }
  Info* out = info_of(state, type);
  state.by_text.emplace(text, out);
  return out;
}

Info* info_argument(Call& call, size_t index) {
  const double number = call.number(index);
  if (!(number >= 0) || number >= static_cast<double>(call.state.types.size())) {
    mismatch(call.state, "this is no East type");
    return nullptr;
  }
  return call.state.types[static_cast<size_t>(number)].get();
}

std::string type_words(const Info* type) {
  std::string out = type->text;
  // ".Float" is Float to people; a long one is cut.
  if (out.size() > 1 && out[0] == '.' && out.find(' ') == std::string::npos) out.erase(0, 1);
  if (out.size() > 120) out = out.substr(0, 117) + "...";
  return out;
}

Keys::Keys(State& state, Info* root) : root_(root) {
  survey(state, root);
  for (Info* type : root->with_keys) {
    saved_.push_back(std::move(type->keys));
    type->keys.clear();
    type->keys.reserve(type->names.size());
    for (const std::string& name : type->names) type->keys.push_back(text_value(state, name));
  }
}

Keys::~Keys() {
  for (size_t i = 0; i < saved_.size(); i++) root_->with_keys[i]->keys = std::move(saved_[i]);
}

void add_types(napi_env env, napi_value exports) {
  static constexpr Entry k_entries[] = {{"parseType", parse_type}, {"describe", describe}};
  add_functions(env, exports, k_entries, std::size(k_entries));
}

}  // namespace samara::node
