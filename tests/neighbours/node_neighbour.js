// SPDX-License-Identifier: BSD-2-Clause
//
// tests/neighbours/node_neighbour.js -- Node.js, whose WebAssembly traps are faults, and we (F2)
//
// node node_neighbour.js ORDER LIBRARY [crash]
//
// WebAssembly code that leaves its memory touches a guard region; V8's trap handler makes an exception of the
// fault.  The main thread and two workers take such traps while they step in our page, from C; the main thread
// also steps in JavaScript.
//
// theirs-first  our hook comes in front of Node's handler
// ours-first    our hook was preloaded; Node replaces it without calling it, so neighbourGlue comes in front
// alone         without us, for comparison
'use strict';

const { Worker, isMainThread, workerData } = require('worker_threads');

const TRAPS = 2000;
const WORKERS = 2;

// (memory 1)  load: (i32) -> i32  store: (i32, i32) -> ()
const CODE = Uint8Array.from([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x0b, 0x02, 0x60, 0x01, 0x7f, 0x01, 0x7f, 0x60, 0x02, 0x7f, 0x7f, 0x00,
  0x03, 0x03, 0x02, 0x00, 0x01,
  0x05, 0x03, 0x01, 0x00, 0x01,
  0x07, 0x10, 0x02, 0x04, 0x6c, 0x6f, 0x61, 0x64, 0x00, 0x00, 0x05, 0x73, 0x74, 0x6f, 0x72, 0x65, 0x00, 0x01,
  0x0a, 0x13, 0x02, 0x07, 0x00, 0x20, 0x00, 0x28, 0x02, 0x00, 0x0b, 0x09, 0x00, 0x20, 0x00, 0x20, 0x01, 0x36, 0x02,
  0x00, 0x0b,
]);

function check(condition, what) {
  if (!condition) {
    console.error(`not true: ${what}`);
    process.exit(1);
  }
}

function traps(ours, slot) {
  const { load, store } = new WebAssembly.Instance(new WebAssembly.Module(CODE)).exports;
  let caught = 0;
  for (let i = 0; i < TRAPS; i++) {
    const outside = 0x10000 + ((i * 0x9e3779b9) >>> 1);
    store(4 * (i & 0xfff), i);
    check(load(4 * (i & 0xfff)) === i, 'the word that WebAssembly stored');
    try {
      if (i & 1) load(outside); else store(outside, 1);
    } catch (error) {
      check(error instanceof WebAssembly.RuntimeError, `a trap, not ${error}`);
      caught++;
    }
    if (ours && i % 4 === 0) ours.use(slot, 2);
  }
  check(caught === TRAPS, `${caught} traps`);
}

// Interpreted, then compiled, JavaScript touches our page.
function script(ours) {
  const words = new Int32Array(ours.memory(), 4032, 8);
  const before = ours.steps();
  for (let i = 0; i < 20000; i++) {
    words[3] = i * 7;
    check(words[3] === i * 7, 'the word that JavaScript stored');
  }
  check(ours.steps() - before >= 40000, `${ours.steps() - before} steps from JavaScript`);
}

function main() {
  const [order, library, crash] = process.argv.slice(2);
  const ours = require(library);
  const alone = order === 'alone';
  if (!alone) {
    check(Boolean(ours.setup()) === (order === 'theirs-first'), 'who is in front');
    if (order === 'ours-first') ours.glue();
  }
  let left = WORKERS;
  for (let i = 1; i <= WORKERS; i++) {
    const worker = new Worker(__filename, { workerData: { slot: i, library: alone ? null : library } });
    worker.on('error', (error) => check(false, error));
    worker.on('exit', (code) => {
      check(code === 0, `a worker's exit code is ${code}`);
      if (--left === 0) end();
    });
  }
  traps(alone ? null : ours, 0);
  if (!alone) script(ours);

  function end() {
    if (!alone) {
      check(ours.steps() >= (WORKERS + 1) * 4 * TRAPS + 40000, `${ours.steps()} steps`);
      // That the traps are faults at all is seen only where they pass through our hook.
      if (order === 'theirs-first') {
        check(ours.forwarded() >= (WORKERS + 1) * TRAPS, `${ours.forwarded()} faults forwarded`);
      }
      console.log(`${ours.steps()} steps, ${ours.forwarded()} faults forwarded`);
    }
    if (crash) ours.crash();
  }
}

if (isMainThread) main(); else traps(workerData.library && require(workerData.library), workerData.slot);
