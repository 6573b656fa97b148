"""Pairs of one's own, from files of every usual kind: tables, JSON Lines, and parallel files."""

from s2s_lesson.corpora.files.file_pairs import FilePairs, Malformed
from s2s_lesson.corpora.files.layout import Layout
from s2s_lesson.corpora.files.opening import open_text
from s2s_lesson.corpora.files.reading import read_pairs, read_texts

__all__ = ["FilePairs", "Layout", "Malformed", "open_text", "read_pairs", "read_texts"]
