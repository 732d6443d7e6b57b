#pragma once
// Problems on their way to people: a builder for diagnostics, near names, and what people of other
// languages write instead of what East says.
//
// Threads: pure.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "lang/diagnostic.hpp"

namespace samara::lang {

/// Collects the problems of one file.
class Reporter {
 public:
  /// A problem to be filled in; those past the limit are counted and dropped.
  Diagnostic& error(std::string_view code, Span at, std::string title, std::string label = {});
  size_t count() const { return count_; }
  std::vector<Diagnostic> take();

 private:
  std::vector<Diagnostic> found_;
  Diagnostic dropped_;
  size_t count_ = 0;
};

/// the name in back quotes.
std::string in_quotes(std::string_view name);
/// `1 argument`, `2 arguments`.
std::string counted(size_t count, std::string_view noun);

/// Finds the name most like a given one.
class NearName {
 public:
  explicit NearName(std::string_view wanted);
  void consider(std::string_view candidate);
  /// Empty: nothing is near.
  std::string_view best() const { return best_; }
  /// "did you mean x?" or empty.
  std::string question() const;

 private:
  std::string_view wanted_;
  std::string_view best_;
  size_t distance_;
};

/// What a function or method is called in East, for names of other languages: "println" gives
/// "print". Empty: not known.
std::string_view habitual_function(std::string_view name);
/// Likewise for methods of a type (`type_name` "Array"): a whole hint, for example
/// "`push_last` adds at the end".
std::string_view habitual_method(std::string_view type_name, std::string_view name);
/// Likewise for types: "int" gives "Integer".
std::string_view habitual_type(std::string_view name);

}  // namespace samara::lang
