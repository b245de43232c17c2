# SPDX-License-Identifier: BSD-2-Clause
#
# The targets `tidy` (clang-tidy over the library) and `format` (clang-format, in place).

set(MUTATOR_TOOL "${PROJECT_SOURCE_DIR}/tests/lint/tool.sh")
add_custom_target(tidy COMMAND bash "${MUTATOR_TOOL}" tidy "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}"
                  USES_TERMINAL VERBATIM)
add_custom_target(format COMMAND bash "${MUTATOR_TOOL}" format-in-place "${PROJECT_SOURCE_DIR}" USES_TERMINAL VERBATIM)
