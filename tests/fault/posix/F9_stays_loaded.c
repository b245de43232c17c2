/* SPDX-License-Identifier: BSD-2-Clause
 *
 * F9_stays_loaded.c -- the shared library stays when its program closes it, hook and all
 *
 * This program has its own copy linked in, so what it loads is a second one,
 * whose functions it finds by name.  Also: structures that claim another size.
 */

#include <dlfcn.h>
#include <string.h>

#include "support/fault_test.h"

static unsigned char *page;
static volatile unsigned handled;

static MutatorFaultResult open_(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                void *closure) {
  (void)range;
  (void)context;
  (void)address;
  (void)access;
  (void)closure;
  handled++;
  faultTestProtect(page, faultTestPageSize(), 3);
  return MutatorFaultHANDLED;
}

static void *find(void *library, const char *name) {
  void *symbol = dlsym(library, name);
  CHECK(symbol != NULL, "%s", name);
  return symbol;
}

static void stays(void) {
  static MutatorFaultRangeStruct range;
  MutatorRes (*setup)(const MutatorOptionsStruct *);
  MutatorRes (*add)(MutatorFaultRange, void *, void *, MutatorFaultCallback, void *, MutatorWindow);
  void *library = dlopen(SHARED_LIBRARY, RTLD_NOW | RTLD_LOCAL), *symbol;
  CHECK(library != NULL, "%s", dlerror());
  symbol = find(library, "MutatorFaultSetup");
  memcpy(&setup, &symbol, sizeof setup);
  symbol = find(library, "MutatorFaultRangeAdd");
  memcpy(&add, &symbol, sizeof add);
  CHECK(setup != MutatorFaultSetup, "a second copy");
  CHECK(setup(NULL) == MutatorResOK, "set-up");
  CHECK(add(&range, page, page + faultTestPageSize(), open_, NULL, NULL) == MutatorResOK, "add");
  (void)dlclose(library);
  CHECK(dlopen(SHARED_LIBRARY, RTLD_NOW | RTLD_NOLOAD) != NULL, "it is gone");
  *(volatile unsigned char *)page = 1;
  CHECK(handled == 1, "its hook handles faults");
}

static void sizes(void) {
  MutatorOptionsStruct options;
  MutatorFaultOptionsStruct faultOptions;
  MutatorThreadOptionsStruct threadOptions;
  CHECK(MutatorOptionsInit(&options) == MutatorResOK && MutatorFaultOptionsInit(&faultOptions) == MutatorResOK &&
            MutatorThreadOptionsInit(&threadOptions) == MutatorResOK,
        "options");
  CHECK(options.size == sizeof options && faultOptions.size == sizeof faultOptions &&
            threadOptions.size == sizeof threadOptions,
        "sizes");
  options.size += sizeof(MutatorWord);
  faultOptions.size += sizeof(MutatorWord);
  threadOptions.size += sizeof(MutatorWord);
  CHECK(MutatorSetup(&options) == MutatorResPARAM && MutatorFaultSetupWith(NULL, &faultOptions) == MutatorResPARAM &&
            MutatorThreadSetup(&threadOptions) == MutatorResPARAM,
        "of another version");
}

int main(void) {
  page = faultTestPageNew(FaultTestPageNOACCESS);
  sizes();
  stays();
  return 0;
}
