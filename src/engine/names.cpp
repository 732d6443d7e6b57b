#include "engine/names.hpp"

#include "store/names.hpp"

namespace samara::engine {

namespace {

bool is_hex(std::string_view text) {
  for (char c : text) {
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hex) return false;
  }
  return !text.empty();
}

Error nothing(std::string_view what, std::string_view text) {
  return Error(Code::not_found, "there is no " + std::string(what) + " " + store::in_quotes(text));
}

Error several(std::string_view text, const std::vector<Hash>& hashes, bool more) {
  std::string message = store::in_quotes(text) + " is ambiguous, it could be:";
  for (const Hash& hash : hashes) message += "\n  " + hash.hex();
  if (more) message += "\n  …";
  return Error(Code::ambiguous, message);
}

// A ref by exactly this name, or nothing. A text that can be no ref's name is no error here.
Result<std::optional<Hash>> find_ref(store::Repository& repository, std::string_view name) {
  auto hash = repository.refs().get(name);
  if (hash) return std::optional<Hash>(*hash);
  Code code = hash.error().code;
  if (code == Code::not_found || code == Code::invalid_argument) return std::optional<Hash>();
  return std::move(hash).error();
}

Result<Hash> by_prefix(store::Repository& repository, std::string_view what,
                       std::string_view text) {
  if (!is_hex(text) || text.size() < k_prefix_digits_min || text.size() > 64) {
    return nothing(what, text);
  }
  SAMARA_TRY(store::PrefixMatch match, repository.objects().resolve_prefix(text));
  if (!match.found()) return nothing(what, text);
  if (!match.unique()) return several(text, match.hashes, match.more);
  return match.hashes[0];
}

Result<Hash> resolve(store::Repository& repository, std::string_view what, std::string_view text) {
  SAMARA_TRY(std::optional<Hash> ref, find_ref(repository, text));
  if (ref.has_value()) return *ref;
  return by_prefix(repository, what, text);
}

}  // namespace

bool is_internal_ref(std::string_view name) {
  return name.starts_with(k_debug_refs) || name.starts_with(k_signature_refs) ||
         name.starts_with(k_quarantine_refs);
}

std::string debug_ref(const Hash& function) { return std::string(k_debug_refs) + function.hex(); }

Result<Hash> resolve_object(store::Repository& repository, std::string_view text) {
  return resolve(repository, "object", text);
}

Result<Hash> resolve_function(store::Repository& repository, std::string_view text) {
  SAMARA_TRY(std::optional<Hash> named,
             find_ref(repository, std::string(k_function_refs) + std::string(text)));
  if (named.has_value()) return *named;
  return resolve(repository, "function", text);
}

Result<store::CallKey> resolve_call(store::Repository& repository, std::string_view text) {
  if (!is_hex(text) || text.size() < k_prefix_digits_min || text.size() > 64) {
    return nothing("call", text);
  }
  SAMARA_TRY(auto keys, repository.executions().find_calls(text));
  if (keys.empty()) return nothing("call", text);
  if (keys.size() == 1) return keys[0];
  std::vector<Hash> hashes;
  for (const store::CallKey& key : keys) hashes.push_back(key.call);
  return several(text, hashes, hashes.size() > store::k_prefix_matches_max);
}

}  // namespace samara::engine
