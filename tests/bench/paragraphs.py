#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   paragraphs.py COLLECTION.jsonl > OUT.jsonl
#
# One document a paragraph: every line of a document's text that is over 80 characters
# long, with the document's id and the number of the line.
import json
import sys

for record in open(sys.argv[1], encoding="utf-8"):
    doc = json.loads(record)
    for number, line in enumerate(doc["text"].split("\n")):
        if len(line) > 80:
            json.dump({"id": f'{doc.get("id", "")}.{number}', "text": line}, sys.stdout, ensure_ascii=False)
            sys.stdout.write("\n")
