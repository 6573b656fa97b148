// The text of the worker, for load("scripts", "worker"): a page that nobody touches does without it.

import text from "../build/worker.txt";

window.s2sLoaded("scripts", "worker", text);
