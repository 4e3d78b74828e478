"""Networks that find plates (with four corners) and vehicles: one small anchor-free family."""
