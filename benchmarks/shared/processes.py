"""Work in processes of its own, and rivals that take turns."""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from benchmarks.shared.results import ROOT


def in_processes(measure, jobs, processes=1, threads=None):
    """Call a function for several jobs, each in a fresh process.

    Args:
        measure: function at the top level of a module.
        jobs: list of tuples, its arguments.
        processes: int. How many run at a time.
        threads: int or None, of each.

    Returns:
        list of what it returned, in the order of the jobs.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        processes, context, _set_variables, [limits(threads)], max_tasks_per_child=1
    ) as pool:
        return list(pool.map(measure, *zip(*jobs, strict=True)))


def in_turns(jobs, turns, warm_up=1):
    """Do all jobs one after the other, over and over, so that a busy machine slows all of them alike.

    Args:
        jobs: dict of functions without arguments. Every other turn takes them in reverse order.
        turns: int.
        warm_up: int. Turns before these, in which programs load and compile.

    Returns:
        list of one dict a turn, without the warm-up, of what each job returned.
    """
    done = []
    for turn in range(-warm_up, turns):
        order = list(jobs) if turn % 2 == 0 else list(reversed(jobs))
        results = {name: jobs[name]() for name in order}
        if turn >= 0:
            done.append({name: results[name] for name in jobs})
    return done


def timed(function, *arguments, clock=time.perf_counter):
    """Call a function: the seconds that it took, by a clock."""
    started = clock()
    function(*arguments)
    return clock() - started


def run_to_end(command, threads=None):
    """Run a program in a fresh process: what starting it costs as well.

    Args:
        command: list of str.
        threads: int or None.

    Returns:
        dict of its ``output``, and of ``processor_seconds``, the user's and the system's.
    """
    variables = {**os.environ, **limits(threads), "TF_CPP_MIN_LOG_LEVEL": "2"}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)  # modules are compiled once, when they are installed
    before = _seconds_of_children()
    run = subprocess.run(command, cwd=ROOT, env=variables, check=True, text=True, stdout=subprocess.PIPE)
    return {"output": run.stdout, "processor_seconds": _seconds_of_children() - before}


def _seconds_of_children():
    """Processor seconds of all programs that this process started and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


class Process:
    """A process that answers requests, so that start, loading and compiling are not timed.

    Args:
        target: "module:function", see ``worker``.
        *arguments: of the function, what JSON can hold.
        log: Path. What the process prints goes there.
        threads: int or None.
        python: path of the Python that runs it; None takes this one.
    """

    def __init__(self, target, *arguments, log, threads=None, python=None):
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [python or sys.executable, "-m", "benchmarks.shared.worker", target, json.dumps(arguments)],
                cwd=ROOT,
                env={**os.environ, **limits(threads), "TF_CPP_MIN_LOG_LEVEL": "2"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.loaded = self._answer()["peak_mebibytes"]

    def __call__(self, **request):
        """Ask, and wait for the answer: a dict, see ``worker.answer``."""
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"Expected an answer; the process ended. Its log is {self.log}.")
        return json.loads(line)


def limits(threads):
    """The variables that keep libraries to some threads: dict; empty for None."""
    if threads is None:
        return {}
    between = "1" if threads == 1 else "0"  # operations at a time; 0 is TensorFlow's own choice
    names = ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]
    return {**dict.fromkeys(names, str(threads)), "TF_NUM_INTEROP_THREADS": between}


def _set_variables(variables):
    os.environ.update(variables, TF_CPP_MIN_LOG_LEVEL="2")
