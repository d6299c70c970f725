# SPDX-License-Identifier: MIT
# One translation unit an ISA, each with its own compiler flags. A file that the target architecture does not use
# compiles to nothing (its body stands behind the architecture's macro), so that no list here depends on the platform.
function(thimble_target_flags file)
  set_source_files_properties(kernels/targets/${file} PROPERTIES COMPILE_OPTIONS "${ARGN}")
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # GCC must not gather all products of a tile before it adds them (a third of the speed lost to spills).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(tile_flags -fno-tree-ter -fno-tree-reassoc)
  endif()
  if(THIMBLE_SANITIZED)  # unrolled loops with checks take GCC minutes to optimise
    list(APPEND tile_flags -O0)
  endif()
  thimble_target_flags(avx2.cpp -mavx2 -mfma -mf16c ${tile_flags})
  thimble_target_flags(avxvnni.cpp -mavx2 -mfma -mf16c -mavxvnni ${tile_flags})
  set(avx512_flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mfma -mf16c -mprefer-vector-width=512 ${tile_flags}
    -Wno-uninitialized -Wno-maybe-uninitialized)  # false alarms in GCC 12's own avx512fintrin.h
  thimble_target_flags(avx512.cpp ${avx512_flags})
  thimble_target_flags(avx512vbmi.cpp ${avx512_flags} -mavx512vbmi)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  # Scheduling before registers are given out costs the tiles a tenth of their instructions in spills.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    set(tile_flags -fno-schedule-insns)
  endif()
  thimble_target_flags(neon.cpp ${tile_flags})
  thimble_target_flags(arm_panel.cpp -O2)  # with -O3 11 KB more, for 3 to 20 % fewer instructions of one column by way of the stage
  thimble_target_flags(neon_dotprod.cpp -march=armv8.2-a+dotprod ${tile_flags})
  thimble_target_flags(neon_i8mm.cpp -march=armv8.2-a+dotprod+i8mm ${tile_flags})
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^arm")
  if(NOT THIMBLE_ARM_NO_NEON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      set(tile_flags -fno-schedule-insns)
    endif()
    foreach(file neon.cpp arm_panel.cpp)
      thimble_target_flags(${file} -march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard -mfp16-format=ieee ${tile_flags})
    endforeach()
  endif()
endif()
