"""What a chart or a table is made of: words of numbers, scales, shapes, safe text."""
