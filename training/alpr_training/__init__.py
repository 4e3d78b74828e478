"""How the networks of @plateflow/node-red-hailo-alpr are made: see training/README.md."""
