#include "engine/signatures.hpp"

#include "image/writer.hpp"

namespace samara::engine {

namespace {

// Somebody else signs the same function at the same moment, again and again.
constexpr int k_signature_rounds_max = 16;

Result<Bytes> read_part(store::Repository& repository, const Hash& object) {
  auto bytes = repository.objects().get(object);
  if (!bytes && (bytes.error().code == Code::not_found || bytes.error().code == Code::corrupt)) {
    return Bytes{};
  }
  return bytes;
}

}  // namespace

std::string signatures_ref(const Hash& function) {
  return std::string(k_signature_refs) + function.hex();
}

Result<Bytes> signatures_of(store::Repository& repository, const Hash& function) {
  auto object = repository.refs().get(signatures_ref(function));
  if (!object && (object.error().code == Code::not_found || object.error().code == Code::corrupt)) {
    return Bytes{};
  }
  if (!object) return std::move(object).error();
  return read_part(repository, *object);
}

Result<void> add_signatures(store::Repository& repository, const Hash& function, ByteView part,
                            store::Durability durability) {
  const std::string name = signatures_ref(function);
  for (int round = 0;; round++) {
    auto before = repository.refs().get(name);
    Bytes old;
    if (before) {
      SAMARA_TRY(old, read_part(repository, *before));
    } else if (before.error().code != Code::not_found) {
      return std::move(before).error();
    }
    auto joined = image::join_signatures(part, old);
    if (!joined && !old.empty()) joined = image::join_signatures(part, {});
    if (!joined) return std::move(joined).error();
    SAMARA_TRY(Hash object, repository.objects().put(*joined, durability));
    if (before && *before == object) return {};
    auto set = repository.refs().set(
        name, object,
        before ? store::RefCondition::equals(*before) : store::RefCondition::absent());
    if (set || set.error().code != Code::conflict || round == k_signature_rounds_max) return set;
  }
}

}  // namespace samara::engine
