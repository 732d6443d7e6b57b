// Values and names of the C interface.

#include "bindings/c/handle.hpp"
#include "engine/function_values.hpp"
#include "value/json.hpp"
#include "value/text.hpp"
#include "value/text_infer.hpp"
#include "value/text_type.hpp"

namespace samara::capi {
namespace {

// A value read from one of the forms, with what its functions need.
struct ReadValue {
  Heap heap;
  std::unique_ptr<engine::FunctionValues> functions;
  TypedValue value;
};

Result<void> read_beast2(TypeTable& types, ByteView bytes, const Type* type, ReadValue& out) {
  out.functions = std::make_unique<engine::FunctionValues>(types, out.heap);
  Beast2Options options;
  options.functions = out.functions.get();
  options.sort_keys = true;
  if (type == nullptr) {
    SAMARA_TRY(out.value, decode_beast2_any(bytes, types, out.heap, options));
    return {};
  }
  SAMARA_TRY(Slot value, decode_beast2(bytes, type, types, out.heap, options));
  out.value = {type, value};
  return {};
}

Result<void> read_text(TypeTable& types, ByteView bytes, const Type* type, ReadValue& out) {
  if (type == nullptr) {
    InferResult inferred = infer_text(types, as_text(bytes), out.heap);
    if (!inferred) return inferred.error->to_error();
    out.value = {inferred.type, inferred.value};
    return {};
  }
  ParseResult parsed = parse_text(type, as_text(bytes), out.heap);
  if (!parsed) return parsed.error->to_error();
  out.value = {type, parsed.value};
  return {};
}

Result<void> read_json(ByteView bytes, const Type* type, ReadValue& out) {
  if (type == nullptr) return Error(Code::invalid_argument, "JSON needs a type to be read");
  JsonResult parsed = parse_json(type, as_text(bytes), out.heap);
  if (!parsed) return parsed.error->to_error();
  out.value = {type, parsed.value};
  return {};
}

Result<void> read(TypeTable& types, int32_t format, ByteView bytes, const char* type_text,
                  ReadValue& out) {
  const Type* type = nullptr;
  if (type_text != nullptr) {
    SAMARA_TRY(type, parse_type(types, type_text));
  }
  switch (format) {
    case SAMARA_BEAST2:
      return read_beast2(types, bytes, type, out);
    case SAMARA_TEXT:
      return read_text(types, bytes, type, out);
    case SAMARA_JSON:
      return read_json(bytes, type, out);
    default:
      return Error(Code::invalid_argument, "unknown format " + std::to_string(format));
  }
}

Result<void> write(const TypedValue& value, FunctionHooks* functions, int32_t format,
                   samara_bytes* out) {
  switch (format) {
    case SAMARA_BEAST2: {
      SAMARA_TRY(Bytes bytes, encode_beast2(value.type, value.value,
                                            {.dialect = Dialect::b, .functions = functions}));
      return give(bytes, out);
    }
    case SAMARA_TEXT: {
      SAMARA_TRY(std::string text, print_text(value.type, value.value));
      return give(as_bytes(text), out);
    }
    case SAMARA_JSON: {
      SAMARA_TRY(std::string text, print_json(value.type, value.value));
      return give(as_bytes(text), out);
    }
    default:
      return Error(Code::invalid_argument, "unknown format " + std::to_string(format));
  }
}

// Codecs recurse; the caller's thread may have little stack.
template <typename F>
Result<void> on_big_stack(F&& work) {
  runtime::BigStack stack;
  Result<void> result;
  SAMARA_CHECK(stack.run([&] { result = work(); }));
  return result;
}

Error missing(const char* what) {
  return Error(Code::invalid_argument, "no " + std::string(what) + " is given");
}

}  // namespace
}  // namespace samara::capi

using namespace samara;
using namespace samara::capi;

extern "C" {

int32_t samara_put(samara_repository* repository, int32_t format, samara_view value,
                   const char* type, samara_hash* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (out == nullptr) return missing("place for the id");
    return on_big_stack([&]() -> Result<void> {
      ReadValue read_value;
      SAMARA_CHECK(read(repository->types, format, bytes_of_view(value), type, read_value));
      SAMARA_TRY(Bytes bytes,
                 encode_beast2(read_value.value.type, read_value.value.value,
                               {.dialect = Dialect::b, .functions = read_value.functions.get()}));
      SAMARA_TRY(Hash id, repository->store->objects().put(bytes, store::Durability::synced));
      set_hash(out, id);
      return {};
    });
  });
}

int32_t samara_get(samara_repository* repository, const samara_hash* id, int32_t format,
                   samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (id == nullptr) return missing("id");
    return on_big_stack([&]() -> Result<void> {
      SAMARA_TRY(store::ObjectBytes object, repository->store->objects().view(hash_of(id)));
      // Stored bytes are in the form asked for, unless somebody stored a file as it was.
      ReadValue value;
      SAMARA_CHECK(read_beast2(repository->types, object.bytes(), nullptr, value));
      return write(value.value, value.functions.get(), format, out);
    });
  });
}

int32_t samara_type_of(samara_repository* repository, const samara_hash* id, samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (id == nullptr) return missing("id");
    SAMARA_TRY(const Type* type, repository->engine().values().type_of(hash_of(id)));
    return give(as_bytes(type_to_text(type)), out);
  });
}

int32_t samara_convert(samara_repository* repository, int32_t from, samara_view value,
                       const char* type, int32_t to, samara_bytes* out) {
  return guarded(repository, [&]() -> Result<void> {
    return on_big_stack([&]() -> Result<void> {
      ReadValue read_value;
      SAMARA_CHECK(read(repository->types, from, bytes_of_view(value), type, read_value));
      return write(read_value.value, read_value.functions.get(), to, out);
    });
  });
}

int32_t samara_resolve(samara_repository* repository, const char* text, samara_hash* out) {
  return guarded(repository, [&]() -> Result<void> {
    if (text == nullptr || out == nullptr) return missing("name or place for the id");
    SAMARA_TRY(Hash id, engine::resolve_function(*repository->store, text));
    set_hash(out, id);
    return {};
  });
}

int32_t samara_ref_set(samara_repository* repository, const char* name, const samara_hash* target) {
  return guarded(repository, [&]() -> Result<void> {
    if (name == nullptr || target == nullptr) return missing("name or target");
    return repository->store->refs().set(name, hash_of(target), store::RefCondition::any());
  });
}

int32_t samara_ref_remove(samara_repository* repository, const char* name) {
  return guarded(repository, [&]() -> Result<void> {
    if (name == nullptr) return missing("name");
    return repository->store->refs().remove(name, store::RefCondition::any());
  });
}

}  // extern "C"
