# SPDX-License-Identifier: MIT
# 32-bit ARMv6, software floating point: the oldest boards. Debian: g++-arm-linux-gnueabi qemu-user
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv6l)
set(CMAKE_C_COMPILER arm-linux-gnueabi-gcc)
set(CMAKE_CXX_COMPILER arm-linux-gnueabi-g++)
set(CMAKE_FIND_ROOT_PATH /usr/arm-linux-gnueabi)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm -L /usr/arm-linux-gnueabi)
set(CMAKE_C_FLAGS_INIT -march=armv6)  # Debian's armel starts at ARMv5, which has no atomic instructions
set(CMAKE_CXX_FLAGS_INIT -march=armv6)
set(THIMBLE_ARM_NO_NEON ON)
