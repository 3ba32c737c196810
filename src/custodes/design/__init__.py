"""The factors, the cells they cross into, and the studies that choose among them."""
