#include "engine/records.hpp"

namespace samara::engine {

namespace {

// A collector condemns an object once; a second time means that somebody collects without a grace
// period as fast as we store.
constexpr int k_rounds_max = 8;

port::ProcessId process_of(const ProcessIdentity& owner) {
  return {owner.pid, owner.started, owner.boot};
}

}  // namespace

Result<Bytes> Records::encode(const ExecutionRecord& record) {
  std::lock_guard guard(mutex_);
  return encode_execution(record, types_, &plan_);
}

Result<void> Records::put(const ExecutionRecord& record, store::Durability durability,
                          const std::function<Result<void>()>& store_again) {
  SAMARA_TRY(Bytes bytes, encode(record));
  std::vector<Hash> names = names_of(record);
  store::CallKey key{record.spec.function, record.call};
  for (int round = 0;; round++) {
    auto written = repository_.executions().put(key, record.id.text(), bytes, names, durability);
    if (written || written.error().code != Code::conflict || round == k_rounds_max) return written;
    SAMARA_CHECK(store_again());
  }
}

Result<void> Records::put_new(const ExecutionRecord& record,
                              std::span<const store::NamedBytes> objects,
                              const std::function<Result<void>()>& store_again) {
  SAMARA_TRY(Bytes bytes, encode(record));
  std::vector<Hash> names = names_of(record);
  store::CallKey key{record.spec.function, record.call};
  for (int round = 0;; round++) {
    auto written = repository_.executions().put_whole(key, record.id.text(), bytes, names, objects);
    if (written || written.error().code != Code::conflict || round == k_rounds_max) return written;
    SAMARA_CHECK(store_again());
  }
}

std::optional<Attempt> Records::read(const store::CallKey& key, const std::string& name) {
  auto id = Uuid::parse(name);
  if (!id) return std::nullopt;
  auto bytes = repository_.executions().get(key, name);
  if (!bytes) return std::nullopt;
  auto record = decode_execution(*bytes, types_);
  if (!record || record->call != key.call) return std::nullopt;
  Attempt out;
  out.record = std::move(*record);
  if (!out.record.running()) return out;
  out.running = processes_.alive(process_of(out.record.owner));
  if (!out.running) {
    out.record.outcome =
        Outcome::of(OutcomeKind::lost,
                    "process " + std::to_string(out.record.owner.pid) + " that ran it is gone");
  }
  return out;
}

Result<std::vector<Attempt>> Records::attempts(const store::CallKey& key) {
  SAMARA_TRY(auto names, repository_.executions().list(key));
  std::vector<Attempt> out;
  for (const std::string& name : names) {
    auto attempt = read(key, name);
    if (attempt.has_value()) out.push_back(std::move(*attempt));
  }
  return out;
}

Result<std::optional<Attempt>> Records::latest(const store::CallKey& key,
                                               const std::function<bool(const Attempt&)>& wanted) {
  SAMARA_TRY(auto names, repository_.executions().list(key));
  for (size_t i = names.size(); i > 0; i--) {
    auto attempt = read(key, names[i - 1]);
    if (attempt.has_value() && wanted(*attempt)) return attempt;
  }
  return std::optional<Attempt>();
}

Result<size_t> Records::count(const store::CallKey& key) {
  SAMARA_TRY(auto names, repository_.executions().list(key));
  return names.size();
}

}  // namespace samara::engine
