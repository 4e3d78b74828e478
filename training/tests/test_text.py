"""Alphabets, patterns, labels of time steps, decoding."""
import itertools
import math
import random
import re
import sys
import unittest
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alpr_training.alphabet import LATIN, alphabet, encode, fold  # noqa: E402
from alpr_training.reader.decode import beam_search, confidences, greedy, post_filter  # noqa: E402
from alpr_training.reader.evaluate import edit_distance  # noqa: E402
from alpr_training.reader.steps import BLANK, UNKNOWN, label_steps  # noqa: E402
from alpr_training.render.pattern import fill_pattern, text_of  # noqa: E402
from alpr_training.render.styles import CHINESE_STYLES, STYLES  # noqa: E402


class AlphabetTest(unittest.TestCase):
    def test_encodes_and_refuses(self):
        self.assertEqual(encode("0A", LATIN), [1, 11])
        with self.assertRaisesRegex(ValueError, "京"):
            encode("京A", LATIN)
        self.assertEqual(len(set(alphabet("latin+cn"))), len(alphabet("latin+cn")))
        self.assertEqual(fold("O0I1"), "0011")


class PatternTest(unittest.TestCase):
    def test_every_style_gives_texts_that_its_alphabet_can_write(self):
        chance = random.Random(1)
        for style in STYLES + CHINESE_STYLES:
            for pattern in style.patterns:
                lines = fill_pattern(pattern, style, chance)
                text = text_of(lines)
                self.assertEqual(len(lines), pattern.count("|") + 1)
                self.assertTrue(2 <= len(text) <= 12, (style.name, pattern, text))
                encode(text, alphabet("latin+cn"))

    def test_letters_and_digits_stand_where_the_pattern_says(self):
        style = next(style for style in STYLES if style.name == "russia")
        for _ in range(50):
            text = text_of(fill_pattern("LDDDLL DD", style, random.Random(_)))
            self.assertRegex(text, r"^[ABEKMHOPCTYX]\d{3}[ABEKMHOPCTYX]{2}\d\d$")


class StepLabelTest(unittest.TestCase):
    def test_characters_get_the_steps_at_their_middles(self):
        labels = label_steps([(["A", "B"], [0.25, 0.75])], 40, 2, LATIN)
        self.assertEqual(labels[10], LATIN.index("A") + 1)
        self.assertEqual(labels[30], LATIN.index("B") + 1)
        self.assertEqual(labels[20], BLANK)
        self.assertTrue((labels[40:] == BLANK).all(), "the second head has nothing to read")

    def test_one_head_knows_nothing_of_two_lines(self):
        labels = label_steps([(["A"], [0.5]), (["B"], [0.5])], 40, 1, LATIN)
        self.assertTrue((labels == UNKNOWN).all())

    def test_characters_beyond_the_crop_are_left_out(self):
        labels = label_steps([(["A", "B"], [-0.1, 1.2])], 40, 1, LATIN)
        self.assertFalse(set(labels.tolist()) & {LATIN.index("A") + 1, LATIN.index("B") + 1})


class DecodeTest(unittest.TestCase):
    def test_greedy_takes_repeats_and_blanks_out_line_by_line(self):
        path = [1, 1, 0, 1, 2, 0, 0, 2, 2, 0]
        logits = torch.full((1, 10, 37), -9.0)
        for step, cls in enumerate(path):
            logits[0, step, cls] = 9
        self.assertEqual(greedy(logits, LATIN, 1), ["0011"])
        self.assertEqual(greedy(logits, LATIN, 2), ["0011"])
        path = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
        logits = torch.full((1, 10, 37), -9.0)
        for step, cls in enumerate(path):
            logits[0, step, cls] = 9
        self.assertEqual(greedy(logits, LATIN, 1), ["0"])
        self.assertEqual(greedy(logits, LATIN, 2), ["00"], "a line's end parts equal characters")

    def test_beam_search_sums_over_all_paths(self):
        random_numbers = np.random.default_rng(3)
        for _ in range(20):
            steps = np.log(random_numbers.dirichlet(np.ones(3), 5))
            sums = {}
            for path in itertools.product(range(3), repeat=5):
                text, previous = "", 0
                for cls in path:
                    if cls and cls != previous:
                        text += LATIN[cls - 1]
                    previous = cls
                sums[text] = np.logaddexp(sums.get(text, -math.inf), sum(steps[t, cls] for t, cls in enumerate(path)))
            best = max(sums, key=sums.get)
            found = beam_search(steps, LATIN, width=64, top=3)
            self.assertEqual(found[0][0], best)
            self.assertAlmostEqual(found[0][1], sums[best], places=6)

    def test_post_filter_takes_the_first_that_fits(self):
        candidates = [("A0C123", -1.0), ("AOC123", -2.0)]
        self.assertEqual(post_filter(candidates, [re.compile("[A-Z]{3}[0-9]{3}")]), "AOC123")
        self.assertEqual(post_filter(candidates, [re.compile("X")]), "A0C123")

    def test_confidence_is_the_weakest_characters(self):
        logits = torch.zeros(1, 6, 37)
        logits[0, :, 0] = 9
        logits[0, 1, 0], logits[0, 1, 5] = 0, 12
        logits[0, 4, 0], logits[0, 4, 6] = 0, 4
        weakest = float(logits[0, 4].softmax(-1)[6])
        self.assertAlmostEqual(confidences(logits, 1)[0], weakest, places=5)
        self.assertEqual(confidences(torch.tensor([[[9.0, 0]]]), 1), [0.0])

    def test_edit_distance(self):
        self.assertEqual(edit_distance("kitten", "sitting"), 3)
        self.assertEqual(edit_distance("", "abc"), 3)
        self.assertEqual(edit_distance("abc", "abc"), 0)


if __name__ == "__main__":
    unittest.main()
