"""Tables of vectors of torch.nn: an index that is outside is named."""

from __future__ import annotations

import torch

from protonet.layers.embed import outside_table

TABLES = frozenset({"Embedding", "EmbeddingBag"})
"""The classes of torch that look vectors up by their indices."""


class Table:
    """Stands before a table of torch."""

    num_embeddings: int

    def forward(self, bottom: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """Return the vectors, (…, embedding_dim).

        Raises: DataError if an index is outside the table (on a CPU).
        """
        try:
            top: torch.Tensor = super().forward(bottom, *others)  # type: ignore[misc]  # torch's
        except (IndexError, RuntimeError):
            if bottom.is_meta or not bool(((bottom < 0) | (bottom >= self.num_embeddings)).any()):
                raise
            raise outside_table(bottom, self.num_embeddings) from None
        return top
