#pragma once
// Marker: which objects are there, and which of them roots reach. Threads: one.

#include <unordered_map>
#include <vector>

#include "store/gc.hpp"

namespace samara::store {

class Marker {
 public:
  Marker(Folder& folder, const ObjectReferences& references)
      : folder_(folder), references_(references) {}

  struct Object {
    uint64_t size_bytes = 0;
    port::WallTime modified{};
    bool marked = false;
    bool journal = false;  // is in a journal, perhaps besides its own file
  };
  using Table = std::unordered_map<Hash, Object, HashOfHash>;

  /// Lists the objects with their sizes and times.
  Result<void> enumerate();
  /// Tells of an object that a journal holds.
  void add_in_journal(const Hash& hash, uint64_t size_bytes);
  /// Marks an object and all that it reaches; returns the bytes newly marked. An absent object
  /// reaches nothing: whoever puts it yet has put, pinned or held what it refers to.
  Result<uint64_t> mark(const Hash& root);
  /// The bytes that marking these would add.
  Result<uint64_t> unmarked_bytes(std::span<const Hash> roots);
  Table& objects() { return objects_; }
  struct Stray {
    uint8_t fan_out;
    std::string name;
  };
  /// What enumerate() found that is no object: temporary files, mostly.
  const std::vector<Stray>& strays() const { return strays_; }

 private:
  // Looks the object up, also on disk if it came after enumerate(); null if it is absent.
  Result<Object*> find(const Hash& hash);
  Result<std::vector<Hash>> references(const Hash& hash, const Object& object);

  Folder& folder_;
  const ObjectReferences& references_;
  Table objects_;
  std::vector<Stray> strays_;
};

}  // namespace samara::store
