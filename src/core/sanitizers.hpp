#pragma once
// Whether the address sanitizer watches this build: GCC and clang say it differently.

#if defined(__SANITIZE_ADDRESS__)
#define SAMARA_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SAMARA_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef SAMARA_ADDRESS_SANITIZER
#define SAMARA_ADDRESS_SANITIZER 0
#endif
