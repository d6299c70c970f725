# SPDX-License-Identifier: MIT
# cmake -DIMAGE=... -DEMULATOR=... -DMODEL=... -DBARE=ON|OFF -DNM=... -P firmware.cmake
# The firmware answers; a bare image has no code that asks the system for memory and is at most 400 KB plus the model.
file(WRITE ${IMAGE}.in "turn the bedroom lamp down to 30 percent\n\nhello\nplease lock the kitchen door\n")
execute_process(COMMAND ${EMULATOR} ${IMAGE} INPUT_FILE ${IMAGE}.in OUTPUT_VARIABLE out RESULT_VARIABLE code)
set(expected "{\"action\":\"set\",\"device\":\"lamp\",\"room\":\"bedroom\",\"value\":30,\"unit\":\"percent\"}
{\"action\":\"none\"}
{\"action\":\"lock\",\"device\":\"door\",\"room\":\"kitchen\"}
")
if(NOT code EQUAL 0 OR NOT out STREQUAL expected)
  message(FATAL_ERROR "firmware: exit ${code}, answered\n${out}instead of\n${expected}")
endif()
message("${out}")
if(NOT BARE)
  return()
endif()

execute_process(COMMAND ${NM} --defined-only ${IMAGE} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
foreach(name malloc calloc realloc free aligned_alloc posix_memalign sbrk brk __mmap __libc_malloc __malloc_alloc_meta)
  if(symbols MATCHES "[0-9a-f]+ [A-Za-z] ${name}\n")
    message(FATAL_ERROR "firmware: the image holds ${name}")
  endif()
endforeach()
# What the program asks of the kernel, as the emulator logs it.
if(EMULATOR)
  execute_process(COMMAND ${EMULATOR} -strace ${IMAGE} INPUT_FILE ${IMAGE}.in OUTPUT_QUIET ERROR_VARIABLE calls)
  if(NOT calls MATCHES "write\\(" OR calls MATCHES " (brk|mmap|mmap2|mremap|open|openat|clone)\\(")
    message(FATAL_ERROR "firmware: asks the system for memory, files or threads: ${CMAKE_MATCH_0}")
  endif()
endif()

file(SIZE ${IMAGE} size)
execute_process(COMMAND ${CMAKE_STRIP} -o ${IMAGE}.stripped ${IMAGE} RESULT_VARIABLE stripped)
if(EXISTS ${IMAGE}.stripped)
  file(SIZE ${IMAGE}.stripped size)
endif()
file(SIZE ${MODEL} model)
math(EXPR code_size "${size} - ${model}")
message("image ${size} bytes, model ${model}, the rest ${code_size}")
if(code_size GREATER 400000)
  message(FATAL_ERROR "firmware: more than 400000 bytes beside the model")
endif()
