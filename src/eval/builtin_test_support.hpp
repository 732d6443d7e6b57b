#pragma once
// For tests of builtins: writes an expression with the IR builder, checks, compiles and runs it,
// and gives its value as East text. Threads: one thread.

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "eval/compile.hpp"
#include "eval/platform_signatures.hpp"
#include "eval/vm.hpp"
#include "ir/builder.hpp"
#include "ir/check.hpp"
#include "value/text.hpp"
#include "value/text_type.hpp"

namespace samara::eval {

using Id = ir::BuiltinId;
using ir::Expr;
using ir::Var;
using Parameters = std::span<const Var>;

class BuiltinTest : public ::testing::Test {
 protected:
  using Make = std::function<Expr()>;
  struct Case {
    const char* title;
    Make make;
    std::string expected;  // East text (of a String: its contents), or `error: ` and the message
  };

  TypeTable types_;
  PlatformRegistry registry_;
  ir::Builder b_{types_};
  const Type* const I = types_.integer();
  const Type* const F = types_.float_();
  const Type* const S = types_.string();
  const Type* const B = types_.boolean();
  const Type* const N = types_.null();

  // --- expressions
  // -----------------------------------------------------------------------------------
  Expr call(Id id, std::initializer_list<const Type*> type_parameters,
            std::initializer_list<Expr> arguments) {
    return b_.builtin(id, type_parameters, arguments);
  }
  Expr num(int64_t value) { return b_.integer(value); }
  Expr str(std::string_view text) { return b_.string(text); }
  /// A value of any type, from East text.
  Expr lit(const Type* type, std::string_view text) {
    return call(Id::Parse, {type}, {b_.string(text)});
  }
  /// An Array<Integer>.
  Expr nums(std::string_view text) { return lit(types_.array(I), text); }
  template <typename Body>
  Expr fn(std::initializer_list<const Type*> inputs, Body body, const Type* output = nullptr) {
    return b_.lambda(inputs, body, output);
  }
  Expr read(Var variable) { return b_(variable); }
  Expr print(Expr value) { return b_.print(value); }
  Expr concat(Expr a, Expr b) { return call(Id::StringConcat, {}, {a, b}); }
  Expr add(Expr a, Expr b) { return call(Id::IntegerAdd, {}, {a, b}); }
  Expr mul(Expr a, Expr b) { return call(Id::IntegerMultiply, {}, {a, b}); }
  Expr rem(Expr a, Expr b) { return call(Id::IntegerRemainder, {}, {a, b}); }
  Expr less(Expr a, Expr b) { return call(Id::Less, {a.type()}, {a, b}); }
  Expr same(Expr a, Expr b) { return call(Id::Equal, {a.type()}, {a, b}); }
  Expr say(Var log, Expr text) { return call(Id::ArrayPushLast, {S}, {b_(log), text}); }
  /// A function that notes `name(arguments)` in the log before it does what `body` says.
  template <typename Body>
  Expr noted(Var log, std::string_view name, std::initializer_list<const Type*> inputs, Body body,
             const Type* output = nullptr) {
    return b_.lambda(
        inputs,
        [&](Parameters p) {
          return b_.block([&](ir::Statements& s) {
            Expr note = b_.string(name);
            for (size_t i = 0; i < p.size(); i++) {
              note = concat(note, concat(b_.string(i == 0 ? "(" : ","), print(b_(p[i]))));
            }
            s(say(log, concat(note, b_.string(")"))));
            return body(p);
          });
        },
        output);
  }
  /// The printed value of `make(log)` and the notes, joined: `value | a b c`.
  template <typename MakeWithLog>
  Make with_log(MakeWithLog make) {
    return [this, make] {
      return b_.block([&](ir::Statements& s) {
        Var log = s.let(lit(types_.array(S), "[]"));
        Var value = s.let(print(make(log)));
        return concat(b_(value), concat(b_.string(" | "),
                                        call(Id::ArrayStringJoin, {}, {b_(log), b_.string(" ")})));
      });
    };
  }
  /// The value of `variable` after `statement` has been run on it; errors of it end the program.
  template <typename Change>
  Make after(const Type* type, const char* start, Change change) {
    return [this, type, start, change] {
      return b_.block([&](ir::Statements& s) {
        Var subject = s.let(lit(type, start));
        s(change(subject));
        return b_(subject);
      });
    };
  }
  /// As `after`, but errors of the statement are caught: what they leave behind.
  template <typename Change>
  Make after_error(const Type* type, const char* start, Change change) {
    return after(type, start, [this, change](Var subject) {
      Expr body = b_.block([&](ir::Statements& s) {
        s(change(subject));
        return b_.null();
      });
      return b_.try_(body, [&](Var, Var) { return b_.null(); });
    });
  }

  // --- running
  // ---------------------------------------------------------------------------------------
  struct Ran {
    const Type* type = nullptr;
    Slot value;
    bool ok = false;
    FailureKind failure = FailureKind::none;
    EastError error;
    uint64_t steps = 0;
  };

  std::shared_ptr<CompiledProgram> compiled(std::unique_ptr<ir::Program> program) {
    RegistrySignatures signatures(registry_);
    auto checked = ir::check(*program, signatures);
    EXPECT_TRUE(checked) << (checked ? std::string() : std::string(checked.error().message()));
    if (!checked) return nullptr;
    auto made = compile(std::shared_ptr<const ir::Program>(std::move(program)), registry_);
    EXPECT_TRUE(made) << (made ? std::string() : std::string(made.error().message()));
    return made ? *made : nullptr;
  }
  Ran run(Heap& heap, std::shared_ptr<CompiledProgram> program, std::span<const Slot> arguments,
          VmOptions options = {}) {
    Ran ran;
    if (program == nullptr) return ran;
    ran.type = program->type->output();
    Vm vm(heap, types_, registry_, std::move(options));
    ran.ok = vm.run(program, arguments, ran.value);
    ran.failure = vm.failure();
    if (!ran.ok) ran.error = vm.error();
    ran.steps = vm.steps();
    return ran;
  }
  static std::string text(const Ran& ran) {
    if (!ran.ok) {
      return (ran.failure == FailureKind::error
                  ? std::string("error: ")
                  : std::string(failure_name(ran.failure)).append(": ")) +
             ran.error.message;
    }
    if (ran.type->is(Kind::string)) return std::string(text_of(ran.value));
    auto printed = print_text(ran.type, ran.value);
    return printed ? *printed : std::string("cannot print");
  }
  std::string result_of(const Make& make) {
    Heap heap;
    auto program = b_.program({}, [&](Parameters) { return make(); });
    return text(run(heap, compiled(std::move(program)), {}));
  }
  void expect_all(const std::vector<Case>& cases) {
    for (const Case& test : cases) {
      SCOPED_TRACE(test.title);
      EXPECT_EQ(result_of(test.make), test.expected);
    }
  }
  Slot parsed(Heap& heap, const Type* type, std::string_view text, bool frozen = false) {
    auto value = parse_text(type, text, heap, {.frozen = frozen});
    EXPECT_TRUE(value) << text;
    return value.value;
  }
};

}  // namespace samara::eval
