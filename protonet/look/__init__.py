"""Looking at nets without data: summaries, the catalogue of layer types, drawings.

Nothing is allocated: layers are built and run on torch's meta device.
"""

from __future__ import annotations
