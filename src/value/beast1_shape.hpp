#pragma once
// The layout of values in one Beast v1 file: the type, and the order of cases found in the header.
// Threads: a value of one call. Source: docs/formats/beast2.md, section 10.

#include <deque>
#include <vector>

#include "core/bytes.hpp"
#include "value/type.hpp"

namespace samara {

struct Beast1Shape {
  Kind kind = Kind::null;
  const Type* type = nullptr;
  std::vector<const Beast1Shape*> parts;  // variant: in the order of the file
  std::vector<uint32_t> case_indices;     // variant: case index of part i in the type
  uint32_t zero_slots = 0;                // struct: fields that take no bytes
};

/// Makes and owns shapes. The first error ends it.
class Beast1Shapes {
 public:
  /// The shape of a type without a file.
  /// Errors: unsupported ("Beast v1 format does not support ref types" and the like).
  Result<const Beast1Shape*> of_type(const Type* type);

  struct Header {
    const Beast1Shape* shape = nullptr;
    size_t bytes_used = 0;
  };
  /// Reads the type that starts at `start`. Errors: corrupt, with the offset; exhausted.
  Result<Header> read(ByteView bytes, size_t start, TypeTable& types);

 private:
  class Reader;
  const Beast1Shape* shape_of(const Type* type);
  Beast1Shape* add(Kind kind, const Type* type) {
    Beast1Shape& shape = shapes_.emplace_back();
    shape.kind = kind;
    shape.type = type;
    return &shape;
  }
  std::deque<Beast1Shape> shapes_;
};

/// The type byte of a constructor; -1 where the format has none.
int32_t beast1_tag(Kind kind);
/// Refuses types the format cannot say.
Result<void> check_beast1_type(const Type* type);

}  // namespace samara
