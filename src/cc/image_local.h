/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/image_local.h -- thread-local variables that Windows' loader makes for every thread
 *
 *   static IMAGE_LOCAL Type name;    all zero at first
 *   imageLocal(&name)                the calling thread's
 *
 * Needs <windows.h> first.  Nothing is allocated when a thread first looks at one, so a handler may.
 */

#ifndef mutator_cc_image_local_h
#define mutator_cc_image_local_h

#ifdef __GNUC__
#include "cc/gnu/image_local.h"
#else
#include "cc/msvc/image_local.h"
#endif

#endif
