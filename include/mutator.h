/* SPDX-License-Identifier: BSD-2-Clause
 *
 * mutator.h -- everything: capture, decode, step and edit a stopped thread
 */

#ifndef MUTATOR_H
#define MUTATOR_H

#include <mutator/backstep.h>
#include <mutator/breakpoint.h>
#include <mutator/context.h>
#include <mutator/counters.h>
#include <mutator/fault.h>
#include <mutator/inject.h>
#include <mutator/memory.h>
#include <mutator/postmortem.h>
#include <mutator/setup.h>
#include <mutator/thread.h>
#include <mutator/types.h>
#include <mutator/window.h>

#endif
