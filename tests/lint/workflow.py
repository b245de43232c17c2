#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The hosted workflows: their form, and that what they call is there."""

import argparse
import json
import os
import re
import sys

import lint

try:
    import yaml
except ImportError:
    print("skip: python3-yaml is not installed")
    sys.exit(77)

TOP = {"name", "on", "permissions", "concurrency", "jobs", "env", "defaults"}
JOB = {"name", "runs-on", "timeout-minutes", "strategy", "steps", "defaults", "needs", "if", "env"}
STEP = {"name", "uses", "run", "with", "shell", "env", "if", "working-directory", "continue-on-error"}
RUNNERS = {"ubuntu-24.04", "macos-15-intel", "windows-2022"}
EXPRESSION = re.compile(r"\$\{\{\s*([a-z_.-]+)\s*\}\}")
CONTEXTS = re.compile(r"^(github\.[a-z_]+|matrix\.[a-z_]+|runner\.[a-z]+)$")


def presets(root):
    everything = json.loads(lint.read(root, "CMakePresets.json"))
    return {preset["name"] for preset in everything["configurePresets"] if not preset.get("hidden")}


def targets(root):
    return set(re.search(r"^all=\(([^)]*)\)", lint.read(root, "scripts/cross"), re.M).group(1).split())


def check_keys(report, where, given, known):
    if not isinstance(given, dict):
        report.problem(where, "is no mapping")
        return {}
    for key in given:
        # YAML 1.1 reads a bare "on" as true.
        if ("on" if key is True else key) not in known:
            report.problem(where, f"unknown key {key}")
    return given


def check_expressions(report, where, text, matrix):
    for name in re.findall(r"\$\{\{(.*?)\}\}", text):
        if not EXPRESSION.fullmatch("${{" + name + "}}") or not CONTEXTS.match(name.strip()):
            report.problem(where, f"expression {name.strip()} is not one that this check knows")
        elif name.strip().startswith("matrix.") and name.strip()[7:] not in matrix:
            report.problem(where, f"{name.strip()} is not in the matrix")


def check_run(report, where, root, text, matrix):
    check_expressions(report, where, text, matrix)
    for script in re.findall(r"(?:^|\s)(scripts/[A-Za-z0-9_-]+)", text):
        if not os.access(os.path.join(root, script), os.X_OK):
            report.problem(where, f"{script} is no script of this tree")
    for preset in re.findall(r"--preset[ =]([A-Za-z0-9_-]+)", text):
        if preset not in presets(root):
            report.problem(where, f"there is no preset {preset}")
    for line in re.findall(r"scripts/cross ([^\n]*)", text):
        words = [matrix.get("target", [])] if "matrix.target" in line else [line.split()]
        for target in sum(words, []):
            if target not in targets(root) | {"--all", "--deps"}:
                report.problem(where, f"scripts/cross has no target {target}")


def check_step(report, where, root, step, matrix):
    check_keys(report, where, step, STEP)
    if ("uses" in step) == ("run" in step):
        report.problem(where, "a step either uses or runs")
    if "uses" in step and not re.fullmatch(r"[\w.-]+/[\w./-]+@(v\d+(\.\d+)*|[0-9a-f]{40})", step["uses"]):
        report.problem(where, f"{step['uses']} names no version")
    for text in [step.get("run", "")] + [str(value) for value in step.get("with", {}).values()]:
        check_run(report, where, root, text, matrix)


def check_job(report, where, root, job):
    check_keys(report, where, job, JOB)
    matrix = job.get("strategy", {}).get("matrix", {})
    if job.get("runs-on") not in RUNNERS:
        report.problem(where, f"runs on {job.get('runs-on')}, which this check does not know")
    if not isinstance(job.get("timeout-minutes"), int):
        report.problem(where, "has no timeout-minutes")
    check_expressions(report, where, job.get("name", ""), matrix)
    if not job.get("steps"):
        report.problem(where, "has no steps")
    for number, step in enumerate(job.get("steps") or []):
        check_step(report, f"{where}.{number}", root, step, matrix)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True, help="the tree to check")
    root = parser.parse_args().root
    report = lint.Report("workflow")
    paths = lint.files(root, [".github/workflows"], ["*.yml", "*.yaml"])
    for path in paths:
        workflow = yaml.safe_load(lint.read(root, path))
        check_keys(report, path, workflow, TOP)
        if True not in workflow and "on" not in workflow:
            report.problem(path, "nothing starts it")
        if workflow.get("permissions") != {"contents": "read"}:
            report.problem(path, "may do more than read")
        for name, job in (workflow.get("jobs") or {}).items():
            check_job(report, f"{path}: {name}", root, job)
    if not paths:
        report.problem(".github/workflows", "has no workflow")
    report.finish(len(paths))


main()
