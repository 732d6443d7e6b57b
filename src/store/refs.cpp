#include "store/refs.hpp"

#include "store/names.hpp"

namespace samara::store {

bool RefCondition::met_by(const Hash* current) const {
  switch (kind_) {
    case Kind::any:
      return true;
    case Kind::absent:
      return current == nullptr;
    case Kind::equals:
      return current != nullptr && *current == hash_;
  }
  return false;
}

std::string RefCondition::text() const {
  switch (kind_) {
    case Kind::any:
      return "anything";
    case Kind::absent:
      return "no such ref";
    case Kind::equals:
      return in_quotes(hash_);
  }
  return {};
}

}  // namespace samara::store
