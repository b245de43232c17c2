/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/node.c -- our functions as an addon of Node.js
 *
 * The few functions of Node-API that it takes are declared here: their names
 * and types are a stable binary interface (Node.js documentation, "Node-API"),
 * and the headers come with some packages of Node.js and not with others.
 */

#include <stddef.h>
#include <stdint.h>

#include "neighbour.h"

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef int napi_status; /* 0 is napi_ok */
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);

napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback callback, void *data,
                                 napi_value *result);
napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value);
napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *argc, napi_value *argv, napi_value *self,
                             void **data);
napi_status napi_get_value_uint32(napi_env env, napi_value value, uint32_t *result);
napi_status napi_create_double(napi_env env, double value, napi_value *result);
napi_status napi_create_external_arraybuffer(napi_env env, void *data, size_t length,
                                             void (*finalize)(napi_env env, void *data, void *hint), void *hint,
                                             napi_value *result);

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports);

static napi_value number(napi_env env, double value) {
  napi_value result = NULL;
  NEIGHBOUR_CHECK(napi_create_double(env, value, &result) == 0, "napi_create_double");
  return result;
}

static napi_value setup(napi_env env, napi_callback_info info) {
  (void)info;
  neighbourSetup();
  neighbourOpen();
  return number(env, neighbourOnTop());
}

static napi_value glue(napi_env env, napi_callback_info info) {
  (void)info;
  neighbourGlue();
  return number(env, 0);
}

/* use(slot, rounds) */
static napi_value use(napi_env env, napi_callback_info info) {
  napi_value argument[2];
  size_t count = 2;
  uint32_t slot, rounds;
  NEIGHBOUR_CHECK(napi_get_cb_info(env, info, &count, argument, NULL, NULL) == 0 && count == 2, "two arguments");
  NEIGHBOUR_CHECK(napi_get_value_uint32(env, argument[0], &slot) == 0, "slot");
  NEIGHBOUR_CHECK(napi_get_value_uint32(env, argument[1], &rounds) == 0, "rounds");
  neighbourUse(slot, rounds);
  return number(env, rounds);
}

static void finalize(napi_env env, void *data, void *hint) {
  (void)env;
  (void)data;
  (void)hint;
}

static napi_value memory(napi_env env, napi_callback_info info) {
  napi_value result = NULL;
  napi_status status =
      napi_create_external_arraybuffer(env, neighbourMemory(), neighbourMemorySize(), finalize, NULL, &result);
  (void)info;
  NEIGHBOUR_CHECK(status == 0, "napi_create_external_arraybuffer gives %d", status);
  return result;
}

static napi_value steps(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, (double)neighbourSteps());
}

static napi_value forwarded(napi_env env, napi_callback_info info) {
  (void)info;
  return number(env, (double)neighbourForwarded());
}

static napi_value crash(napi_env env, napi_callback_info info) {
  (void)env;
  (void)info;
  neighbourCrash();
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  static const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {{"setup", setup}, {"glue", glue},           {"use", use},    {"memory", memory},
                   {"steps", steps}, {"forwarded", forwarded}, {"crash", crash}};
  size_t i;
  for (i = 0; i < sizeof functions / sizeof functions[0]; ++i) {
    napi_value function = NULL;
    NEIGHBOUR_CHECK(napi_create_function(env, functions[i].name, SIZE_MAX, functions[i].callback, NULL, &function) == 0,
                    "napi_create_function");
    NEIGHBOUR_CHECK(napi_set_named_property(env, exports, functions[i].name, function) == 0, "the property %s",
                    functions[i].name);
  }
  return exports;
}
