#include <algorithm>

#include "trust/policy.hpp"
#include "trust/words.hpp"
#include "value/json.hpp"

namespace samara::trust {

namespace {

std::string json_quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + json_quoted(text);
  return out + "]";
}

std::string words(Words which, uint64_t mask) { return list_of(words_of(which, mask)); }

std::string boolean(bool value) { return value ? "true" : "false"; }

// Each member but the first stands behind a comma and on a line of its own.
class Members {
 public:
  explicit Members(std::string indent) : indent_(std::move(indent)) {}
  void add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ",\n";
    text_ += indent_ + json_quoted(name) + ": " + std::string(value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string indent_;
  std::string text_;
};

std::string print_key(const PolicyKey& key) {
  const image::TrustedKey& rights = key.rights;
  Members out("      ");
  if (!key.name.empty()) out.add("name", json_quoted(key.name));
  out.add("id", json_quoted(id_text(key.id())));
  out.add("key", json_quoted(to_hex(rights.key)));
  out.add("roles", words(Words::roles, rights.roles));
  if (rights.targets != UINT32_MAX) out.add("targets", words(Words::targets, rights.targets));
  out.add("capabilities", words(Words::capabilities, rights.capabilities));
  if (rights.memory_max != UINT32_MAX) {
    out.add("memory_bytes_max", std::to_string(rights.memory_max));
  }
  if (rights.deadline_ms_max != UINT32_MAX) {
    out.add("deadline_ms_max", std::to_string(rights.deadline_ms_max));
  }
  if (rights.not_after != image::k_forever)
    out.add("expires", json_quoted(end_text(rights.not_after)));
  out.add("revoked", boolean(rights.revoked));
  return "    {\n" + out.text() + "\n    }";
}

}  // namespace

std::string print_policy(const Policy& policy) {
  Members out("  ");
  out.add("format", "\"samara policy\"");
  out.add("number", std::to_string(policy.number));
  out.add("require_signatures", boolean(policy.require_signatures));
  out.add("signatures", std::to_string(policy.signatures));
  out.add("roles", words(Words::roles, policy.roles));
  out.add("unsigned_capabilities", words(Words::capabilities, policy.unsigned_capabilities));
  std::string keys;
  for (const PolicyKey& key : policy.keys) keys += (keys.empty() ? "\n" : ",\n") + print_key(key);
  out.add("keys", keys.empty() ? "[]" : "[" + keys + "\n  ]");
  std::vector<std::string> revoked;
  revoked.reserve(std::max(policy.revoked_keys.size(), policy.revoked_tasks.size()));
  for (const image::KeyId& id : policy.revoked_keys) revoked.push_back(id_text(id));
  out.add("revoked_keys", list_of(revoked));
  revoked.clear();
  for (const Hash& task : policy.revoked_tasks) revoked.push_back(task.hex());
  out.add("revoked_tasks", list_of(revoked));
  out.add("quarantine", "{\"after\": " + std::to_string(policy.quarantine_after) +
                            ", \"timeouts\": " + boolean(policy.quarantine_timeouts) + "}");
  return "{\n" + out.text() + "\n}\n";
}

}  // namespace samara::trust
