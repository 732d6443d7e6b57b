#pragma once
// Backlog: the waiting messages that a worker knows of, in the order in which they are to be taken.
// It is a hint: others may have taken some. Threads: one.

#include <map>
#include <optional>
#include <string>

#include "queue/message_name.hpp"

namespace samara::queue {

class Backlog {
 public:
  struct Entry {
    std::string name;
    size_t queue = 0;  // its number among the queues that the worker serves
    MessageName parsed;
  };

  /// Anything but the name of a message is left alone.
  void add(std::string_view name, size_t queue);
  void clear();
  bool empty() const { return ready_.empty() && later_.empty(); }
  size_t size() const { return ready_.size() + later_.size(); }
  /// Moves what has become ready, and tells the first. Null: none is.
  const Entry* first(int64_t now_ms);
  Entry take_first();
  /// When the next one becomes ready that is not; none: nothing is put off.
  std::optional<int64_t> next_ready_ms() const;

 private:
  std::map<std::string, Entry, std::less<>> ready_;
  std::multimap<int64_t, Entry> later_;
};

}  // namespace samara::queue
