"""The manifest beside an exported network: what @plateflow/node-red-hailo-alpr must know to run it (docs/model-manifest.md)."""
from __future__ import annotations

import hashlib
import json
from pathlib import Path


def reader_manifest(onnx: Path, characters: str, size: tuple[int, int], heads: int) -> dict:
    """Of a CTC reader; the margin is what training cuts out most often."""
    return _manifest(
        onnx, "text",
        {"name": "image", "width": size[0], "height": size[1], "colour": "RGB", "layout": "NHWC", "type": "uint8", "fit": "stretch", "margin": 0.08},
        {"decoder": "ctc", "output": "logits", "alphabet": list(characters), "blank": 0, "layout": "NTC", "lines": heads},
    )


def detector_manifest(onnx: Path, corners: bool) -> dict:
    """Of a detector of plates (with corners) or vehicles; sizes and thresholds are those of the shipped networks."""
    side = 512 if corners else 416
    manifest = _manifest(
        onnx, "plates" if corners else "vehicles",
        {"name": "image", "width": side, "height": side, "multipleOf": 32, "colour": "RGB", "layout": "NHWC", "type": "uint8", "fit": "letterbox", "fill": [114, 114, 114]},
        {"decoder": "corner-detector", "output": "detections", "corners": corners, "labels": ["plate" if corners else "vehicle"]},
    )
    if corners:
        manifest["input"]["crop"] = {"width": 320, "height": 320}
    manifest["thresholds"] = {"confidence": 0.45 if corners else 0.35, "iou": 0.5, "maxDetections": 50 if corners else 100}
    return manifest


def write_manifest(onnx: Path, manifest: dict) -> Path:
    """Beside the file, under its name. @returns the manifest's path"""
    path = onnx.with_suffix(".json")
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def _manifest(onnx: Path, task: str, given: dict, output: dict) -> dict:
    content = onnx.read_bytes()
    return {
        "manifestVersion": 1,
        "name": onnx.stem,
        "title": onnx.stem,
        "task": task,
        "version": "1",
        "description": "Trained with training/ of @plateflow/node-red-hailo-alpr.",
        "files": {"onnx": {"file": onnx.name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}},
        "input": given,
        "output": output,
        "licence": "unlicensed",
        "source": "own training",
    }
