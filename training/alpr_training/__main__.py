"""One command per step: `python3 -m alpr_training <step> --help` from the folder training/."""
from __future__ import annotations

import argparse

from .commands import ablation_commands, data_commands, detector_commands, quantise_commands, reader_commands, smoke_commands


def main() -> None:
    parser = argparse.ArgumentParser(prog="alpr_training", description="Makes the networks of @plateflow/node-red-hailo-alpr.")
    steps = parser.add_subparsers(dest="step", required=True)
    data_commands.register(steps)
    reader_commands.register(steps)
    detector_commands.register(steps)
    quantise_commands.register(steps)
    ablation_commands.register(steps)
    smoke_commands.register(steps)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
