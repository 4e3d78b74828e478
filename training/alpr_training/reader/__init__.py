"""Networks that read plates: ours, LPRNet as its paper has it, and Hailo's variant."""
