#include "engine/known_function.hpp"

#include <algorithm>
#include <unordered_set>

#include "engine/names.hpp"
#include "engine/signatures.hpp"
#include "store/names.hpp"

namespace samara::engine {

namespace {

// Functions are few; a program that makes them by the thousand starts over.
constexpr size_t k_entries_max = 4096;

constexpr std::string_view k_anything = "*";

std::string reached_text(const std::string& name, Effect effect) {
  if (name == k_anything) return "it takes or reads functions, which may reach anything";
  if (effect == Effect::unknown) return "it reaches '" + name + "', whose effect is unknown";
  return "it reaches '" + name + "' (" + std::string(effect_word(effect)) + ")";
}

bool is_flat(const FunctionRecord& record) {
  constexpr uint32_t k_depth = 64;
  auto flat = [](const Type* type) {
    return type->is_data() && !type->has_recursion() && type->depth() <= k_depth;
  };
  return flat(record.output) && std::all_of(record.inputs.begin(), record.inputs.end(), flat);
}

// A function may have been added when its platform functions were declared otherwise: what must be
// assumed is the worse of then and now.
void judge(KnownFunction& function, const std::vector<std::string>& capabilities) {
  function.pure = true;
  for (size_t i = 0; i < function.offers.size(); i++) {
    const runtime::Offer& offer = function.offers[i];
    const ReachedEffect& declared = function.record.effects[i];
    if (!offer.offered && offer.name != k_anything) {
      function.open.push_back(declared);
      continue;
    }
    Effect effect = offer.effect;
    // Unknown: it was not offered then, so that there was nothing to declare.
    if (declared.effect != Effect::unknown) effect = worse(declared.effect, effect);
    if (effect != Effect::pure && function.pure) {
      function.pure = false;
      function.impurity = reached_text(offer.name, effect);
    }
    if (!offer.offered) continue;
    // Zero: nothing to be bound, for it is the code itself.
    if (offer.implementation != Hash{}) {
      function.bindings.emplace(offer.name, offer.implementation);
    }
    bool granted = offer.capability.empty() || std::find(capabilities.begin(), capabilities.end(),
                                                         offer.capability) != capabilities.end();
    if (!granted && function.missing_grant.empty()) {
      function.missing_grant = "'" + offer.name + "' needs the capability '" + offer.capability +
                               "', which is not granted";
    }
  }
}

// What a function and all those that it can reach by name bind and do.
class Closure {
 public:
  Closure(KnownFunction& root, NameSnapshot& names) : root_(root), names_(names) {}

  /// The first one that has not been looked at: its id, and what it is called.
  struct Next {
    Hash id;
    std::string name;
  };
  std::optional<Next> next() {
    if (at_ == list_.size()) return std::nullopt;
    return list_[at_++];
  }

  Result<void> add_root() {
    seen_.insert(root_.id);
    return add_open(root_, "", "");
  }

  Result<void> add(const KnownFunction& function, const std::string& name) {
    const std::string prefix = function.id.hex() + "/";
    for (const auto& [reached, implementation] : function.bindings) {
      root_.bindings.emplace(prefix + reached, implementation);
    }
    const std::string by = "'" + name + "', which it calls: ";
    if (!function.pure) not_pure(by + function.impurity);
    if (!function.missing_grant.empty() && root_.missing_grant.empty()) {
      root_.missing_grant = by + function.missing_grant;
    }
    return add_open(function, prefix, by);
  }

 private:
  Result<void> add_open(const KnownFunction& function, const std::string& prefix,
                        const std::string& by) {
    // A copy: the root's own list is among those.
    const std::vector<ReachedEffect> open = function.open;
    for (const ReachedEffect& reached : open) {
      SAMARA_TRY(std::optional<Hash> id, names_.find(reached.name));
      if (!id.has_value()) {
        not_pure(by + reached_text(reached.name, Effect::unknown));
        continue;
      }
      if (reached.effect != Effect::pure && reached.effect != Effect::unknown) {
        not_pure(by + reached_text(reached.name, reached.effect));
      }
      root_.bindings.emplace(prefix + reached.name, *id);
      if (prefix.empty()) root_.callees.emplace(reached.name, *id);
      if (seen_.insert(*id).second) list_.push_back({*id, reached.name});
    }
    return {};
  }

  void not_pure(std::string why) {
    if (root_.pure) root_.impurity = std::move(why);
    root_.pure = false;
  }

  KnownFunction& root_;
  NameSnapshot& names_;
  std::unordered_set<Hash, HashOfHash> seen_;
  std::vector<Next> list_;
  size_t at_ = 0;
};

}  // namespace

Result<std::shared_ptr<const KnownFunction>> FunctionTable::read(const Hash& id) {
  SAMARA_TRY(store::ObjectBytes object, parts_.repository.objects().view(id));
  auto record = decode_function(object.bytes(), parts_.types);
  if (!record) {
    return std::move(record).error().with_context("object " + store::in_quotes(id) +
                                                  " is no function that can be run");
  }
  auto out = std::make_shared<KnownFunction>();
  out->id = id;
  out->record = std::move(*record);
  for (runtime::Runtime* runtime : parts_.runtimes) {
    if (runtime->kind() == out->record.kind) out->runtime = runtime;
  }
  if (out->runtime == nullptr) {
    return Error(Code::unsupported, "function " + store::in_quotes(id) + " is of kind '" +
                                        out->record.kind + "', which no runtime here runs");
  }
  out->flat = is_flat(out->record);
  out->offers = out->runtime->offers(out->record);
  judge(*out, parts_.capabilities);
  return std::shared_ptr<const KnownFunction>(std::move(out));
}

Result<std::shared_ptr<const KnownFunction>> FunctionTable::bound(const KnownFunction& function,
                                                                  NameSnapshot& names) {
  auto out = std::make_shared<KnownFunction>(function);
  Closure closure(*out, names);
  SAMARA_CHECK(closure.add_root());
  while (auto next = closure.next()) {
    auto callee = alone(next->id);
    if (!callee) {
      return std::move(callee).error().with_context("'" + next->name + "', which '" +
                                                    function.id.short_hex() + "' calls");
    }
    SAMARA_CHECK(closure.add(**callee, next->name));
  }
  return std::shared_ptr<const KnownFunction>(std::move(out));
}

Result<std::shared_ptr<const KnownFunction>> FunctionTable::get(const Hash& id,
                                                                NameSnapshot& names) {
  SAMARA_TRY(auto function, alone(id));
  if (function->open.empty()) return function;
  return bound(*function, names);
}

Result<std::shared_ptr<const KnownFunction>> FunctionTable::get(const Hash& id) {
  NameSnapshot now(parts_.repository, parts_.offered);
  return get(id, now);
}

Result<std::shared_ptr<const KnownFunction>> FunctionTable::alone(const Hash& id) {
  {
    std::lock_guard lock(mutex_);
    auto at = entries_.find(id);
    if (at != entries_.end()) return at->second.function;
  }
  SAMARA_TRY(auto function, read(id));
  std::lock_guard lock(mutex_);
  if (entries_.size() >= k_entries_max) entries_.clear();
  return entries_.try_emplace(id, Entry{function, nullptr}).first->second.function;
}

Result<Bytes> FunctionTable::companion_bytes(const Hash& function) {
  auto hash = parts_.repository.refs().get(debug_ref(function));
  if (!hash) {
    // A damaged ref costs the locations in messages, never the call.
    return Bytes{};
  }
  auto bytes = parts_.repository.objects().get(*hash);
  if (!bytes) return Bytes{};
  return bytes;
}

Result<std::optional<FunctionCompanion>> FunctionTable::companion(const Hash& function) {
  SAMARA_TRY(Bytes bytes, companion_bytes(function));
  if (bytes.empty()) return std::optional<FunctionCompanion>();
  auto companion = decode_companion(bytes, parts_.types);
  if (!companion || companion->function != function) return std::optional<FunctionCompanion>();
  return std::optional<FunctionCompanion>(std::move(*companion));
}

Result<std::shared_ptr<const runtime::Prepared>> FunctionTable::prepare(
    const KnownFunction& function, std::string_view name) {
  std::shared_ptr<const runtime::Prepared> ready;
  {
    std::lock_guard lock(mutex_);
    auto at = entries_.find(function.id);
    if (at != entries_.end()) ready = at->second.prepared;
  }
  if (ready != nullptr && function.runtime->current(*ready)) return ready;
  auto code = parts_.repository.objects().view(function.record.code);
  if (!code) return std::move(code).error().with_context("the code of '" + std::string(name) + "'");
  SAMARA_TRY(Bytes companion, companion_bytes(function.id));
  runtime::FunctionSource source;
  source.function = function.id;
  source.record = &function.record;
  source.code = code->bytes();
  source.companion = companion;
  Bytes signatures;
  if (function.record.kind == k_kind_native) {
    SAMARA_TRY(signatures, signatures_of(parts_.repository, function.id));
  }
  source.signatures = signatures;
  source.name = name;
  SAMARA_TRY(auto prepared, function.runtime->prepare(source));
  std::lock_guard lock(mutex_);
  auto at = entries_.find(function.id);
  if (at != entries_.end()) at->second.prepared = prepared;
  return prepared;
}

void FunctionTable::forget_prepared(const Hash& id) {
  std::lock_guard lock(mutex_);
  auto at = entries_.find(id);
  if (at != entries_.end()) at->second.prepared = nullptr;
}

}  // namespace samara::engine
