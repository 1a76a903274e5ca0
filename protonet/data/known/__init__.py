"""Known sets, `dataset://NAME/SPLIT`: found, downloaded and converted once, then like any other.

`locate(address, fallback)` says where such a set lies, after it has been put there. The sets are
looked for in this order:

1. converted, in the cache: nothing else is touched, and nothing verified again;
2. as original files in `$PROTONET_DATA/<name>`, verified by their checksums;
3. as original files on their mirrors; they are kept in the cache, so that a damaged conversion can
   be made again without a network.

The cache is `$PROTONET_CACHE`, else `$XDG_CACHE_HOME/protonet`, else `~/.cache/protonet`:

    datasets/mnist.lmdb          the converted set, with the tables train and test
    datasets/digits-28x28.lmdb   a set that stands in for another, in that one's size
    datasets/.mnist.lock         held while a set is downloaded and converted
    originals/mnist/…            the files that were downloaded
"""

from __future__ import annotations

from protonet.data.known.locate import Located, Search, locate

__all__ = ["Located", "Search", "locate"]
