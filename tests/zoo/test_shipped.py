from __future__ import annotations

from protonet.zoo.shipped import shipped_nets


def test_the_nets_of_the_checkout_are_known_by_name() -> None:
    nets = shipped_nets()
    assert nets["lenet"].parts[-3:] == ("configs", "nets", "lenet.yaml")
    assert "resnet18_torchvision" in nets
