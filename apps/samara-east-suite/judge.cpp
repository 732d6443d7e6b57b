#include "judge.hpp"

#include "eval/platform_signatures.hpp"
#include "ir/check.hpp"

namespace samara::apps {

Result<void> check_program(const ir::Program& program, const eval::PlatformRegistry& registry) {
  return ir::check(program, eval::RegistrySignatures(registry));
}

}  // namespace samara::apps
