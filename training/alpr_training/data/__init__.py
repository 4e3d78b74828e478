"""Labelled pictures: where they are, who may be trained on, and that nothing leaks from test to train."""
