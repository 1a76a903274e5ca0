"""Learning-rate policies: from the iteration to its rate."""

from __future__ import annotations

from protonet.lr_policy.caffe import CAFFE
from protonet.lr_policy.modern import MODERN
from protonet.lr_policy.record import LrPolicyType, Schedule
from protonet.records import catalogue

__all__ = ["LR_POLICIES", "LrPolicyType", "Schedule"]

LR_POLICIES = catalogue([*CAFFE, *MODERN])
"""Every policy by name."""
