"""One iteration: losses, gradients, and what becomes of them."""

from __future__ import annotations
