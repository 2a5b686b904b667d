"""Readers of the platform's own exports: one module a source, text in, text out."""
