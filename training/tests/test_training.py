"""Networks' shapes, checkpoints, schedules, quantisation."""
import sys
import tempfile
import unittest
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alpr_training.alphabet import LATIN  # noqa: E402
from alpr_training.common import checkpoint  # noqa: E402
from alpr_training.common.average import Average  # noqa: E402
from alpr_training.common.schedule import rate_at  # noqa: E402
from alpr_training.quantise import calibrate, quantised  # noqa: E402
from alpr_training.reader.drawn import evaluate_drawn  # noqa: E402
from alpr_training.reader.export import Deployed, fold_normalisation  # noqa: E402
from alpr_training.reader.plateflow import PlateflowReader, from_first  # noqa: E402
from alpr_training.reader.registry import READERS, build_reader, parameters_and_macs  # noqa: E402


class ReaderTest(unittest.TestCase):
    def test_every_reader_gives_its_steps_and_classes(self):
        torch.set_num_threads(1)
        for name in READERS:
            network = build_reader(name, "0123456789").eval()
            with torch.no_grad():
                logits = network(torch.zeros(2, 3, network.size[1], network.size[0]))
            self.assertEqual(tuple(logits.shape), (2, network.heads * network.steps, 11), name)

    def test_hailos_reader_has_the_shape_of_the_chips_output(self):
        network = build_reader("hailo-lprnet", "0123456789").eval()
        self.assertEqual(tuple(network.maps(torch.zeros(1, 3, 75, 300)).shape), (1, 11, 5, 19))

    def test_our_reader_is_as_small_as_it_says(self):
        parameters, macs = parameters_and_macs(build_reader("plateflow", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        self.assertLess(parameters, 1_000_000)
        self.assertLess(macs, 160_000_000)

    def test_a_larger_alphabet_keeps_what_was_known(self):
        small, large = PlateflowReader(37).eval(), PlateflowReader(75).eval()
        old = {old_name(name): value for name, value in small.state_dict().items()}
        self.assertEqual(checkpoint.load_matching(large, from_first(old, 75)), [])
        picture = torch.rand(1, 3, 48, 160) * 255
        with torch.no_grad():
            self.assertTrue(torch.allclose(small(picture), large(picture)[..., :37], atol=1e-4))

    def test_folded_normalisation_computes_the_same(self):
        network = PlateflowReader(37)
        network(torch.rand(4, 3, 48, 160) * 255)
        network.eval()
        image = torch.randint(0, 256, (2, 48, 160, 3), dtype=torch.uint8)
        with torch.no_grad():
            self.assertTrue(torch.allclose(Deployed(network)(image), Deployed(fold_normalisation(network))(image), atol=1e-3))

    def test_drawn_plates_are_counted_by_style_and_what_was_misread_is_kept(self):
        torch.manual_seed(1)
        network = build_reader("plateflow", LATIN).eval()
        scores = evaluate_drawn(network, LATIN, [], 30)
        styles = [score for style, score in scores.items() if style != "all"]
        self.assertEqual((scores["all"].samples, sum(score.samples for score in styles)), (30, 30))
        self.assertEqual(len(scores["all"].wrong) + scores["all"].right, 30)
        self.assertLess(scores["all"].right, 3)
        with self.assertRaisesRegex(ValueError, "received 0"):
            evaluate_drawn(network, LATIN, [], 0)


class CheckpointTest(unittest.TestCase):
    def test_too_large_a_checkpoint_is_refused_and_the_last_one_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "checkpoint.pt"
            checkpoint.save(path, {"step": 1, "network": {"a": torch.ones(10)}}, halves=("network",))
            with self.assertRaisesRegex(ValueError, "10000000"):
                checkpoint.save(path, {"step": 2, "network": {"a": torch.ones(3_000_000)}})
            self.assertEqual(checkpoint.load(path)["step"], 1)
            self.assertEqual([entry.name for entry in Path(folder).iterdir()], ["checkpoint.pt"])

    def test_the_average_follows(self):
        network = nn.Linear(1, 1)
        average = Average(network, 0.5)
        with torch.no_grad():
            network.weight.fill_(10)
        for _ in range(60):
            average.update(network)
        self.assertAlmostEqual(average.model.weight.item(), 10, places=3)

    def test_rates_rise_and_fall(self):
        rates = [rate_at(step, 1000, 1.0) for step in range(1001)]
        self.assertLess(rates[0], 0.01)
        self.assertAlmostEqual(max(rates), 1.0, places=2)
        self.assertAlmostEqual(rates[-1], 0.004, places=4)
        self.assertEqual(rates.index(max(rates)), 30)


class QuantiseTest(unittest.TestCase):
    def test_eight_bits_lose_little_and_do_round(self):
        torch.manual_seed(1)
        network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 1)).eval()
        batches = [torch.rand(4, 3, 16, 16) for _ in range(3)]
        small = quantised(network, calibrate(network, batches))
        with torch.no_grad():
            exact, rounded = network(batches[0]), small(batches[0])
        off = (exact - rounded).abs().max().item()
        self.assertGreater(off, 0)
        self.assertLess(off, 0.05 * exact.abs().max().item())
        with self.assertRaisesRegex(ValueError, "none"):
            calibrate(network, [])


def old_name(name: str) -> str:
    from alpr_training.reader.plateflow import FIRST_NAMES

    for old, new in sorted(FIRST_NAMES.items(), key=lambda pair: -len(pair[1])):
        if name.startswith(new):
            return old + name[len(new) :]
    return name


if __name__ == "__main__":
    unittest.main()
