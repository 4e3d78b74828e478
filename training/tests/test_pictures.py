"""Drawing, views, pasting, targets, leaks."""
import random
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alpr_training.alphabet import LATIN, alphabet  # noqa: E402
from alpr_training.data.leaks import difference_hash, find_leaks  # noqa: E402
from alpr_training.data.plates_text import TextCrop, list_crops, without_texts_of  # noqa: E402
from alpr_training.data.scenes import Scene  # noqa: E402
from alpr_training.detector.boxes import iou_table, overlap, suppress  # noqa: E402
from alpr_training.detector.evaluate import average_precision  # noqa: E402
from alpr_training.detector.loss import BOX, COLUMNS, CORNERS, KIND, LossOptions, detection_loss  # noqa: E402
from alpr_training.detector.network import Detector  # noqa: E402
from alpr_training.detector.sampler import SamplerOptions, SceneSampler  # noqa: E402
from alpr_training.detector.warp import move, random_view, warp  # noqa: E402
from alpr_training.render.glyphs import load_typefaces  # noqa: E402
from alpr_training.render.line import draw_line, random_look  # noqa: E402
from alpr_training.render.pattern import fill_pattern, text_of  # noqa: E402
from alpr_training.render.sample import Renderer  # noqa: E402
from alpr_training.render.styles import STYLES  # noqa: E402


class RendererTest(unittest.TestCase):
    def test_equal_seeds_draw_equal_plates(self):
        one, other = (Renderer(3, (160, 48), LATIN, []) for _ in range(2))
        for _ in range(20):
            a, b = one.sample(), other.sample()
            self.assertEqual(a.text, b.text)
            self.assertTrue(np.array_equal(a.picture, b.picture))

    def test_middles_of_characters_lie_in_order_and_mostly_inside(self):
        renderer, inside, total = Renderer(4, (160, 48), alphabet("latin+cn"), []), 0, 0
        for _ in range(200):
            sample = renderer.sample()
            self.assertEqual(sample.text, "".join("".join(characters) for characters, _ in sample.lines))
            for _, middles in sample.lines:
                self.assertEqual(middles, sorted(middles))
                inside += sum(0 < middle < 1 for middle in middles)
                total += len(middles)
        self.assertGreater(inside / total, 0.99)

    def test_small_characters_are_lower_and_a_bar_stands_between(self):
        chance = random.Random(1)
        style = next(style for style in STYLES if style.name == "uzbekistan")
        marks = fill_pattern("(DD)!LDD", style, chance)[0]
        self.assertEqual([mark.small for mark in marks], [True, True, False, False, False, False])
        faces = load_typefaces([])
        look = replace(random_look(chance, False), cell=0.0, small=0.5, small_at=0.0)
        drawn = draw_line(marks, faces[0], 60, look)
        self.assertEqual(len(drawn.characters), 5)
        self.assertEqual(len(drawn.bars), 1)
        self.assertTrue(drawn.centres[1] < drawn.bars[0] < drawn.centres[2])
        lower = drawn.mask[drawn.mask.shape[0] * 2 // 3 :]
        self.assertEqual(lower[:, : int(drawn.bars[0])].max(), 0)
        self.assertGreater(lower[:, int(drawn.bars[0]) :].max(), 0)

    def test_twins_come_more_often_than_dice_give(self):
        chance = random.Random(1)
        texts = [text_of(fill_pattern("DD", STYLES[0], chance)) for _ in range(4000)]
        twins = sum(text[0] == text[1] for text in texts) / len(texts)
        self.assertGreater(twins, 0.14)
        self.assertLess(twins, 0.21)


class WarpTest(unittest.TestCase):
    def test_points_move_with_their_pixels(self):
        picture = np.zeros((200, 300, 3), np.uint8)
        spots = np.array([[60.0, 50], [220, 60], [150, 150]])
        for x, y in spots:
            cv2.circle(picture, (int(x), int(y)), 6, (255, 255, 255), -1)
        chance = random.Random(2)
        for _ in range(10):
            view = random_view(chance, (150, 100), 0.9, (128, 128), 12, 1.1, 0.0004)
            moved = warp(picture, view, (256, 256), (0, 0, 0))
            for x, y in move(spots, view):
                if 8 < x < 248 and 8 < y < 248:
                    self.assertGreater(moved[int(round(y)), int(round(x))].mean(), 128)


class SamplerTest(unittest.TestCase):
    def setUp(self):
        numbers = np.random.default_rng(1)
        self.scenes = []
        for index in range(4):
            quad = np.array([[[100.0, 80], [180, 84], [180, 104], [100, 100]]])
            scene = Scene(Path(f"{index}.png"), "drawn", "train", 320, 240, quad, np.array([True]))
            scene._picture = numbers.integers(0, 255, (240, 320, 3)).astype(np.uint8)
            self.scenes.append(scene)

    def test_boxes_are_the_hulls_of_corners_and_stay_in_the_picture(self):
        sampler = SceneSampler(self.scenes, [np.full((20, 90, 3), 200, np.uint8)], SamplerOptions(corners=True), 7)
        objects = 0
        for _ in range(60):
            picture, targets = sampler.sample(128)
            self.assertEqual(picture.shape, (128, 128, 3))
            for target in targets[targets[:, KIND] > 0]:
                objects += target[KIND] == 1
                x1, y1, x2, y2 = target[BOX]
                self.assertTrue(0 <= x1 < x2 <= 128 and 0 <= y1 < y2 <= 128)
                hull = target[CORNERS].reshape(4, 2)
                self.assertTrue(hull[:, 0].min() <= x1 + 1e-3 and hull[:, 0].max() >= x2 - 1e-3)
        self.assertGreater(objects, 30)

    def test_refuses_a_picture_of_another_size(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.png"
            cv2.imwrite(str(path), np.zeros((10, 10, 3), np.uint8))
            scene = Scene(path, "drawn", "train", 20, 10, np.zeros((0, 4, 2)), np.zeros(0, bool))
            with self.assertRaisesRegex(ValueError, "20 x 10"):
                scene.load()


class BoxTest(unittest.TestCase):
    def test_overlap(self):
        iou, generalised = overlap(torch.tensor([[0.0, 0, 10, 10]]), torch.tensor([[5.0, 0, 15, 10]]))
        self.assertAlmostEqual(iou.item(), 1 / 3, places=5)
        self.assertAlmostEqual(generalised.item(), 1 / 3, places=5)
        _, apart = overlap(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[9.0, 0, 10, 1]]))
        self.assertAlmostEqual(apart.item(), -0.8, places=4)
        self.assertAlmostEqual(iou_table(np.array([[0, 0, 10, 10.0]]), np.array([[5, 0, 15, 10.0]]))[0, 0], 1 / 3)

    def test_suppression_keeps_the_surest_of_overlapping_boxes(self):
        boxes = np.array([[0, 0, 10, 10.0], [1, 0, 11, 10], [40, 0, 50, 10]])
        self.assertEqual(suppress(boxes, np.array([0.5, 0.9, 0.3])), [1, 2])

    def test_average_precision(self):
        self.assertAlmostEqual(average_precision([(0.9, True), (0.8, False), (0.7, True)], 2), 0.5 + 0.5 * 2 / 3)
        self.assertEqual(average_precision([], 3), 0.0)

    def test_loss_falls_when_trained_on_one_picture(self):
        torch.manual_seed(1)
        torch.set_num_threads(1)
        network = Detector(corners=True)
        targets = torch.zeros(1, 2, COLUMNS)
        targets[0, 0] = torch.tensor([1, 30, 40, 80, 60, 30, 40, 80, 40, 80, 60, 30, 60, 1.0])
        picture = torch.zeros(1, 3, 96, 96)
        picture[:, :, 40:60, 30:80] = 255
        optimiser = torch.optim.Adam(network.parameters(), 2e-3)
        losses = []
        for _ in range(25):
            loss, _ = detection_loss(network(picture), targets, LossOptions())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        self.assertLess(np.mean(losses[-5:]), 0.5 * np.mean(losses[:3]))


class LeakTest(unittest.TestCase):
    def test_finds_the_same_picture_brighter_smaller_and_compressed_and_no_other(self):
        numbers = np.random.default_rng(2)
        pictures = [cv2.resize(numbers.integers(0, 255, (12, 16, 3)).astype(np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC) for _ in range(60)]
        known = [(Path(f"train/{index}"), difference_hash(picture)) for index, picture in enumerate(pictures)]
        again = cv2.resize(np.clip(pictures[7] * 0.8 + 20, 0, 255).astype(np.uint8), (200, 150))
        again = cv2.imdecode(cv2.imencode(".jpg", again, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
        other = cv2.resize(numbers.integers(0, 255, (12, 16, 3)).astype(np.uint8), (320, 240), interpolation=cv2.INTER_CUBIC)
        leaks = find_leaks(known, [(Path("test/a"), difference_hash(again)), (Path("test/b"), difference_hash(other))])
        self.assertEqual([(leak.first.name, leak.second.name) for leak in leaks], [("7", "a")])

    def test_plates_of_held_out_texts_are_left_out(self):
        def crop(text):
            return TextCrop(Path("x"), text, "s", "", 1, "train")

        kept = without_texts_of([crop("AB10"), crop("CD23")], [crop("ABIO")])
        self.assertEqual([one.text for one in kept], ["CD23"])

    def test_labels_are_read_cleaned_and_filtered(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "a"
            source.mkdir()
            (source / "labels.csv").write_text("file,text,region,lines,split,note\n1.png,ab-12 3,XX,1,train,\n2.png,京A1,CN,1,train,\n3.png,,XX,1,train,\n4.png,Z9,XX,2,val,\n", encoding="utf-8")
            self.assertEqual([crop.text for crop in list_crops(Path(folder), "train", LATIN)], ["AB123"])
            self.assertEqual([crop.lines for crop in list_crops(Path(folder), "val", LATIN)], [2])
            with self.assertRaises(ValueError):
                list_crops(Path(folder), "trian", LATIN)
            with self.assertRaises(FileNotFoundError):
                list_crops(source / "b", "train", LATIN)


if __name__ == "__main__":
    unittest.main()
