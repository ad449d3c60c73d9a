"""For other models: PyPSA networks, and the tables of GenX, GridPath and Switch."""
