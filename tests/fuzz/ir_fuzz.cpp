// Programs as files: any bytes are read or refused, what is read is checked, and what passes has a
// canonical code that reads back to itself. Inputs that start with a program's schema header alone
// are hard to find, so a first byte of 0 or 1 stands for the header of dialect A or B.

#include <cstdlib>

#include "ir/canonical.hpp"
#include "ir/check.hpp"
#include "ir/decode.hpp"
#include "ir/effects.hpp"
#include "ir/encode.hpp"
#include "value/beast2.hpp"

using namespace samara;
using namespace samara::ir;

namespace {

// Types stay from one input to the next, up to a number: making them costs more than reading.
struct Session {
  TypeTable types;
  ProgramReader reader{types};
  SignatureCache signatures{types};
  PlatformList platform;
};

Session& session() {
  static auto* current = new Session;
  if (current->types.size() > 20'000) {
    delete current;
    current = new Session;
  }
  return *current;
}

void run(Session& in, ByteView bytes) {
  auto program = in.reader.read(bytes);
  if (!program) return;
  const auto found = diagnose(**program, in.platform, {.signatures = &in.signatures});
  if (!found.empty()) return;
  effects_of(**program);
  auto code = canonical_code(**program, &in.reader.schemas());
  if (!code) std::abort();
  auto again = in.reader.read(code->bytes);
  if (!again) std::abort();
  if (!diagnose(**again, in.platform, {.signatures = &in.signatures}).empty()) std::abort();
  if (!attach(**again, code->debug)) std::abort();
  auto same = canonical_code(**again, &in.reader.schemas());
  if (!same || same->hash != code->hash || !(same->debug == code->debug)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Session& in = session();
  ByteView bytes(data, size);
  if (size == 0 || data[0] > 1) {
    run(in, bytes);
    return 0;
  }
  Dialect dialect = data[0] == 0 ? Dialect::a : Dialect::b;
  Bytes whole(std::begin(k_beast2_magic), std::end(k_beast2_magic));
  IrSchemas& schemas = in.reader.schemas();
  ByteView header = schemas.plan().header(schemas.type(dialect), dialect);
  whole.insert(whole.end(), header.begin(), header.end());
  whole.insert(whole.end(), bytes.begin() + 1, bytes.end());
  run(in, whole);
  return 0;
}
