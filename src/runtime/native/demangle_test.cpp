#include "runtime/native/demangle.hpp"

#include <gtest/gtest.h>

namespace samara::runtime::native {
namespace {

struct Case {
  const char* name;
  const char* text;
};

// The mangled names were made by GCC 12 and clang 19.
constexpr Case k_cases[] = {
    {"samara_task", "samara_task"},
    {"_Z3fooi", "foo"},
    {"_ZL5innerPi", "inner"},
    {"_ZN8geometry4GridIdE4fillERKd", "geometry::Grid<...>::fill"},
    {"_ZN8geometry4GridIdEC1Em", "geometry::Grid<...>::Grid"},
    {"_ZN8geometry4GridIdED2Ev", "geometry::Grid<...>::~Grid"},
    {"_ZN8geometryeqERKNS_5PointES2_", "geometry::operator=="},
    {"_ZNK8geometry4GridIdEixEm", "geometry::Grid<...>::operator[]"},
    {"_ZN12_GLOBAL__N_14walkEv", "(anonymous)::walk"},
    {"_ZSt4sortIPdEvT_S1_", "std::sort<...>"},
    {"_ZSt16__introsort_loopIPdlN9__gnu_cxx5__ops15_Iter_less_iterEEvT_S4_T0_T1_",
     "std::__introsort_loop<...>"},
    {"_ZNSt6vectorIdSaIdEE17_M_realloc_insertIJRKdEEEvN9__gnu_cxx17__normal_iteratorIPdS1_EEDpOT_",
     "std::vector<...>::_M_realloc_insert<...>"},
    {"_ZN2ns3fooILi42ELb1EEEvv", "ns::foo<...>"},
    {"_ZZ5outeriENKUliE_clEi", "outer::lambda::operator()"},
    {"_Z5tableILm8EEvRAT__i", "table<...>"},
    {"_Z3fooi.part.0", "foo.part.0"},
    {"_ZN3fooB5cxx113barEv", "foo::bar"},
};

TEST(Demangle, names_are_shown_without_parameters) {
  for (const Case& one : k_cases) EXPECT_EQ(demangled(one.name), one.text);
}

TEST(Demangle, what_is_not_understood_stays_as_it_is) {
  for (const char* name :
       {"_Z", "_ZN", "_ZN3fo", "_Z99999999999999999999x", "_ZNE", "_ZNIiE3fooE", "_ZN3fooIE",
        "_ZTV3foo", "_ZNStIE", "_ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ"}) {
    EXPECT_EQ(demangled(name), name);
  }
}

TEST(Demangle, damaged_names_end) {
  for (const Case& one : k_cases) {
    const std::string good = one.name;
    for (size_t i = 0; i < good.size(); i++) {
      for (char c : {'E', 'I', 'N', 'S', '_', '9', 'L', 'Z', 'U', '\xff'}) {
        std::string bad = good;
        bad[i] = c;
        EXPECT_LE(demangled(bad).size(), 8 * good.size()) << bad;
      }
      EXPECT_LE(demangled(good.substr(0, i)).size(), 8 * good.size());
    }
  }
}

}  // namespace
}  // namespace samara::runtime::native
