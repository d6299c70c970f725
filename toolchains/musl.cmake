# SPDX-License-Identifier: MIT
# The common part of the musl toolchains. musl-dev brings a specs file that turns the C compiler around; the C++
# headers, which that also hides, are put back in front of musl's.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${THIMBLE_GNU}-gcc)
set(CMAKE_CXX_COMPILER ${THIMBLE_GNU}-g++)
set(CMAKE_FIND_ROOT_PATH /usr/lib/${THIMBLE_MUSL})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

set(_specs "-specs /usr/lib/${THIMBLE_MUSL}/musl-gcc.specs")
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -dumpversion OUTPUT_VARIABLE _version OUTPUT_STRIP_TRAILING_WHITESPACE)
set(_cxx /usr/${THIMBLE_GNU}/include/c++/${_version})
set(CMAKE_C_FLAGS_INIT "${_specs}")
set(CMAKE_CXX_FLAGS_INIT "${_specs} -nostdinc++ -isystem ${_cxx} -isystem ${_cxx}/${THIMBLE_GNU} -include ${CMAKE_CURRENT_LIST_DIR}/musl_libstdcxx.h")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,-z,norelro")  # relro costs up to 64 KiB of padding
# CMake tests the C++ compiler by linking with it, which asks for libstdc++; the project itself links with the C one.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
