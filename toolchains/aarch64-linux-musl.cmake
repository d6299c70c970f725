# SPDX-License-Identifier: MIT
# Small static programs for 64-bit ARM: Debian's cross compiler with musl as the C library.
# Debian: dpkg --add-architecture arm64; g++-aarch64-linux-gnu musl-dev:arm64 qemu-user
set(THIMBLE_GNU aarch64-linux-gnu)
set(THIMBLE_MUSL aarch64-linux-musl)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/musl.cmake)
