// SPDX-License-Identifier: BSD-2-Clause
//
// tests/neighbours/Neighbour.java -- a Java virtual machine and we (F2)
//
// java -cp FOLDER Neighbour ORDER LIBRARY [crash]
//
// Its threads take the machine's own faults -- null checks, safepoint polls, stack overflows -- while others
// step in our page, from C and from compiled Java code.
//
// theirs-first  our hook comes in front of the machine's handler
// ours-first    our hook was preloaded; the machine's handler calls it for what is not its own
// jsig          as theirs-first, with libjsig.so: the machine's handler stays in front, and calls ours
// alone         without us, for comparison

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

public final class Neighbour {
  private static final int NULLS = 3000;
  private static final int OVERFLOWS = 5;
  private static final int COLLECTIONS = 20;
  private static final int THREADS = 3;

  private static native void setup();

  private static native boolean onTop();

  private static native void use(int slot, int rounds);

  private static native ByteBuffer memory();

  private static native long steps();

  private static native long forwarded();

  private static native void crash();

  private static volatile boolean collecting = true;
  private static volatile Throwable failure;
  private static boolean alone;
  private static int depth;
  public static volatile long sink;

  private static final class Box {
    long value = 1;
    Box next;
  }

  private static void check(boolean condition, String what) {
    if (!condition) {
      throw new AssertionError(what);
    }
  }

  private static long read(Box box) {
    return box.value;
  }

  // The machine's null check is the load itself: it faults.
  private static void nulls() {
    Box box = new Box();
    int caught = 0;
    for (int i = 0; i < 2 * NULLS; i++) {
      try {
        sink += read((i & 1) == 0 ? box : box.next);
      } catch (NullPointerException exception) {
        caught++;
      }
    }
    check(caught == NULLS, caught + " null pointers");
  }

  private static int recurse(int level) {
    depth = level;
    return recurse(level + 1) + 1;
  }

  private static void overflows() {
    for (int i = 0; i < OVERFLOWS; i++) {
      boolean caught = false;
      try {
        recurse(0);
      } catch (StackOverflowError error) {
        caught = true;
      }
      check(caught && depth > 100, "a stack overflow at depth " + depth);
    }
  }

  // A loop that is stopped by a poll in compiled code.
  private static void spin() {
    long sum = 0;
    while (collecting) {
      for (int i = 0; i < 100000; i++) {
        sum = sum * 31 + i;
      }
      sink = sum;
    }
  }

  private static void collections() {
    List<byte[]> kept = new ArrayList<>();
    for (int i = 0; i < COLLECTIONS; i++) {
      for (int j = 0; j < 100; j++) {
        kept.add(new byte[1000 + j]);
      }
      System.gc();
      if (i % 4 == 3) {
        kept.clear();
      }
    }
    collecting = false;
  }

  private static void stepAndCheck(int slot) {
    while (collecting) {
      use(slot, 50);
      nulls();
    }
  }

  private static void store(ByteBuffer buffer, int at, long value) {
    buffer.putLong(at, value);
  }

  private static long load(ByteBuffer buffer, int at) {
    return buffer.getLong(at);
  }

  // Interpreted, then compiled, Java code touches our page.
  private static void java() {
    ByteBuffer buffer = memory().order(ByteOrder.nativeOrder());
    for (int i = 0; i < 20000; i++) {
      store(buffer, 4032, i * 0x123456789abcL);
      check(load(buffer, 4032) == i * 0x123456789abcL, "the long that was stored");
    }
  }

  private static Thread start(Runnable body) {
    Thread thread = new Thread(() -> {
      try {
        body.run();
      } catch (Throwable error) {
        failure = error;
      }
    });
    thread.start();
    return thread;
  }

  private static void together() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int slot = i + 1;
      threads.add(start(() -> spin()));
      threads.add(start(() -> nulls()));
      threads.add(start(() -> overflows()));
      if (!alone) {
        threads.add(start(() -> stepAndCheck(slot)));
      }
    }
    if (!alone) {
      threads.add(start(() -> java()));
      use(0, 500);
    }
    nulls();
    overflows();
    collections();
    for (Thread thread : threads) {
      thread.join();
    }
  }

  public static void main(String[] arguments) throws Throwable {
    String order = arguments[0];
    alone = order.equals("alone");
    System.load(arguments[1]);
    if (!alone) {
      setup();
      // With libjsig.so, who asks for the handler gets what was asked for, not what is.
      check(onTop() == !order.equals("ours-first"), "who is in front");
    }
    together();
    if (failure != null) {
      throw failure;
    }
    if (!alone) {
      check(steps() >= 8 * 500 + 2 * 20000, steps() + " steps");
      System.out.println(steps() + " steps, " + forwarded() + " faults forwarded");
    }
    if (order.equals("theirs-first")) {
      check(forwarded() >= NULLS, forwarded() + " of its faults came through our hook");
    } else if (!alone) {
      check(forwarded() == 0, forwarded() + " of its faults came to us");
    }
    if (arguments.length > 2) {
      crash();
    }
  }
}
