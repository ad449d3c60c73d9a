"""Builders of the shipped packs: one module per pack, each from a folder of reference tables."""
