/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cc/msvc/image_local.h -- thread-local variables of an image, Microsoft's compiler
 */

#ifndef mutator_cc_msvc_image_local_h
#define mutator_cc_msvc_image_local_h

#define IMAGE_LOCAL __declspec(thread)
#define imageLocal(variable) (variable)

#endif
