# What every target of this tree is compiled with: one interface library, so that no target can forget it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckPIESupported)
check_pie_supported()

# What is tested is what is shipped: assertions stay in every build. Functions and lines are enough for a backtrace and for
# perf; the full debug information of -g took a third of the time of a build.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

add_library(rw_options INTERFACE)
target_include_directories(rw_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(rw_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wformat=2 -fstack-protector-strong -fcf-protection -ffunction-sections -fdata-sections)
# A warning stops those who can mend it, who build the tests; not who builds a release with a compiler of tomorrow. What a
# sanitizer puts between the lines makes g++ 12 warn of values and bounds where nothing is wrong.
if(REPLICAWATCH_TESTS AND NOT REPLICAWATCH_SANITIZE)
  target_compile_options(rw_options INTERFACE -Werror)
endif()
target_link_options(rw_options INTERFACE -Wl,-z,relro,-z,now -Wl,--gc-sections)
if(CMAKE_BUILD_TYPE MATCHES "Rel" AND NOT REPLICAWATCH_SANITIZE)
  target_compile_options(rw_options INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-clash-protection)
endif()
target_compile_definitions(rw_options INTERFACE _GLIBCXX_ASSERTIONS)
if(REPLICAWATCH_SANITIZE)
  target_compile_options(rw_options INTERFACE -fsanitize=${REPLICAWATCH_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(rw_options INTERFACE -fsanitize=${REPLICAWATCH_SANITIZE})
endif()
if(REPLICAWATCH_FUZZ)
  target_compile_options(rw_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# rw_library(NAME SOURCES ... LINK ...): a static library of this tree. LINK is PUBLIC, so that the link graph, which
# tests/lint/check_pure_targets.py reads from the archives, is what is written here and nothing else.
function(rw_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC rw_options ${ARG_LINK})
  # The standard library's headers, parsed once instead of once a file: half the time of a build. Each file still includes
  # what it uses; what nearly all of them use is in common/base/precompiled.h.
  if(name STREQUAL rw_base)
    target_precompile_headers(rw_base PRIVATE ${PROJECT_SOURCE_DIR}/common/base/precompiled.h)
  else()
    target_precompile_headers(${name} REUSE_FROM rw_base)
  endif()
endfunction()
