from __future__ import annotations

from protonet.lr_policy import LR_POLICIES


def test_those_whose_rates_depend_on_the_last_iteration_say_so() -> None:
    for name, kind in LR_POLICIES.items():
        given = {"gamma": 0.5, "power": 2.0, "stepsize": 3, "stepvalue": [3]}
        params = kind.params(
            **{key: given[key] for key in given if key in kind.params.model_fields}
        )
        short, long = kind.build(params, 0.1, 10), kind.build(params, 0.1, 100)
        differ = [short(iteration) != long(iteration) for iteration in range(10)]
        assert any(differ) == kind.ends, name
