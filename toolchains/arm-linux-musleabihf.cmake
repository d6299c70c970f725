# SPDX-License-Identifier: MIT
# Small static programs for 32-bit ARMv7 with hardware floating point: Debian's cross compiler with musl.
# Debian: dpkg --add-architecture armhf; g++-arm-linux-gnueabihf musl-dev:armhf qemu-user
set(THIMBLE_GNU arm-linux-gnueabihf)
set(THIMBLE_MUSL arm-linux-musleabihf)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/musl.cmake)
