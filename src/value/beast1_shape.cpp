#include "value/beast1_shape.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "value/beast2_error.hpp"
#include "value/utf8.hpp"

namespace samara {

namespace {

struct Tag {
  Kind kind;
  uint8_t byte;
};
constexpr Tag k_tags[] = {
    {Kind::array, 0}, {Kind::blob, 1},    {Kind::boolean, 2},  {Kind::datetime, 3},
    {Kind::dict, 4},  {Kind::float_, 5},  {Kind::integer, 6},  {Kind::null, 8},
    {Kind::set, 9},   {Kind::string, 10}, {Kind::struct_, 11}, {Kind::variant, 13},
};
constexpr uint8_t k_nullable = 0x80;
constexpr uint32_t k_cases_max = 256;

// What the message calls a constructor that the format lacks.
std::string_view refused_name(const Type* type) {
  if (type->recursive_body()) return "recursive";
  switch (type->kind()) {
    case Kind::never:
      return "never";
    case Kind::ref:
      return "ref";
    case Kind::recursive:
      return "recursive";
    case Kind::function:
      return "function";
    case Kind::async_function:
      return "async function";
    case Kind::vector:
      return "vector";
    case Kind::matrix:
      return "matrix";
    default:
      return {};
  }
}

uint32_t count_zero_slots(const Type* type) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < type->arity(); i++) count += type->child(i)->min_bytes() == 0 ? 1U : 0U;
  return count;
}

}  // namespace

int32_t beast1_tag(Kind kind) {
  for (const Tag& tag : k_tags) {
    if (tag.kind == kind) return tag.byte;
  }
  return -1;
}

Result<void> check_beast1_type(const Type* type) {
  std::string_view refused = refused_name(type);
  if (!refused.empty()) {
    std::string text = "Beast v1 format does not support ";
    text += refused;
    text += " types";
    return Error(Code::unsupported, text);
  }
  if (type->is(Kind::variant) && type->arity() > k_cases_max) {
    return Error(Code::unsupported, "Beast v1 variants have at most 256 cases");
  }
  for (uint32_t i = 0; i < type->arity(); i++) {
    if (type->is(Kind::struct_) || type->is(Kind::variant)) {
      if (type->name(i).find('\0') != std::string_view::npos) {
        return Error(Code::unsupported, "Beast v1 names cannot hold NUL");
      }
    }
    SAMARA_CHECK(check_beast1_type(type->child(i)));
  }
  return {};
}

Result<const Beast1Shape*> Beast1Shapes::of_type(const Type* type) {
  SAMARA_CHECK(check_beast1_type(type));
  return shape_of(type);
}

const Beast1Shape* Beast1Shapes::shape_of(const Type* type) {
  Beast1Shape* shape = add(type->kind(), type);
  for (uint32_t i = 0; i < type->arity(); i++) {
    shape->parts.push_back(shape_of(type->child(i)));
    shape->case_indices.push_back(i);
  }
  if (type->is(Kind::struct_)) shape->zero_slots = count_zero_slots(type);
  return shape;
}

// --- the type in a file -------------------------------------------------------------------------

class Beast1Shapes::Reader {
 public:
  Reader(Beast1Shapes& shapes, ByteView bytes, size_t start, TypeTable& types)
      : shapes_(shapes), bytes_(bytes), at_(start), types_(types) {}

  Result<const Beast1Shape*> read(uint32_t depth) {
    size_t start = at_;
    if (at_ == bytes_.size()) return beast2_underflow("type", at_);
    if (depth >= k_type_depth_max) {
      return beast2_error(Code::exhausted, start, "type nests too deep (limit 256)");
    }
    uint8_t byte = bytes_[at_++];
    auto made = read_parts(byte & (k_nullable - 1), depth, start);
    if (!made && made.error().domain == k_domain_none) {
      return beast2_error(made.error().code, start, made.error().message());
    }
    if (!made || (byte & k_nullable) == 0) return made;
    return nullable(*made);
  }

  size_t at() const { return at_; }

 private:
  Result<const Beast1Shape*> read_parts(uint8_t byte, uint32_t depth, size_t start) {
    for (const Tag& tag : k_tags) {
      if (tag.byte != byte) continue;
      switch (tag.kind) {
        case Kind::array:
        case Kind::set: {
          SAMARA_TRY(const Beast1Shape* element, read(depth + 1));
          SAMARA_TRY(const Type* type, types_.checked_unary(tag.kind, element->type));
          Beast1Shape* shape = shapes_.add(tag.kind, type);
          shape->parts = {element};
          return shape;
        }
        case Kind::dict: {
          SAMARA_TRY(const Beast1Shape* key, read(depth + 1));
          SAMARA_TRY(const Beast1Shape* value, read(depth + 1));
          SAMARA_TRY(const Type* type, types_.checked_dict(key->type, value->type));
          Beast1Shape* shape = shapes_.add(tag.kind, type);
          shape->parts = {key, value};
          return shape;
        }
        case Kind::struct_:
        case Kind::variant:
          return read_named(tag.kind, depth);
        default:
          return shapes_.add(tag.kind, types_.primitive(tag.kind));
      }
    }
    return beast2_error_at(Code::corrupt, start,
                           "Invalid Beast v1 type byte " + std::to_string(byte));
  }

  Result<const Beast1Shape*> read_named(Kind kind, uint32_t depth) {
    std::vector<std::string_view> names;
    std::vector<const Beast1Shape*> parts;
    for (;;) {
      if (at_ == bytes_.size()) return beast2_underflow("type", at_);
      uint8_t more = bytes_[at_++];
      if (more == 0) break;
      if (more != 1) return beast2_error_at(Code::corrupt, at_ - 1, "Invalid continuation byte");
      if (kind == Kind::variant && parts.size() == k_cases_max) {
        return beast2_error_at(Code::corrupt, at_ - 1, "Variant has more than 256 cases");
      }
      SAMARA_TRY(std::string_view name, read_name());
      SAMARA_TRY(const Beast1Shape* part, read(depth + 1));
      names.push_back(name);
      parts.push_back(part);
    }
    // The type has its cases in order; the values keep to the file.
    std::vector<uint32_t> order(parts.size());
    std::iota(order.begin(), order.end(), 0U);
    if (kind == Kind::variant) {
      std::stable_sort(order.begin(), order.end(),
                       [&](uint32_t a, uint32_t b) { return names[a] < names[b]; });
    }
    std::vector<NamedType> named;
    named.reserve(order.size());
    for (uint32_t i : order) named.push_back({names[i], parts[i]->type});
    SAMARA_TRY(const Type* type, types_.checked_named(kind, named));
    Beast1Shape* shape = shapes_.add(kind, type);
    shape->parts = std::move(parts);
    shape->case_indices.resize(order.size());
    for (uint32_t i = 0; i < order.size(); i++) shape->case_indices[order[i]] = i;
    if (kind == Kind::struct_) shape->zero_slots = count_zero_slots(type);
    return shape;
  }

  // The oldest files say "nullable T" where later ones say Option T, with the cases the other way
  // round.
  Result<const Beast1Shape*> nullable(const Beast1Shape* some) {
    const NamedType cases[] = {{"none", types_.null()}, {"some", some->type}};
    SAMARA_TRY(const Type* type, types_.checked_named(Kind::variant, cases));
    Beast1Shape* shape = shapes_.add(Kind::variant, type);
    shape->parts = {some, shapes_.add(Kind::null, types_.null())};
    shape->case_indices = {1, 0};
    return shape;
  }

  Result<std::string_view> read_name() {
    const uint8_t* from = bytes_.data() + at_;
    const void* end = at_ == bytes_.size() ? nullptr : std::memchr(from, 0, bytes_.size() - at_);
    if (end == nullptr) return beast2_underflow("name", at_);
    auto size = static_cast<size_t>(static_cast<const uint8_t*>(end) - from);
    size_t valid = utf8_valid_prefix(from, size);
    if (valid != size) return beast2_error_at(Code::corrupt, at_ + valid, "Invalid UTF-8");
    at_ += size + 1;
    return as_text({from, size});
  }

  Beast1Shapes& shapes_;
  ByteView bytes_;
  size_t at_;
  TypeTable& types_;
};

Result<Beast1Shapes::Header> Beast1Shapes::read(ByteView bytes, size_t start, TypeTable& types) {
  Reader reader(*this, bytes, start, types);
  SAMARA_TRY(const Beast1Shape* shape, reader.read(0));
  return Header{shape, reader.at() - start};
}

}  // namespace samara
