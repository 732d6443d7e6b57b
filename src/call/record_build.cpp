#include "call/record_build.hpp"

#include <algorithm>

namespace samara {

Slot RecordBuilder::tagged(const Type* variant, std::string_view name, Slot payload) {
  int32_t index = variant->index_of(name);
  SAMARA_ASSERT(index >= 0);
  return Slot::of(heap_.new_tagged(static_cast<uint32_t>(index), payload));
}

Result<Bytes> RecordBuilder::encode(const Type* type, Slot value, Beast2Plan* plan) {
  if (failed_ || heap_.exhausted()) return Error(Code::exhausted, "a record needs too much memory");
  return encode_beast2(type, value, {.dialect = Dialect::b, .plan = plan});
}

namespace {

// A record of another version has another type, so it is read without expectations.
Error explain(ByteView bytes, std::string_view what, TypeTable& types) {
  std::string name(what);
  Heap heap;
  auto any = decode_beast2_any(bytes, types, heap);
  if (!any) return Error(Code::corrupt, "this is no " + name + ": no readable East value");
  const Type* type = any->type;
  bool marked = type->is(Kind::struct_) && type->arity() > 0 && type->name(0) == "samara" &&
                type->child(0)->is(Kind::string);
  if (!marked) return Error(Code::corrupt, "this is no " + name);
  std::string_view version = text_of(field_of(any->value, 0));
  size_t slash = version.find('/');
  if (version.substr(0, slash) == what) {
    return Error(Code::unsupported,
                 "this is a " + name + " of the newer version '" + std::string(version) + "'");
  }
  return Error(Code::corrupt,
               "this is no " + name + " but a record '" + std::string(version) + "'");
}

}  // namespace

Result<Slot> decode_record(ByteView bytes, const Type* type, ByteView head, std::string_view what,
                           TypeTable& types, Heap& heap) {
  bool fits = bytes.size() >= head.size() && std::equal(head.begin(), head.end(), bytes.begin());
  if (!fits) return explain(bytes, what, types);
  auto decoded =
      decode_beast2(bytes, type, types, heap,
                    {.dialect = Dialect::b, .other_dialect = false, .canonical_only = true});
  if (!decoded) return std::move(decoded).error().with_context("damaged " + std::string(what));
  return decoded;
}

Result<Hash> hash_of(Slot blob, std::string_view what) {
  auto hash = Hash::from_bytes(bytes_of(blob));
  if (!hash) return Error(Code::corrupt, std::string(what) + " is no hash of 32 bytes");
  return hash;
}

}  // namespace samara
