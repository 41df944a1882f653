# SPDX-License-Identifier: GPL-2.0-or-later
"""The measures of quality.py and the near words of naive.py, against what is worked out by hand."""
import json
import tempfile
import unittest

import naive
import quality
import words


class Measures(unittest.TestCase):
    def expect(self, ranked, judged, *wanted):
        for got, want in zip(quality.measure(ranked, judged), wanted):
            self.assertAlmostEqual(got, want, places=6)

    def test_all_found_in_order(self):
        self.expect(["a", "b", "x"], {"a": 2, "b": 1, "x": 0}, 1, 1, 0.2, 1)

    def test_graded_and_out_of_order(self):
        # gains 1, 0, 3 at ranks 1 to 3: 1 + 3/2; at best 3 + 1/log2(3) + 1/2, with c (1) never found
        best = 3 + 1 / 1.5849625007211562 + 0.5
        self.expect(["a", "x", "b"], {"a": 1, "b": 3, "c": 1}, 2.5 / best, (1 + 2 / 3) / 3, 0.2, 2 / 3)

    def test_nothing_found(self):
        self.expect([], {"a": 1}, 0, 0, 0, 0)

    def test_below_the_tenth(self):
        self.expect(["x%d" % i for i in range(10)] + ["a"], {"a": 1}, 0, 1 / 11, 0, 1)

    def test_only_a_thousand_count(self):
        self.expect(["x%d" % i for i in range(1000)] + ["a"], {"a": 1}, 0, 0, 0, 0)


class NearWords(unittest.TestCase):
    splitter = words.Splitter("none")

    def ends(self, text, words_near, form, distance):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
            file.write(json.dumps({"id": 1, "title": "", "text": text}))
            file.flush()
            collection = naive.Collection(file.name, self.splitter)
            self.addCleanup(collection.file.close)
            return list(naive.Near(collection, words_near, form, distance).matches(collection.docs[0][1:]))

    def test_example(self):
        self.assertEqual(self.ends("sharing data x data x sharing", "data sharing", "~", 2), [1, 5])
        self.assertEqual(self.ends("sharing data x data x sharing", "data sharing", "~", 1), [5])

    def test_order_and_places(self):
        self.assertEqual(self.ends("b a x b", "a b", "NEAR", 2), [1])
        self.assertEqual(self.ends("b a x b", "a b", "ADJ", 2), [3])
        self.assertEqual(self.ends("b a x b", "a b", "ADJ", 1), [])
        self.assertEqual(self.ends("a x a a", "a a", "NEAR", 2), [2])


if __name__ == "__main__":
    unittest.main()
