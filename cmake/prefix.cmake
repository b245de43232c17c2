# SPDX-License-Identifier: BSD-2-Clause
#
# -DMUTATOR_PREFIX=xyz_ builds a library in which every name of ours begins with
# xyz_, so that two copies, or ours and another library's MutatorContext, live
# in one program and one source file.  There is no renaming #define: a copy of
# the tree is made in the build folder, with the prefix in front of every word
# that begins with Mutator, MUTATOR_ or mutator (file names too).
#
# Sets MUTATOR_TREE, the tree that is compiled: the source tree, or the copy.

set(MUTATOR_TREE "${PROJECT_SOURCE_DIR}")

if(NOT MUTATOR_PREFIX STREQUAL "")
  if(NOT MUTATOR_PREFIX MATCHES "^[A-Za-z][A-Za-z0-9_]*$")
    message(FATAL_ERROR "MUTATOR_PREFIX must be the beginning of a C identifier, such as xyz_, not \"${MUTATOR_PREFIX}\"")
  endif()
  set(MUTATOR_TREE "${PROJECT_BINARY_DIR}/prefixed")
endif()

# A word begins after anything that is not part of an identifier, and after the
# linker's __start_ and __stop_.  (The newline in front spares a pattern with ^,
# which CMake matches again after each replacement.)
function(mutator_add_prefix result text)
  string(REGEX REPLACE "([^A-Za-z0-9_]|[^A-Za-z0-9_]__start_|[^A-Za-z0-9_]__stop_)(Mutator|MUTATOR_|mutator)"
                       "\\1${MUTATOR_PREFIX}\\2" text "\n${text}")
  string(SUBSTRING "${text}" 1 -1 text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

function(mutator_make_prefixed_tree)
  set(copies "")
  foreach(folder include src tests examples bench)
    file(GLOB_RECURSE files RELATIVE "${PROJECT_SOURCE_DIR}" CONFIGURE_DEPENDS
         "${PROJECT_SOURCE_DIR}/${folder}/*.[chS]" "${PROJECT_SOURCE_DIR}/${folder}/*.inc"
         "${PROJECT_SOURCE_DIR}/${folder}/*.def")
    foreach(file IN LISTS files)
      set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
      mutator_add_prefix(copy "${file}")
      set(copy "${MUTATOR_TREE}/${copy}")
      list(APPEND copies "${copy}")
      file(READ "${PROJECT_SOURCE_DIR}/${file}" text)
      mutator_add_prefix(text "${text}")
      set(old "")
      if(EXISTS "${copy}")
        file(READ "${copy}" old)
      endif()
      if(NOT text STREQUAL old)
        file(WRITE "${copy}" "${text}")
      endif()
    endforeach()
  endforeach()
  file(GLOB_RECURSE old "${MUTATOR_TREE}/*")
  list(REMOVE_ITEM old ${copies})
  if(old)
    file(REMOVE ${old})
  endif()
endfunction()

if(NOT MUTATOR_PREFIX STREQUAL "")
  mutator_make_prefixed_tree()
endif()
