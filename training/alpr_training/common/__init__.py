"""What every training needs: seeds, checkpoints, averages of weights, logs, contact sheets."""
