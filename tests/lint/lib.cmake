# SPDX-License-Identifier: MIT
# Shared by the lint scripts (cmake -DSOURCE=... -P x.cmake): the project's files, and one way to fail.
cmake_minimum_required(VERSION 3.25)

# Every text file of the project below `folders`, relative to SOURCE.
function(project_files out)
  set(files)
  foreach(folder ${ARGN})
    file(GLOB_RECURSE found LIST_DIRECTORIES false RELATIVE ${SOURCE}
      ${SOURCE}/${folder}/*.cpp ${SOURCE}/${folder}/*.h ${SOURCE}/${folder}/*.c ${SOURCE}/${folder}/*.def
      ${SOURCE}/${folder}/*.cmake ${SOURCE}/${folder}/CMakeLists.txt ${SOURCE}/${folder}/*.sh ${SOURCE}/${folder}/*.py)
    list(APPEND files ${found})
  endforeach()
  list(LENGTH files n)
  if(n EQUAL 0)
    message(FATAL_ERROR "no files below ${SOURCE}: is -DSOURCE right?")
  endif()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

set(PROBLEMS 0)
macro(problem)
  message("${ARGN}")
  math(EXPR PROBLEMS "${PROBLEMS} + 1")
endmacro()
macro(finish what)
  if(PROBLEMS GREATER 0)
    message(FATAL_ERROR "${what}: ${PROBLEMS} problems")
  endif()
  message("${what}: clean")
endmacro()
