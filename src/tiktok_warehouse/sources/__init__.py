"""Readers of the exports that platforms hand out, one module a source."""
