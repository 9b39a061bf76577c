"""Lessons: scenes of a network, shown one after another, and the files that they stand in. No screen, no torch."""
