// The header of a full beast2 encoding: the type, written as a type value.

#include <algorithm>
#include <deque>

#include "value/beast2.hpp"
#include "value/beast2_error.hpp"
#include "value/type_value.hpp"
#include "value/utf8.hpp"
#include "value/varint.hpp"

namespace samara {

// --- encoding ------------------------------------------------------------------------------------

namespace {

class TypeEncoder {
 public:
  TypeEncoder(Bytes& out, Dialect dialect) : out_(out), dialect_(dialect) {}

  // Depth is bounded by the type table.
  void write(const Type* type) {
    varint(static_cast<uint64_t>(type_tag(type->kind(), dialect_)));
    switch (type->kind()) {
      case Kind::recursive:
        varint(zigzag(type->distance()));
        break;
      case Kind::function:
      case Kind::async_function:
        list(type->input_count());
        for (uint32_t i = 0; i < type->arity(); i++) write(type->part(i));
        break;
      case Kind::struct_:
      case Kind::variant:
        list(type->arity());
        for (uint32_t i = 0; i < type->arity(); i++) {
          varint(type->name(i).size());
          out_.insert(out_.end(), type->name(i).begin(), type->name(i).end());
          write(type->part(i));
        }
        break;
      default:
        for (uint32_t i = 0; i < type->arity(); i++) write(type->part(i));
        break;
    }
  }

 private:
  void list(uint64_t count) {
    out_.push_back(0);
    varint(count);
  }
  void varint(uint64_t value) {
    uint8_t room[k_varint_bytes_max];
    out_.insert(out_.end(), room, put_varint(room, value));
  }

  Bytes& out_;
  Dialect dialect_;
};

}  // namespace

Result<void> append_type(Bytes& out, const Type* type, Dialect dialect) {
  if (!type_fits(type, dialect)) {
    return Error(Code::unsupported, "Vector and Matrix do not exist in dialect A");
  }
  TypeEncoder(out, dialect).write(type);
  return {};
}

Result<Bytes> encode_type(const Type* type, Dialect dialect) {
  Bytes out;
  SAMARA_CHECK(append_type(out, type, dialect));
  return out;
}

bool looks_like_beast2(ByteView bytes) {
  return bytes.size() >= 7 && std::memcmp(bytes.data(), k_beast2_magic, 7) == 0;
}

// --- decoding ------------------------------------------------------------------------------------

namespace {

class TypeDecoder {
 public:
  TypeDecoder(ByteView bytes, TypeTable& types, Dialect dialect, size_t base, bool canonical_only)
      : begin_(bytes.data()),
        at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        types_(types),
        dialect_(dialect),
        base_(base),
        canonical_only_(canonical_only) {}

  // `depth` constructors enclose this one.
  Result<const Type*> read(uint32_t depth) {
    size_t start = offset();
    SAMARA_TRY(uint64_t tag, varint("varint"));
    if (tag >= type_tag_count(dialect_)) return beast2_invalid_tag(tag, start);
    if (depth >= k_type_depth_max) {
      return beast2_error(Code::exhausted, start, "type nests too deep (limit 256)");
    }
    Kind kind = kind_of_tag(static_cast<uint32_t>(tag), dialect_);
    auto made = read_parts(kind, depth, start);
    if (!made && made.error().domain == k_domain_none) {
      // The table knows which rule is broken, this layer knows where.
      Error& error = made.error();
      return beast2_error(error.code, start, error.message());
    }
    return made;
  }

  size_t bytes_used() const { return static_cast<size_t>(at_ - begin_); }

 private:
  struct List {
    size_t position;
    bool named;     // of (name, type), else of types
    bool complete;  // false while its elements are read
    std::vector<std::string_view> names;
    std::vector<const Type*> types;
  };

  size_t offset() const { return base_ + bytes_used(); }

  Result<const Type*> read_parts(Kind kind, uint32_t depth, size_t start) {
    switch (kind) {
      case Kind::recursive: {
        SAMARA_TRY(uint64_t coded, varint("zigzag"));
        int64_t distance = unzigzag(coded);
        if (distance < 1 || distance > static_cast<int64_t>(depth)) {
          return beast2_error(Code::corrupt, start, "recursive reference leaves the type");
        }
        return types_.recursive(static_cast<uint32_t>(distance));
      }
      case Kind::dict: {
        SAMARA_TRY(const Type* key, read(depth + 1));
        SAMARA_TRY(const Type* value, read(depth + 1));
        return types_.checked_dict(key, value);
      }
      case Kind::function:
      case Kind::async_function: {
        SAMARA_TRY(const List* inputs, read_list(false, depth));
        SAMARA_TRY(const Type* output, read(depth + 1));
        return types_.checked_function(kind, inputs->types, output);
      }
      case Kind::struct_:
      case Kind::variant: {
        SAMARA_TRY(const List* list, read_list(true, depth));
        std::vector<NamedType> parts;
        parts.reserve(list->types.size());
        for (size_t i = 0; i < list->types.size(); i++) {
          parts.push_back({list->names[i], list->types[i]});
        }
        return types_.checked_named(kind, parts);
      }
      case Kind::array:
      case Kind::ref:
      case Kind::set:
      case Kind::vector:
      case Kind::matrix: {
        SAMARA_TRY(const Type* element, read(depth + 1));
        return types_.checked_unary(kind, element);
      }
      case Kind::blob:
      case Kind::boolean:
      case Kind::datetime:
      case Kind::float_:
      case Kind::integer:
      case Kind::never:
      case Kind::null:
      case Kind::string:
        return types_.primitive(kind);
    }
    return beast2_error(Code::corrupt, start, "unknown type");
  }

  Result<const List*> read_list(bool named, uint32_t depth) {
    size_t start = offset();
    SAMARA_TRY(uint64_t distance, varint("varint"));
    if (distance != 0) return shared_list(named, start, distance);
    size_t position = offset();
    SAMARA_TRY(uint64_t count, varint("varint"));
    lists_.push_back({position, named, false, {}, {}});
    List& list = lists_.back();  // a deque: stays while others are added
    for (uint64_t i = 0; i < count; i++) {
      SAMARA_CHECK(spend(1, start));
      if (named) {
        SAMARA_TRY(std::string_view name, read_name());
        list.names.push_back(name);
      }
      SAMARA_TRY(const Type* type, read(depth + 1));
      list.types.push_back(type);
    }
    list.complete = true;
    return &list;
  }

  Result<const List*> shared_list(bool named, size_t start, uint64_t distance) {
    if (canonical_only_) {
      return beast2_error(Code::corrupt, start, "back-reference in the type is not canonical");
    }
    if (distance > start) return beast2_undefined_reference(start, distance);
    auto list =
        std::lower_bound(lists_.begin(), lists_.end(), start - distance,
                         [](const List& a, uint64_t position) { return a.position < position; });
    if (list == lists_.end() || list->position != start - distance) {
      return beast2_undefined_reference(start, distance);
    }
    if (list->named != named) return beast2_wrong_reference(start, distance);
    if (!list->complete) return beast2_error(Code::corrupt, start, "type contains itself");
    // Its elements are written out once more in the type that is made.
    SAMARA_CHECK(spend(list->types.size(), start));
    return &*list;
  }

  // Bounds the work that many references to one long list can ask for.
  Result<void> spend(size_t entries, size_t start) {
    if (entries > entries_left_) {
      return beast2_error(Code::exhausted, start, "type has too many nodes (limit 1048576)");
    }
    entries_left_ -= entries;
    return {};
  }

  Result<std::string_view> read_name() {
    size_t start = offset();
    SAMARA_TRY(uint64_t size, varint("varint"));
    if (size > static_cast<uint64_t>(end_ - at_)) {
      return beast2_underflow("string", start, size);
    }
    std::string_view name(reinterpret_cast<const char*>(at_), static_cast<size_t>(size));
    size_t valid = utf8_valid_prefix(at_, name.size());
    if (valid != name.size()) {
      return beast2_error(Code::corrupt, offset() + valid, "invalid UTF-8 in a name");
    }
    at_ += name.size();
    return name;
  }

  Result<uint64_t> varint(std::string_view what) {
    uint64_t value = 0;
    VarintFault fault = VarintFault::none;
    const uint8_t* next = get_varint(at_, end_, value, fault);
    if (next == nullptr) return beast2_varint_fault(fault, what, at_, end_, offset());
    if (canonical_only_ && static_cast<size_t>(next - at_) != varint_size(value)) {
      return beast2_error(Code::corrupt, offset(), "varint is longer than needed");
    }
    // "zigzag" is the one use for a number; the others are lengths, counts, tags and distances.
    if (value > k_beast2_varint_max && what != "zigzag")
      return beast2_varint_unsafe(value, offset());
    at_ = next;
    return value;
  }

  const uint8_t* begin_;
  const uint8_t* at_;
  const uint8_t* end_;
  TypeTable& types_;
  Dialect dialect_;
  size_t base_;
  bool canonical_only_;
  size_t entries_left_ = k_type_nodes_max;
  std::deque<List> lists_;
};

}  // namespace

Result<DecodedType> decode_type(ByteView bytes, TypeTable& types, Dialect dialect, size_t base,
                                bool canonical_only) {
  TypeDecoder decoder(bytes, types, dialect, base, canonical_only);
  SAMARA_TRY(const Type* type, decoder.read(0));
  // Each reference was within the constructors around it, but a list read in one place and used
  // again higher up can reach out of the type.
  if (!type->closed()) {
    return beast2_error(Code::corrupt, base, "recursive reference leaves the type");
  }
  return DecodedType{type, decoder.bytes_used()};
}

}  // namespace samara
