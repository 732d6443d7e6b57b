#include "runtime/native/admission.hpp"

#include <algorithm>

#include "image/fit.hpp"

namespace samara::runtime::native {

bool Admission::holds(trust::TrustSource& source) const {
  auto now = source.rules();
  return now && *now == rules && source.now() <= until;
}

Result<Admission> admit(const image::Container& container, trust::TrustSource& source) {
  Admission out;
  SAMARA_TRY(out.rules, source.rules());
  const uint64_t now = source.now();
  if (auto refusal = image::check_trust(container, out.rules->at(now), out.grant)) {
    return image::refusal_error(refusal);
  }
  if (auto refusal = image::check_capabilities(container.manifest, out.grant.capabilities)) {
    return image::refusal_error(refusal);
  }
  out.until = out.rules->same_until(now);
  if (container.manifest.validity) {
    out.until = std::min(out.until, container.manifest.validity->not_after);
  }
  return out;
}

}  // namespace samara::runtime::native
