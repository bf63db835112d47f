# Compiler and linker settings for every target: warnings are errors, ccache and lld where present.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "Skein wants GCC 12 or Clang 19: this is GCC ${CMAKE_CXX_COMPILER_VERSION}")
endif()

add_library(skein_options INTERFACE)
target_compile_options(skein_options INTERFACE -Wall -Wextra -Wpedantic -Werror
  -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(skein_options INTERFACE -Wshadow)
else()
  # GCC 12 reports these falsely inside std::string and coroutine frames.
  target_compile_options(skein_options INTERFACE -Wshadow=local -Wno-restrict
    -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized
    -Wno-missing-field-initializers)
endif()
target_include_directories(skein_options INTERFACE ${CMAKE_SOURCE_DIR})

if(SKEIN_SANITIZE)
  target_compile_options(skein_options INTERFACE -fsanitize=${SKEIN_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(skein_options INTERFACE -fsanitize=${SKEIN_SANITIZE})
endif()
if(SKEIN_FUZZ)
  target_compile_options(skein_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers and ccache agree only with these; base_dir lets several checkouts share a
  # cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    add_compile_options(-Xclang -fno-pch-timestamp)
  else()
    add_compile_options(-fpch-preprocess)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
endif()

# What ships is optimised as one whole, and for what it does most, which scripts/profile.sh has
# counted; code that has changed since is built as if nothing were known of it. Its objects hold
# both, machine code and what the linker makes the whole of, so that tests link fast; those that
# start servers run the program itself.
set(SKEIN_PROFILE ${CMAKE_SOURCE_DIR}/cmake/skein.profdata CACHE STRING
  "What the program does most: a .profdata to read, or a folder to write counts to")
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo"
   AND NOT SKEIN_SANITIZE)
  set(SKEIN_WHOLE -flto=thin -ffat-lto-objects)
  set(SKEIN_WHOLE_LINK ${SKEIN_WHOLE} LINKER:--gc-sections LINKER:--icf=safe)
  # A function of one file alone is known by the file's name, wherever the sources lie.
  list(APPEND SKEIN_WHOLE "SHELL:-mllvm -static-func-full-module-prefix=0")
  if(SKEIN_PROFILE MATCHES "\\.profdata$")
    set(SKEIN_WHOLE_DEPENDS ${SKEIN_PROFILE})  # which no compiler tells
    list(APPEND SKEIN_WHOLE -fprofile-use=${SKEIN_PROFILE} -Wno-backend-plugin
      -Wno-profile-instr-unprofiled -Wno-profile-instr-out-of-date
      "SHELL:-mllvm -inline-cold-callsite-threshold=225")
    # In which coroutines a client is while it is idle: what is seldom run in them is not inlined
    # by the counts, and what is not inlined stands in their frames, 750 bytes a client.
    set_source_files_properties(net/task_group.cpp proxy/session.cpp proxy/worker.cpp
      PROPERTIES COMPILE_OPTIONS -fno-profile-use)
  else()
    list(APPEND SKEIN_WHOLE -fprofile-generate=${SKEIN_PROFILE})
    list(APPEND SKEIN_WHOLE_LINK -fprofile-generate=${SKEIN_PROFILE})
  endif()
endif()
