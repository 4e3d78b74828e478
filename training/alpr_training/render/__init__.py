"""Licence plates drawn from free fonts and a table of styles, seen through a bad camera."""
