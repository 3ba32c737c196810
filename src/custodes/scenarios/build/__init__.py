"""The parts that scenarios build their worlds from."""
