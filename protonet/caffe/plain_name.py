"""What a layer of Caffe's is called here, in its net and in files of weights."""

from __future__ import annotations


def plain_name(name: str) -> str:
    """Return a name without dots, which separate the words of a path.

    >>> plain_name("conv1.bn")
    'conv1_bn'
    """
    return name.replace(".", "_")
