/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/neighbours/java.c -- the native methods of Neighbour.java
 */

#include <jni.h>

#include "neighbour.h"

/* The names are the machine's (JNI specification, chapter 2), and so is who calls them. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

JNIEXPORT void JNICALL Java_Neighbour_setup(JNIEnv *env, jclass class) {
  (void)env;
  (void)class;
  neighbourSetup();
  neighbourOpen();
}

JNIEXPORT jboolean JNICALL Java_Neighbour_onTop(JNIEnv *env, jclass class) {
  (void)env;
  (void)class;
  return neighbourOnTop() ? JNI_TRUE : JNI_FALSE;
}

JNIEXPORT void JNICALL Java_Neighbour_use(JNIEnv *env, jclass class, jint slot, jint rounds) {
  (void)env;
  (void)class;
  neighbourUse((unsigned)slot, (unsigned)rounds);
}

JNIEXPORT jobject JNICALL Java_Neighbour_memory(JNIEnv *env, jclass class) {
  (void)class;
  return (*env)->NewDirectByteBuffer(env, neighbourMemory(), (jlong)neighbourMemorySize());
}

JNIEXPORT jlong JNICALL Java_Neighbour_steps(JNIEnv *env, jclass class) {
  (void)env;
  (void)class;
  return (jlong)neighbourSteps();
}

JNIEXPORT jlong JNICALL Java_Neighbour_forwarded(JNIEnv *env, jclass class) {
  (void)env;
  (void)class;
  return (jlong)neighbourForwarded();
}

JNIEXPORT void JNICALL Java_Neighbour_crash(JNIEnv *env, jclass class) {
  (void)env;
  (void)class;
  neighbourCrash();
}
