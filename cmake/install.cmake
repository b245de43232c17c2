# SPDX-License-Identifier: BSD-2-Clause
#
# Install rules: headers, both libraries, mutator.pc and the CMake package.

include(CMakePackageConfigHelpers)

set(MUTATOR_NAME "${MUTATOR_PREFIX}mutator")
set(packageFolder "${CMAKE_INSTALL_LIBDIR}/cmake/${MUTATOR_NAME}")

install(FILES "${MUTATOR_TREE}/include/${MUTATOR_NAME}.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(DIRECTORY "${MUTATOR_TREE}/include/${MUTATOR_NAME}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")

set_target_properties(mutator_static PROPERTIES EXPORT_NAME static)
set_target_properties(mutator_shared PROPERTIES EXPORT_NAME shared)
set(targets mutator_static mutator_shared)
if(TARGET mutator_writes)
  set_target_properties(mutator_writes PROPERTIES EXPORT_NAME writes)
  list(APPEND targets mutator_writes)
endif()
install(
  TARGETS ${targets}
  EXPORT ${MUTATOR_NAME}
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

install(EXPORT ${MUTATOR_NAME} NAMESPACE ${MUTATOR_NAME}:: FILE ${MUTATOR_NAME}Targets.cmake
        DESTINATION "${packageFolder}")

configure_package_config_file(
  cmake/mutatorConfig.cmake.in "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}Config.cmake"
  INSTALL_DESTINATION "${packageFolder}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/${MUTATOR_NAME}ConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}Config.cmake"
              "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}ConfigVersion.cmake" DESTINATION "${packageFolder}")

# mutator.pc finds its prefix from its own place, so that an install tree can be
# moved; absolute install folders stay as they are.
set(MUTATOR_PC_PREFIX "${CMAKE_INSTALL_PREFIX}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" up "${up}")
  set(MUTATOR_PC_PREFIX "\${pcfiledir}/${up}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE MUTATOR_PC_LIBDIR)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE MUTATOR_PC_INCLUDEDIR)
configure_file(cmake/mutator.pc.in "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
if(TARGET mutator_writes)
  get_target_property(MUTATOR_PC_WRAPPED mutator_writes INTERFACE_LINK_OPTIONS)
  list(JOIN MUTATOR_PC_WRAPPED " " MUTATOR_PC_WRAPPED)
  configure_file(cmake/mutator_writes.pc.in "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}_writes.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/${MUTATOR_NAME}_writes.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endif()
