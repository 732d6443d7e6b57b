// crypto_*: hashes are pure; random bytes come from the port.

#include "core/sha256.hpp"
#include "eval/vm.hpp"
#include "platform/functions.hpp"

namespace samara::platform {

namespace {
constexpr int64_t k_random_bytes_max = int64_t{1} << 30;

std::string uuid4(port::Random& random) {
  uint8_t raw[16];
  random.fill(raw);
  raw[6] = static_cast<uint8_t>((raw[6] & 0x0F) | 0x40);  // version 4
  raw[8] = static_cast<uint8_t>((raw[8] & 0x3F) | 0x80);  // RFC 4122 variant
  std::string hex = to_hex(raw);
  for (size_t at : {size_t{8}, size_t{13}, size_t{18}, size_t{23}}) hex.insert(at, "-");
  return hex;
}
}  // namespace

void add_crypto(Registrar& registrar, const StandardParts& parts) {
  const Type* text = registrar.types.string();
  const Type* blob = registrar.types.blob();
  registrar.is_async = false;
  registrar.effect = eval::Effect::pure;
  registrar.capability = "";
  registrar.add("crypto_hash_sha256", {text}, text,
                [](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
                  return vm.text(sha256(bytes_of(args[0])).hex(), out);
                });
  registrar.add("crypto_hash_sha256_bytes", {blob}, blob,
                [](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
                  Hash hash = sha256(bytes_of(args[0]));
                  return vm.text(as_text(hash.view()), out);
                });
  registrar.effect = eval::Effect::idempotent;
  registrar.capability = "random";
  port::Random* random = &parts.random;
  registrar.add("crypto_random_bytes", {registrar.types.integer()}, blob,
                [random](eval::Vm& vm, std::span<const Slot> args, Slot& out) {
                  int64_t count = args[0].integer();
                  if (count < 0 || count > k_random_bytes_max) {
                    return vm.fail_platform(
                        "crypto_random_bytes",
                        "Failed to generate random bytes: expected a count from 0 to " +
                            std::to_string(k_random_bytes_max) + ", got " + std::to_string(count));
                  }
                  BytesObject* bytes = vm.heap().new_bytes(static_cast<size_t>(count));
                  if (bytes == nullptr) return vm.fail_memory();
                  random->fill({bytes->data(), bytes->size()});
                  out = Slot::of(bytes);
                  return true;
                });
  registrar.add("crypto_uuid", {}, text, [random](eval::Vm& vm, std::span<const Slot>, Slot& out) {
    return vm.text(uuid4(*random), out);
  });
}

}  // namespace samara::platform
