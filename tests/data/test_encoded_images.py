from __future__ import annotations

import numpy as np

from protonet.data.encoded_images import EncodedFacts, EncodedImages

THREE = EncodedImages([b"ab", b"", b"cde"], [(1, 2, 2), (1, 2, 2), (3, 2, 2)])


def test_bytes_lie_one_after_the_other() -> None:
    data, ends = THREE.joined(10)
    assert (data.tobytes(), ends.tolist()) == (b"abcde", [12, 12, 15])
    assert THREE.ends(10).tolist() == [12, 12, 15]
    assert len(THREE) == 3


def test_some_can_be_kept() -> None:
    kept = THREE.some(np.array([True, False, True]))
    assert (list(kept.data), list(kept.shapes)) == ([b"ab", b"cde"], [(1, 2, 2), (3, 2, 2)])


def test_the_shape_is_known_where_all_have_one() -> None:
    facts = EncodedFacts()
    facts.add(THREE.some(np.array([True, True, False])))
    assert (facts.size, facts.shape) == (2, (1, 2, 2))
    facts.add(THREE)
    assert (facts.size, facts.shape) == (7, None)
    facts.add(THREE.some(np.array([True, False, False])))
    assert facts.shape is None
