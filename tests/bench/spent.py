#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run a command; behind what it prints, a line of JSON: its CPU seconds.

    spent.py COMMAND ARGUMENT..
"""
import json
import resource
import subprocess
import sys

status = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpu_seconds": round(used.ru_utime + used.ru_stime, 3)}))
sys.exit(status)
