#pragma once
// Objects: immutable bytes named by their SHA-256. What is read has been verified: a damaged object
// is a missing one. Threads: any. Specified by: docs/formats/repository.md, "Objects".

#include <functional>
#include <memory>
#include <vector>

#include "core/hash.hpp"
#include "port/files.hpp"

namespace samara::store {

enum class Durability : uint8_t {
  cached,  // may be lost or torn by a power loss, which is noticed when it is read
  synced,  // survives a power loss from the moment the call returns
};

/// Takes the bytes of a streamed object in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> write(ByteView bytes) = 0;
};

/// An object being written; destroying it before commit() leaves no trace. Threads: one.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual Result<void> update(ByteView bytes) = 0;
  /// Publishes the bytes. Requires: called once, nothing after it.
  virtual Result<Hash> commit() = 0;
};

/// The verified bytes of an object, mapped from its file where it is large.
class ObjectBytes {
 public:
  explicit ObjectBytes(Bytes owned) : owned_(std::move(owned)) {}
  explicit ObjectBytes(std::shared_ptr<const port::Mapping> mapping)
      : mapping_(std::move(mapping)) {}
  ByteView bytes() const { return mapping_ == nullptr ? ByteView(owned_) : mapping_->bytes(); }

 private:
  Bytes owned_;
  std::shared_ptr<const port::Mapping> mapping_;
};

/// What a prefix of a hash stands for: nothing, one object, or several.
struct PrefixMatch {
  std::vector<Hash> hashes;  // sorted; at most k_prefix_matches_max
  bool more = false;         // the list was cut
  bool found() const { return !hashes.empty(); }
  bool unique() const { return hashes.size() == 1; }
};
inline constexpr size_t k_prefix_matches_max = 100;

/// Largest object that get() brings into memory; larger ones are streamed or viewed.
inline constexpr uint64_t k_object_bytes_get_max = uint64_t{8} << 30;

/// Called for each of a list; false ends the listing.
using HashVisitor = std::function<bool(const Hash&)>;

class Objects {
 public:
  virtual ~Objects() = default;

  /// Stores bytes; afterwards the object reads back whole, also where a damaged one was before, and
  /// garbage collection leaves it alone for the grace period.
  /// Errors: disk_full, permission, io.
  /// Cost: one hash, one file; for a present object one hash and one comparison.
  virtual Result<Hash> put(ByteView bytes, Durability durability) = 0;
  /// Stores bytes of unknown length in constant memory.
  virtual Result<std::unique_ptr<ObjectWriter>> writer(Durability durability) = 0;

  /// Errors: not_found (missing or damaged), exhausted (more than k_object_bytes_get_max).
  virtual Result<Bytes> get(const Hash& hash) = 0;
  /// As get without copying large objects. The file must not be changed while the view lives, which
  /// the repository never does.
  virtual Result<ObjectBytes> view(const Hash& hash) = 0;
  /// Verifies the whole object, then sends it; constant memory, two passes over the bytes.
  virtual Result<void> stream(const Hash& hash, ByteSink& sink) = 0;

  /// Presence and size, not verified. Errors: not_found.
  virtual Result<uint64_t> size_bytes(const Hash& hash) = 0;
  /// A hint: whoever relies on a present object puts it, pins it or names it.
  virtual Result<bool> contains(const Hash& hash) = 0;
  /// Makes objects which were stored as cached survive a power loss. Errors: not_found.
  virtual Result<void> sync(std::span<const Hash> hashes) = 0;

  /// All objects, in no order; those that come or go meanwhile may be missed.
  virtual Result<void> list(const HashVisitor& visit) = 0;
  /// Shape: 1 to 64 hex digits. Errors: invalid_argument.
  virtual Result<PrefixMatch> resolve_prefix(std::string_view hex) = 0;
};

}  // namespace samara::store
