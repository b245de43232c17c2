/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/posix/native_unit.h -- Check forks by itself
 */
