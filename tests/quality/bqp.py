# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon of one's own and a connection to it, for the check tools."""
import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile


def run(argv):
    """Run a program; end with its message when it fails (1: some documents were skipped)."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit("%s: exit %d\n%s" % (argv[0], done.returncode, done.stderr.decode("utf-8", "replace")))


def build_index(bin_dir, out, source, lang):
    run([os.path.join(bin_dir, "indexer/bqindex"), "build", "-o", out, "--lang", lang, source])


def check_main(usage, check_all, n, *switches):
    """The arguments of a check tool; check_all(args, index), on an index made for it where none is given."""
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("bin_dir")
    parser.add_argument("collection")
    parser.add_argument("--lang", default="none")
    parser.add_argument("--index")
    parser.add_argument("--n", type=int, default=n)
    parser.add_argument("--seed", type=int, default=1)
    for switch in switches:
        parser.add_argument(switch, action="store_true")
    args = parser.parse_args()
    if args.index:
        return check_all(args, args.index)
    with tempfile.TemporaryDirectory(prefix="bq-check.") as made:
        index = os.path.join(made, "index")
        build_index(args.bin_dir, index, args.collection, args.lang)
        return check_all(args, index)


class Daemon:
    """bqd on one index, stopped when the block ends."""

    def __init__(self, bin_dir, index):
        self.dir = tempfile.TemporaryDirectory(prefix="bq-check.")
        self.path = os.path.join(self.dir.name, "s")
        self.process = subprocess.Popen(
            [os.path.join(bin_dir, "daemon/bqd"), "--index", index, "--socket", self.path],
            stderr=subprocess.PIPE, text=True)
        said = ""
        for line in self.process.stderr:
            said += line
            if line.startswith("bqd: ready"):
                return
        sys.exit("bqd did not start:\n" + said)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()
        self.dir.cleanup()


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.replies = self.socket.makefile("rb")
        self.hello = self.reply()

    def reply(self):
        """The next line: (tag, kind, object)."""
        line = self.replies.readline()
        if not line:
            sys.exit("the daemon closed the connection")
        tag, kind, body = line.decode("utf-8").split(" ", 2)
        return tag, kind, json.loads(body)

    def ask(self, request):
        """Send one untagged request; all its replies, (kind, object), the terminal one last."""
        self.socket.sendall(request.encode("utf-8") + b"\n")
        replies = []
        while True:
            tag, kind, body = self.reply()
            if tag != "#0":
                continue
            replies.append((kind, body))
            if kind in ("OK", "END", "ERR"):
                return replies
