#pragma once
// Types while they are being inferred: closed types, constructors with parts that may still be
// open, and variables that are found out by unification.
//
// A *plain* variable stands for anything; a *number* for Integer or Float (Integer when nothing
// says); a *row* for a variant that has at least the cases seen so far (exactly those when nothing
// says). The *error* type belongs to expressions that were reported already and fits everywhere.
//
// Threads: one thread. Source: docs/decisions/0005-source-language.md.

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "value/type.hpp"

namespace samara::lang {

enum class TyForm : uint8_t { error, known, built, plain, number, row };

struct Ty;
struct TyCase {
  std::string_view name;
  Ty* type = nullptr;
};

struct Ty {
  TyForm form = TyForm::error;
  Kind kind = Kind::null;                // built: the constructor
  const Type* fallback = nullptr;        // plain: what it is when nothing says
  const Type* known = nullptr;           // known; built: once it has been closed
  Ty* link = nullptr;                    // variables: what they turned out to be
  std::span<Ty*> parts;                  // built: as Type::part, closed
  std::span<std::string_view> names;     // built: fields or cases
  std::vector<TyCase>* cases = nullptr;  // row: sorted by name
};

/// Why a type could not be closed.
enum class Unclosed : uint8_t { none, unknown, erroneous, invalid };

class Types {
 public:
  explicit Types(TypeTable& table);
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;
  TypeTable& table() { return table_; }

  Ty* error() { return &error_; }
  Ty* known(const Type* type);
  Ty* never() { return known(table_.never()); }
  Ty* null() { return known(table_.null()); }
  Ty* boolean() { return known(table_.boolean()); }
  Ty* integer() { return known(table_.integer()); }
  Ty* float_() { return known(table_.float_()); }
  Ty* string() { return known(table_.string()); }
  Ty* fresh(const Type* fallback = nullptr);
  Ty* number();
  Ty* row();
  /// Adds a case, or finds it. Requires: an unlinked row.
  Ty* row_case(Ty* row, std::string_view name, Ty* type);

  Ty* unary(Kind kind, Ty* element) { return built(kind, {&element, 1}, {}); }
  Ty* dict(Ty* key, Ty* value);
  Ty* structure(std::span<Ty* const> fields, std::span<const std::string_view> names) {
    return built(Kind::struct_, fields, names);
  }
  /// none and some.
  Ty* option(Ty* some);
  Ty* function(bool is_async, std::span<Ty* const> inputs, Ty* output);
  Ty* built(Kind kind, std::span<Ty* const> parts, std::span<const std::string_view> names);

  /// What a type is by now.
  Ty* find(Ty* type);
  /// The constructor where it is known; a row is a variant.
  std::optional<Kind> kind(Ty* type);
  bool is(Ty* type, Kind wanted) { return kind(type) == wanted; }
  bool is_error(Ty* type) { return find(type)->form == TyForm::error; }
  bool is_never(Ty* type) { return is(type, Kind::never); }
  /// Whether the set of cases may still grow.
  bool is_row(Ty* type) { return find(type)->form == TyForm::row; }

  // Parts of a type whose constructor is known.
  uint32_t arity(Ty* type);
  Ty* part(Ty* type, uint32_t i);
  std::string_view name(Ty* type, uint32_t i);
  int32_t index_of(Ty* type, std::string_view name);

  /// Makes two types equal. False: they cannot be; what was found out until then stays.
  bool unify(Ty* a, Ty* b);
  /// Whether unifying would meet different constructors at once.
  bool heads_agree(Ty* a, Ty* b);

  /// The closed type, if nothing in it is open. Decides nothing.
  const Type* closed(Ty* type);
  /// The closed type; what nothing said gets its default.
  /// Shape: null where that is not possible, see `why()`; `culprit()` is the part at fault.
  const Type* close(Ty* type);
  Unclosed why() const { return why_; }
  Ty* culprit() const { return culprit_; }
  const std::string& reason() const { return reason_; }
  /// Stops further complaints about a variable.
  void forget(Ty* variable);

 private:
  Ty* make(TyForm form);
  bool bind(Ty* variable, Ty* to);
  bool occurs(Ty* variable, Ty* in);
  bool unify_row(Ty* row, Ty* with);
  bool merge_rows(Ty* a, Ty* b);
  const Type* close_built(Ty* type);
  const Type* close_row(Ty* type);
  const Type* invalid(Ty* type, std::string_view reason);
  const Type* checked(Ty* type, Result<const Type*> made);

  TypeTable& table_;
  Ty error_;
  std::deque<Ty> all_;
  std::deque<std::vector<Ty*>> parts_;
  std::deque<std::vector<std::string_view>> names_;
  std::deque<std::vector<TyCase>> rows_;
  std::vector<Ty*> known_;  // by type id
  Unclosed why_ = Unclosed::none;
  Ty* culprit_ = nullptr;
  std::string reason_;
};

}  // namespace samara::lang
